// The inspector: what an edge's channels and members do, as it happens. This file ties the parts together: what is chosen,
// when it is drawn, which key does what.

import { token } from "./api.js";
import { byId, make, setAttribute, setHidden, setText } from "./dom.js";
import { Feed } from "./feed.js";
import { Figures, drainWords } from "./figures.js";
import { KickDialog, KickList, choicesFor } from "./kick.js";
import { List } from "./list.js";
import { MEMBERS_MOST, Model, isAbout } from "./model.js";
import { COLUMNS, columnClass, fillChannelRow, fillMemberRow, makeChannelRow, makeMemberRow } from "./rows.js";
import { Side } from "./side.js";
import { LEGEND } from "./timeline.js";
import { moment, number, spell } from "./words.js";

const VIEW_EVERY = 250; // ms between two sortings of the list for what the edge tells; what the user wants is done at once
const TICK = 1000; // ms between two drawings for time alone
const TOLD_FOR = 12000;

const STATES = [["all", "All"], ["heard", "Heard"], ["silent", "Silent"], ["gone", "Gone"]];
const KEYS = [
  ["/", "search"], ["↑ ↓", "the row before, the row after; also Page Up, Page Down, Home, End"], ["Enter", "open what is chosen"],
  ["Esc", "close it; empty the search"], ["m", "to the members"], ["c", "to the channels"], ["1 2 3 4", "all members, heard, silent, gone"],
  ["k", "kick what is chosen (asks first)"], ["l", "the kicks in force"], ["+ −", "a shorter or longer timeline"], ["t", "light, dark, as the system has it"], ["?", "this list"],
];

const model = new Model();
const feed = new Feed(model, { wake: redraw, refused });
const figures = new Figures(byId("figures"));
const kickDialog = new KickDialog(model, tell);
const kickList = new KickList(model, tell);
const side = new Side(byId("side"), { close: closeMember, kick: (member) => kickDialog.ask(choicesFor(member)), open: openMember });

// ---- what is chosen

const view = { channel: null, state: "all", search: "", sort: null, reverse: false, span: 300000 };
let viewAt = 0, isViewDirty = true, stripWidth = 300;

const channels = new List({
  scroller: byId("channels"), head: null, role: "option", make: makeChannelRow, key: (channel) => channel?.key ?? "",
  fill: (row, channel) => fillChannelRow(row, channel, model.counts),
  open: (channel) => { choose({ channel }); setChannelsShown(false); },
  chosen: (channel) => choose({ channel }),
});

const head = makeHead();
const members = new List({
  scroller: byId("members"), head, role: "row", make: makeMemberRow, key: (member) => member.key,
  fill: (row, member) => fillMemberRow(row, member, model, view.span, stripWidth),
  open: openMember,
  chosen: (member) => { if (side.member && side.member !== member) openMember(member); },
});

function choose(changes) {
  Object.assign(view, changes);
  isViewDirty = true;
  viewAt = 0;
  redraw();
}

function openMember(member) {
  side.show(member);
  watch(member);
  setAttribute(byId("members"), "aria-controls", "side");
  // Beside the list it follows the arrow keys; over the list it takes the focus until it is closed.
  if (getComputedStyle(byId("side")).position === "fixed") side.title.focus();
  redraw();
}

function closeMember() {
  side.show(null);
  feed.watched = null;
  byId("members").focus();
  redraw();
}

const watch = (member) => { feed.watched = member.state === "gone" ? null : member.session; };

function makeHead() {
  const cells = COLUMNS.map(([name, by], i) => {
    const cell = make("div", { className: columnClass(name), role: "columnheader" });
    if (!by) {
      cell.append(name);
      return cell;
    }
    const button = make("button", { type: "button", tabIndex: -1 }, name);
    button.addEventListener("click", () => {
      choose({ sort: i, reverse: view.sort === i && !view.reverse });
      byId("members").focus();
    });
    cell.append(button);
    return cell;
  });
  return make("div", { className: "row-head", role: "row", "aria-rowindex": "1" }, ...cells);
}

// Which members are shown, in which order: as the edge lists them unless a column is chosen.
function renew() {
  const wanted = view.search.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const found = [];
  for (const member of model.members.values()) {
    if (member.state === null) continue;
    if (view.state !== "all" && member.state !== view.state) continue;
    if (view.channel && (member.channel !== view.channel.channel || member.app !== view.channel.app)) continue;
    if (wanted.every((word) => isAbout(member, word))) found.push(member);
  }
  const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  const asListed = (a, b) => compare(a.app, b.app) || compare(a.channel, b.channel) || a.uid - b.uid;
  const [, by, first] = view.sort === null ? [] : COLUMNS[view.sort];
  const turn = view.reverse ? -first : first;
  [...head.children].forEach((cell, i) => {
    if (view.sort === i) setAttribute(cell, "aria-sort", turn > 0 ? "ascending" : "descending");
    else cell.removeAttribute("aria-sort");
  });
  found.sort(by ? (a, b) => turn * compare(by(a), by(b)) || asListed(a, b) : asListed);
  members.setItems(found);
  const rows = [...model.channels.values()].sort((a, b) => compare(a.app, b.app) || compare(a.channel, b.channel));
  channels.setItems([null, ...rows]);
  if (view.channel && !model.channels.has(view.channel.key)) choose({ channel: null });
  setAttribute(byId("members"), "aria-rowcount", String(found.length + 1));
}

// ---- drawing: at most once a frame, whatever came in between

let isQueued = false;

function redraw() {
  if (isQueued) return;
  isQueued = true;
  requestAnimationFrame(draw);
}

function draw() {
  isQueued = false;
  const now = performance.now();
  model.tidy();
  const strip = head.querySelector(".timeline");
  stripWidth = strip.clientWidth;
  if (model.changed) isViewDirty = true;
  if (isViewDirty && now - viewAt >= VIEW_EVERY) {
    isViewDirty = model.changed = false;
    viewAt = now;
    renew();
  } else {
    if (isViewDirty) setTimeout(redraw, VIEW_EVERY);
    members.draw();
    channels.draw();
  }
  if (side.member) watch(side.member);
  side.draw(model, view.channel);
  figures.draw(model, feed.samples);
  drawHead();
  drawCounts();
  if (kickDialog.dialog.open) kickDialog.draw();
}

function drawHead() {
  const { edge } = model, { status } = feed;
  if (edge) {
    setText(byId("edge"), edge.url);
    setAttribute(byId("edge"), "title", `edge ${edge.id}, certificate ${edge.fingerprint}`);
    const title = `${status.live ? "" : "stale · "}Rejoin edge ${edge.url.replace(/^.*\/\//, "")}`;
    if (document.title !== title) document.title = title;
    setText(byId("kick-count"), number(edge.counters.kicks ?? 0));
  }
  const live = byId("live");
  setText(live, status.live ? "live" : status.since === null ? "connecting …" : "stale");
  live.className = `pill ${status.live ? "good" : status.since === null ? "" : "bad"}`;
  const isStale = !status.live && status.since !== null;
  document.body.classList.toggle("is-stale", isStale && feed.loaded);
  setHidden(byId("stale"), !isStale);
  if (isStale) drawStale(status);
  setHidden(byId("drain"), !edge?.draining);
  if (edge?.draining) setText(byId("drain"), `This edge drains: ${drainWords(edge, model.now())}.`);
  setHidden(byId("most"), !model.overflown);
  if (model.overflown) setText(byId("most"), `Only ${number(MEMBERS_MOST)} members are shown: the edge has more.`);
}

// The words of an alert are read aloud when they change: what counts on stays out of them.
function drawStale({ since, why }) {
  const stale = byId("stale");
  if (!stale.firstChild) {
    const again = make("button", { type: "button" }, "Try now");
    again.addEventListener("click", () => feed.tryNow());
    stale.append(make("span"), make("span", { "aria-hidden": "true", className: "counter" }), again);
  }
  setText(stale.children[0], `Stale since ${moment(since)}: the edge is not heard (${why}).`);
  setText(stale.children[1], `${spell(Date.now() - since)}. What is shown is how it was then; it is tried again by itself.`);
}

function drawCounts() {
  const { counts } = model;
  const all = counts.heard + counts.silent + counts.gone;
  setText(byId("member-count"), members.items.length === all ? number(all) : `${number(members.items.length)} of ${number(all)}`);
  setText(byId("channel-count"), number(model.channels.size));
  for (const [state] of STATES) setText(byId(`count-${state}`), number(state === "all" ? all : counts[state]));
  setHidden(byId("nobody"), members.items.length > 0);
  if (!members.items.length) {
    setText(byId("nobody"), !feed.loaded ? "Asking the edge who is there …" : all ? "No member is like that." : "Nobody is here.");
  }
}

setInterval(() => document.hidden || redraw(), TICK);
document.addEventListener("visibilitychange", redraw);

let toldTimer = 0;
function tell(text) {
  setText(byId("told"), text);
  clearTimeout(toldTimer);
  toldTimer = setTimeout(() => setText(byId("told"), ""), TOLD_FOR);
}

// ---- the token

function refused() {
  askToken(token.get() === null ? "" : "That is not this edge's token.");
  token.forget();
}

function askToken(wrong) {
  setText(byId("token-wrong"), wrong);
  byId("token").value = "";
  if (!byId("token-dialog").open) byId("token-dialog").showModal();
  byId("token").focus();
}

byId("token-dialog").addEventListener("cancel", (event) => event.preventDefault());
byId("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  token.set(byId("token").value.trim());
  byId("token-dialog").close();
  byId("members").focus();
  feed.start();
});
byId("forget-button").addEventListener("click", () => {
  token.forget();
  location.reload(); // and what was seen with it is forgotten, too
});

// ---- tools

function setSearch(text) {
  byId("search").value = text;
  choose({ search: text });
}

byId("search").addEventListener("input", () => choose({ search: byId("search").value }));
byId("search").addEventListener("keydown", (event) => {
  if (event.key === "Escape" && byId("search").value) setSearch("");
  else if (event.key !== "Escape" && event.key !== "Enter" && event.key !== "ArrowDown") return;
  else byId("members").focus();
  event.preventDefault();
  event.stopPropagation();
});

for (const [state, words] of STATES) {
  const radio = make("input", { type: "radio", name: "state", value: state, id: `state-${state}`, checked: state === "all" });
  radio.addEventListener("change", () => choose({ state }));
  byId("states").append(make("span", {}, radio, make("label", { htmlFor: `state-${state}` }, `${words} `, make("span", { className: "count", id: `count-${state}` }, "0"))));
}

const setState = (state) => {
  byId(`state-${state}`).checked = true;
  choose({ state });
};

byId("span").addEventListener("change", () => choose({ span: Number(byId("span").value) }));
const changeSpan = (by) => {
  const select = byId("span");
  select.selectedIndex = Math.min(Math.max(select.selectedIndex + by, 0), select.length - 1);
  choose({ span: Number(select.value) });
};

for (const [tone, words] of LEGEND) byId("legend").append(make("li", {}, make("span", { className: `span ${tone}`, "aria-hidden": "true" }), words));

function setChannelsShown(is) {
  document.body.classList.toggle("channels-shown", is);
  setAttribute(byId("channels-button"), "aria-expanded", String(is));
  if (is) byId("channels").focus();
  else byId("members").focus();
}
byId("channels-button").addEventListener("click", () => setChannelsShown(!document.body.classList.contains("channels-shown")));

const THEMES = { system: "system", light: "light", dark: "dark" };
function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  localStorage.setItem("rejoin-edge-theme", theme);
  setText(byId("theme-button"), `Theme: ${theme}`);
}
const nextTheme = () => {
  const names = Object.keys(THEMES);
  setTheme(names[(names.indexOf(document.documentElement.dataset.theme) + 1) % names.length]);
};
setTheme(THEMES[localStorage.getItem("rejoin-edge-theme")] ?? "system");
byId("theme-button").addEventListener("click", nextTheme);

// ---- keys

for (const [key, words] of KEYS) {
  byId("keys").append(make("div", {}, make("dt", {}, ...key.split(" ").map((one) => make("kbd", {}, one))), make("dd", {}, words)));
}
const showKeys = () => {
  byId("keys-dialog").showModal();
  byId("keys-title").focus();
};
byId("keys-button").addEventListener("click", showKeys);
byId("keys-close").addEventListener("click", () => byId("keys-dialog").close());
byId("kicks-button").addEventListener("click", () => kickList.show());

// The row that has the focus, or the member that is open.
function kickChosen() {
  const channel = document.activeElement === byId("channels") ? channels.activeItem() : null;
  if (channel) {
    kickDialog.ask([{ app: channel.app, channel: channel.channel }]);
    return;
  }
  const member = side.member ?? members.activeItem();
  if (!member) tell("Choose a member first: m, then the arrow keys.");
  else if (member.state === "gone") tell("That member is gone already.");
  else kickDialog.ask(choicesFor(member));
}

function close() {
  if (document.body.classList.contains("channels-shown")) setChannelsShown(false);
  else if (side.member) closeMember();
  else if (view.search) setSearch("");
}

const ACTIONS = {
  "/": () => byId("search").focus(), m: () => byId("members").focus(),
  c: () => (getComputedStyle(byId("channels-pane")).display === "none" ? setChannelsShown(true) : byId("channels").focus()),
  k: kickChosen, l: () => kickList.show(), t: nextTheme, "?": showKeys, Escape: close,
  "+": () => changeSpan(-1), "=": () => changeSpan(-1), "-": () => changeSpan(1),
  1: () => setState("all"), 2: () => setState("heard"), 3: () => setState("silent"), 4: () => setState("gone"),
};

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.target.matches("input[type=search], input[type=text], input[type=password], input[type=number], select")) return;
  const action = Object.hasOwn(ACTIONS, event.key) ? ACTIONS[event.key] : null;
  if (!action) return;
  event.preventDefault();
  action();
});

// ---- off it goes

if (token.get() === null) askToken("");
else feed.start();
redraw();
