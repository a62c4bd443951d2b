// Kicking: asks first, and says what exactly will happen; and the list of the kicks in force.

import { request } from "./api.js";
import { byId, make, quoted, setText } from "./dom.js";
import { chosen, moment, several, spell } from "./words.js";

const TIMES = [[0, "once: may come back at once"], [60, "1 min"], [600, "10 min"], [3600, "1 h"], [86400, "24 h"]];
const SECONDS_DEFAULT = 3600, SECONDS_MOST = 86400;
const LIST_EVERY = 2000; // ms, while the list is open
const LISTED_MOST = 1000;

// The address without its port: "192.0.2.1:4711", "[2001:db8::1]:4711".
export function hostOf(peer) {
  if (!peer) return null;
  if (peer.startsWith("[")) return peer.slice(1, peer.indexOf("]")).replace(/%.*$/, "");
  return peer.slice(0, peer.lastIndexOf(":"));
}

// ---- whom a kick can name

const nameOf = ({ uid, channel, ip }) => [
  ...(uid !== undefined ? ["uid ", quoted(String(uid))] : [ip !== undefined ? "everyone at " : "everyone"]),
  ...(ip !== undefined ? [quoted(ip)] : []),
  ...(channel !== undefined ? [" in ", quoted(channel)] : [" in all channels"]),
];

function fits({ app, uid, channel, ip }, member) {
  return member.state !== "gone" && member.app === app && (uid === undefined || member.uid === uid) &&
    (channel === undefined || member.channel === channel) && (ip === undefined || hostOf(member.peer) === ip);
}

export function choicesFor(member) {
  const { app, channel, uid } = member, ip = hostOf(member.peer);
  return [{ app, channel, uid }, { app, uid }, { app, channel }, ...(ip ? [{ app, ip }] : [])];
}

// ---- the question

export class KickDialog {
  // done(text) says what came of it.
  constructor(model, done) {
    this.model = model;
    this.done = done;
    this.dialog = byId("kick-dialog");
    this.#makeTimes();
    byId("kick-cancel").addEventListener("click", () => this.dialog.close());
    byId("kick-form").addEventListener("change", () => this.draw());
    byId("kick-form").addEventListener("input", () => this.draw());
    byId("kick-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#kick();
    });
  }

  ask(choices) {
    this.choices = choices;
    byId("kick-whom").replaceChildren(byId("kick-whom").firstElementChild, ...choices.map((choice, i) =>
      make("label", { className: "choice" }, make("input", { type: "radio", name: "whom", value: String(i), checked: i === 0 }), make("span", {}, ...nameOf(choice)))));
    this.times.forEach((radio) => { radio.checked = Number(radio.value) === SECONDS_DEFAULT; });
    setText(byId("kick-wrong"), "");
    this.#busy(false);
    this.draw();
    this.dialog.showModal();
    byId("kick-title").focus(); // no button: Enter does nothing yet
  }

  // What will happen, for what is chosen now.
  draw() {
    const choice = this.choices[Number(this.dialog.querySelector("input[name=whom]:checked").value)];
    const seconds = this.#seconds();
    let count = 0;
    for (const member of this.model.members.values()) if (fits(choice, member)) count++;
    const them = count === 1 ? "It fails" : "They fail";
    const effect = byId("kick-effect");
    const said = [
      make("p", {}, `Removes ${several(count, "member")} now: `, ...nameOf(choice), ". ",
        count ? `${them} with BANNED_BY_SERVER and ${count === 1 ? "does" : "do"} not retry; the others see ${count === 1 ? "it" : "them"} leave at once.` : ""),
      make("p", {}, ...(seconds === 0 ? ["Nobody is kept out: who is removed may join again at once."]
        : seconds === null ? [`A time is 1 to ${SECONDS_MOST} seconds.`]
          : ["Joins of ", ...nameOf(choice), ` are refused for ${chosen(seconds)}, until ${moment(this.model.now() + seconds * 1000)}.`])),
    ];
    if (this.model.edge?.cluster) said.push(make("p", {}, "The same holds at every edge of the cluster; members there are not in the number."));
    const text = said.map((p) => p.textContent).join("\n");
    if (effect.dataset.said !== text) {
      effect.dataset.said = text;
      effect.replaceChildren(...said);
    }
    const confirm = byId("kick-confirm");
    setText(confirm, count === 0 ? "Keep out" : `Kick ${several(count, "member")}`);
    confirm.disabled = this.#isBusy || seconds === null || (count === 0 && seconds === 0);
    this.choice = choice;
  }

  #isBusy = false;

  #busy(is) {
    this.#isBusy = is;
    byId("kick-form").setAttribute("aria-busy", String(is));
  }

  #makeTimes() {
    this.own = make("input", { type: "number", min: "1", max: String(SECONDS_MOST), step: "1", value: "300", "aria-label": "Seconds" });
    this.own.addEventListener("input", () => { this.times[this.times.length - 1].checked = true; });
    const radios = TIMES.map(([seconds, words]) => make("label", { className: "choice" }, make("input", { type: "radio", name: "time", value: String(seconds) }), words));
    const last = make("label", { className: "choice" }, make("input", { type: "radio", name: "time", value: "own" }), "seconds:");
    byId("kick-time").append(...radios, make("span", { className: "choice" }, last, this.own));
    this.times = [...byId("kick-time").querySelectorAll("input[type=radio]")];
  }

  // null: not a time.
  #seconds() {
    const value = this.times.find((radio) => radio.checked).value;
    if (value !== "own") return Number(value);
    const seconds = Number(this.own.value);
    return Number.isInteger(seconds) && seconds >= 1 && seconds <= SECONDS_MOST ? seconds : null;
  }

  async #kick() {
    if (this.#isBusy) return;
    const { app, ...whom } = this.choice;
    this.#busy(true);
    setText(byId("kick-wrong"), "");
    try {
      const { removed, kick } = await request("POST", "v1/kicks", { app, ...whom, seconds: this.#seconds() });
      this.dialog.close();
      this.done(`${several(removed, "member")} removed${kick ? `; kept out until ${moment(kick.ends_at)} (kick ${kick.id})` : ""}.`);
    } catch (error) {
      setText(byId("kick-wrong"), `Nothing was done: ${error.message}`);
    } finally {
      this.#busy(false);
      this.draw();
    }
  }
}

// ---- the list

export class KickList {
  constructor(model, done) {
    this.model = model;
    this.done = done;
    this.dialog = byId("kicks-dialog");
    this.place = byId("kicks");
    byId("kicks-close").addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("close", () => clearInterval(this.timer));
  }

  show() {
    this.dialog.showModal();
    byId("kicks-title").focus();
    this.place.replaceChildren(make("p", { className: "note" }, "Asking the edge …"));
    this.look();
    clearInterval(this.timer);
    this.timer = setInterval(() => this.look(), LIST_EVERY);
  }

  async look() {
    try {
      const page = await request("GET", `v1/kicks?limit=${LISTED_MOST}`);
      this.#draw(page.kicks, page.next !== null);
    } catch (error) {
      this.place.replaceChildren(make("p", { className: "wrong" }, `The list is not to be had: ${error.message}`));
    }
  }

  #draw(kicks, isMore) {
    const held = document.activeElement?.dataset.kick; // the focus stays on its button
    if (!kicks.length) {
      this.place.replaceChildren(make("p", { className: "note" }, "None: everybody whom the apps let in may join."));
      if (held) byId("kicks-title").focus();
      return;
    }
    const rows = kicks.map((kick) => {
      const whom = {};
      for (const part of ["channel", "uid", "ip"]) if (kick[part] !== null) whom[part] = kick[part];
      const lift = make("button", { type: "button" }, "Lift");
      lift.dataset.kick = kick.id;
      lift.setAttribute("aria-label", `Lift kick ${kick.id}`);
      lift.addEventListener("click", () => this.#lift(kick));
      return make("tr", {}, make("td", {}, kick.id), make("td", {}, ...nameOf(whom), ...(kick.app ? [" of ", quoted(kick.app)] : [])),
        make("td", {}, moment(kick.ends_at)), make("td", {}, spell(kick.left_ms)), make("td", {}, lift));
    });
    this.place.replaceChildren(make("table", {},
      make("thead", {}, make("tr", {}, ...["kick", "whom", "until", "left", ""].map((head) => make("th", { scope: "col" }, head)))),
      make("tbody", {}, ...rows)));
    if (isMore) this.place.append(make("p", { className: "note" }, `The first ${LISTED_MOST}; the HTTP API lists them all.`));
    if (held) (this.place.querySelector(`[data-kick="${CSS.escape(held)}"]`) ?? byId("kicks-title")).focus();
  }

  async #lift(kick) {
    try {
      await request("DELETE", `v1/kicks/${encodeURIComponent(kick.id)}`);
      this.done(`Kick ${kick.id} lifted.`);
    } catch (error) {
      this.done(`Kick ${kick.id} was not lifted: ${error.message}`);
    }
    await this.look();
  }
}
