// What a row of each list shows.

import { make, setAttribute, setClass, setHidden, setStateIcon, setText, stateIcon } from "./dom.js";
import { drawTimeline, makeTimeline } from "./timeline.js";
import { lasts, moment, number, rtt, spell } from "./words.js";

// The columns of members: name, what its head sorts by (null: nothing), and which way at the first click.
export const COLUMNS = [
  ["state", (m) => ({ silent: 0, gone: 1, heard: 2 })[m.state], 1],
  ["uid", (m) => m.uid, 1],
  ["channel", (m) => m.channel, 1],
  ["timeline", null],
  ["RTT", (m) => m.rtt ?? -1, -1],
  ["outages", (m) => m.outages, -1],
  ["role", (m) => m.role ?? "", 1],
  ["address", (m) => m.peer ?? "", 1],
  ["joined", (m) => m.joinedAt, -1],
];

export const columnClass = (name) => `cell ${name.toLowerCase()}`;

export function makeMemberRow() {
  const row = make("div");
  const cells = COLUMNS.map(([name]) => make("div", { className: columnClass(name), role: "gridcell" }));
  const [state, uid, channel, timeline, delay, outages, role, address, joined] = cells;
  const parts = {
    icon: stateIcon(), word: make("span", { className: "word" }), uid, channel: make("bdi"), timeline: makeTimeline(),
    delay, outages, role, address: make("bdi"), joined,
  };
  state.append(parts.icon, parts.word);
  channel.append(parts.channel);
  timeline.append(parts.timeline);
  address.append(parts.address);
  row.append(...cells);
  row.parts = parts;
  return row;
}

// Which shape and colour its state has.
export const looksOf = (member) => (member.why?.event === "left" && member.state === "gone" ? "left" : member.state);

export function stateWord(member, now) {
  if (member.state === "silent") return `silent ${spell(now - member.silentAt)}`;
  if (member.state === "gone") return { left: "left", removed: "removed", dropped: "dropped" }[member.why?.event] ?? "gone";
  return member.moving ? "moving" : "heard";
}

export function outageWords(member, model) {
  return member.outages ? `${member.outages} · ${lasts(model.outageTime(member))}` : "–";
}

export function fillMemberRow(row, member, model, span, width) {
  const { parts } = row, now = model.now();
  setClass(row, `row member ${member.state}${row.classList.contains("active") ? " active" : ""}`);
  setStateIcon(parts.icon, looksOf(member));
  setText(parts.word, stateWord(member, now));
  setText(parts.uid, String(member.uid));
  setText(parts.channel, member.channel);
  setAttribute(parts.channel, "title", member.app ? `${member.channel} (app ${member.app})` : member.channel);
  setText(parts.delay, rtt(member.rtt));
  setText(parts.outages, outageWords(member, model));
  setText(parts.role, member.role ?? "–");
  setText(parts.address, member.peer ?? "–");
  setText(parts.joined, moment(member.joinedAt));
  const clock = model.clock();
  drawTimeline(parts.timeline, member, model.blind, clock - span, clock, now, width);
}

export function makeChannelRow() {
  const row = make("div");
  const parts = { name: make("bdi", { className: "name" }), silent: make("span", { className: "badge" }), icon: stateIcon(),
    silentCount: make("span"), count: make("span", { className: "count" }) };
  setStateIcon(parts.icon, "silent");
  parts.silent.append(parts.icon, parts.silentCount);
  row.append(parts.name, parts.silent, parts.count);
  row.parts = parts;
  return row;
}

// `channel` null: the row that stands for all of them.
export function fillChannelRow(row, channel, counts) {
  const { parts } = row;
  const { heard, silent, gone } = channel ?? counts;
  const name = channel ? channel.channel : "All";
  setText(parts.name, name);
  row.classList.toggle("all", !channel);
  setAttribute(row, "title", channel ? [name, channel.app && `app ${channel.app}`, channel.profile].filter(Boolean).join(" · ") : name);
  setText(parts.count, number(heard + silent));
  setHidden(parts.silent, silent === 0);
  setText(parts.silentCount, number(silent));
  setAttribute(row, "aria-label", `${channel ? name : "All channels"}, ${heard + silent} members, ${silent} silent, ${gone} gone`);
}
