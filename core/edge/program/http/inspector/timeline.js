// A member's time as a strip: a span for each state, told by colour, pattern and shape.

import { make, setAttribute, setClass, setHidden } from "./dom.js";
import { spans } from "./history.js";
import { lasts } from "./words.js";

export const LEGEND = [
  ["heard", "heard"],
  ["silent", "silent: an outage of 4 s or more"],
  ["gone", "dropped, kicked or replaced"],
  ["left", "left"],
  ["blind", "the edge was not seen"],
];

const NAMED_FROM = 40; // px: an outage that is so wide says how long it is

export const makeTimeline = () => make("div", { className: "timeline", role: "img" });

// Draws what of the member lies between two moments, for a strip of `width` px.
export function drawTimeline(element, member, blind, from, to, now, width) {
  const scale = 100 / (to - from);
  const parts = spans(member, now).filter((span) => span.to > from);
  const gaps = blind.filter((span) => (span.to ?? to) > from).map((span) => ({ from: span.from, to: span.to ?? to, tone: "blind" }));
  const all = parts.concat(gaps);
  while (element.childElementCount > all.length) element.lastChild.remove();
  while (element.childElementCount < all.length) element.append(make("span"));
  all.forEach((span, i) => {
    const child = element.children[i];
    const low = Math.max(span.from, from), high = Math.min(span.to, to);
    setClass(child, `span ${span.tone}`);
    const left = ((low - from) * scale).toFixed(2), size = (Math.max(0, high - low) * scale).toFixed(2);
    if (child.dataset.at !== `${left} ${size}`) {
      child.dataset.at = `${left} ${size}`;
      child.style.left = `${left}%`;
      child.style.width = `${size}%`;
    }
    setHidden(child, high < low);
    const isNamed = span.tone === "silent" && (width * size) / 100 >= NAMED_FROM;
    const said = isNamed ? lasts(span.to - span.from) : "";
    if (child.textContent !== said) child.textContent = said;
    setAttribute(child, "title", `${span.what || span.tone}, ${lasts(span.to - span.from)}`);
  });
  const silences = parts.filter((span) => span.tone === "silent");
  setAttribute(element, "aria-label", silences.length
    ? `${member.state}; silences: ${silences.map((span) => lasts(span.to - span.from)).join(", ")}`
    : `${member.state}; no silence`);
}
