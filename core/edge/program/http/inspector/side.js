// The panel beside the lists: a member in full, or else what happened lately.

import { make, quoted, setHidden, setStateIcon, setText, stateIcon } from "./dom.js";
import { drawTimeline, makeTimeline } from "./timeline.js";
import { APP_NONE, bytes, happened, lasts, moment, number, rtt, several, spell } from "./words.js";
import { looksOf, outageWords, stateWord } from "./rows.js";

const ACTIVITY_SHOWN = 80;
const ACTIVITY_EVERY = 250; // ms
const TICKS = 4;

export class Side {
  // close() when the panel's own button says so; kick(member) likewise; open(member) from a line of what happened.
  constructor(place, { close, kick, open }) {
    this.place = place;
    this.member = null;
    this.open = open;
    this.#makeActivity();
    this.#makeDetail(close, kick);
    place.append(this.activity, this.detail);
    this.show(null);
  }

  show(member) {
    this.member = member;
    setHidden(this.activity, member !== null);
    setHidden(this.detail, member === null);
    this.place.classList.toggle("opened", member !== null);
    (member ? this.activityTitle : this.title).removeAttribute("id");
    (member ? this.title : this.activityTitle).id = "side-title";
    this.#drawn = null;
  }

  draw(model, channel) {
    if (this.member) this.#drawMember(model);
    else this.#drawActivity(model, channel);
  }

  #drawn = null; // what the lists below were made of, so that they are made anew only when it changed
  #drawnAt = 0;

  // ---- what happened lately

  #makeActivity() {
    this.activityTitle = make("h2", {}, "What happened");
    this.lines = make("ol", { className: "lines" });
    this.calm = make("p", { className: "note" }, "Nothing yet. Joins, outages, refusals and kicks are told here as they happen.");
    this.activity = make("div", { className: "activity" }, this.activityTitle, this.calm, this.lines);
  }

  #drawActivity(model, channel) {
    const last = model.activity[model.activity.length - 1];
    const stamp = `${last?.seq} ${last?.at} ${channel?.key}`;
    if (this.#drawn === stamp || (this.#drawn && performance.now() - this.#drawnAt < ACTIVITY_EVERY)) return;
    this.#drawn = stamp;
    this.#drawnAt = performance.now();
    const events = model.activity
      .filter((event) => !channel || (event.channel === channel.channel && event.app === channel.app))
      .slice(-ACTIVITY_SHOWN).reverse();
    setHidden(this.calm, events.length > 0);
    this.lines.replaceChildren(...events.map((event) => this.#line(event, model)));
  }

  #line(event, model) {
    const words = make("span", { className: "words" });
    const member = event.uid !== null && model.members.get(`${event.app}\0${event.channel}\0${event.uid}`);
    if (event.uid !== null) {
      const who = member ? make("button", { type: "button", className: "who" }, String(event.uid)) : make("span", {}, String(event.uid));
      if (member) who.addEventListener("click", () => this.open(member));
      words.append(who, " ");
    }
    if (event.channel) words.append(event.uid !== null ? "in " : "", quoted(event.channel), " ");
    words.append(happened(event));
    if (event.peer && event.uid === null) words.append(" ", quoted(event.peer));
    return make("li", { className: `line ${event.event}` }, make("time", {}, moment(event.at)), words);
  }

  // ---- a member

  #makeDetail(close, kick) {
    this.title = make("h2", { tabIndex: -1 });
    this.icon = stateIcon();
    this.state = make("span");
    this.strip = makeTimeline();
    this.axis = make("div", { className: "axis", "aria-hidden": "true" }, ...Array.from({ length: TICKS + 1 }, () => make("span")));
    this.facts = make("dl", { className: "facts" });
    this.past = make("ol", { className: "lines" });
    this.kickButton = make("button", { type: "button", className: "danger", title: "k" }, "Kick …");
    this.kickButton.addEventListener("click", () => kick(this.member));
    const closeButton = make("button", { type: "button", className: "close", "aria-label": "Close", title: "Escape" }, "×");
    closeButton.addEventListener("click", close);
    this.detail = make("div", { className: "detail" },
      make("div", { className: "head" }, this.title, closeButton),
      make("p", { className: "now" }, this.icon, this.state, this.kickButton),
      make("h3", {}, "Its whole stay"), this.strip, this.axis,
      make("h3", {}, "Facts"), this.facts,
      make("h3", {}, "History"), this.past);
  }

  #drawMember(model) {
    const member = this.member, now = model.now();
    const title = `${member.key}`;
    if (this.title.dataset.of !== title) {
      this.title.dataset.of = title;
      this.title.replaceChildren(`${member.uid} in `, quoted(member.channel));
    }
    setStateIcon(this.icon, looksOf(member));
    setText(this.state, stateWord(member, now));
    this.kickButton.disabled = member.state === "gone";
    const from = Math.min(member.joinedAt, member.history[0]?.at ?? now, now - 10000);
    drawTimeline(this.strip, member, model.blind, from, model.clock(), now, this.strip.clientWidth);
    [...this.axis.children].forEach((tick, i) => {
      const ago = ((model.clock() - from) * (TICKS - i)) / TICKS;
      setText(tick, i === TICKS ? "now" : `−${ago < 120000 ? `${Math.round(ago / 1000)} s` : spell(ago)}`);
    });
    this.#drawFacts(model, now);
    const stamp = `${member.key} ${member.history.length} ${member.history[member.history.length - 1]?.at}`;
    if (this.#drawn === stamp) return;
    this.#drawn = stamp;
    this.past.replaceChildren(...member.history.toReversed().map((event) =>
      make("li", { className: `line ${event.event}` }, make("time", {}, moment(event.at)), make("span", { className: "words" }, happened(event)))));
  }

  #drawFacts(model, now) {
    const member = this.member, traffic = member.traffic;
    const gone = member.state === "gone";
    const rows = [
      ["channel", member.channel], ["app", member.app || APP_NONE],
      ["role", member.role ? `${member.role}${member.visible ? "" : ", not visible to others"}` : "–"],
      ["joined", `${moment(member.joinedAt)}, ${spell(now - member.joinedAt)} ago`],
      gone ? ["gone", `${moment(member.goneAt)}, ${happened(member.why)}`] : ["last heard", `${lasts(Math.max(0, now - member.heardAt))} ago when looked at`],
      ["outages", outageWords(member, model)], ["round trip", rtt(member.rtt)], ["address", member.peer ?? "–"],
      ["received", traffic ? `${several(traffic.packets_in, "packet")}, ${bytes(traffic.bytes_in)}` : "–"],
      ["sent", traffic ? `${several(traffic.packets_out, "packet")}, ${bytes(traffic.bytes_out)}, ${number(traffic.packets_lost)} lost` : "–"],
      ["token", member.tokenEndsAt === null ? "without limit" : `ends in ${spell(member.tokenEndsAt - now)}`],
      ["session", member.session ?? "–"],
    ];
    if (member.moving) rows.push(["drain", "was told to move to another edge"]);
    while (this.facts.childElementCount > 2 * rows.length) this.facts.lastChild.remove();
    rows.forEach(([name, value], i) => {
      if (!this.facts.children[2 * i]) this.facts.append(make("dt"), make("dd", {}, make("bdi")));
      setText(this.facts.children[2 * i], name);
      setText(this.facts.children[2 * i + 1].firstChild, value);
    });
  }
}
