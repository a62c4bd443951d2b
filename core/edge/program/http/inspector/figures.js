// The edge in figures: tiles below the head of the page.

import { make, setAttribute, setClass, setHidden, setText } from "./dom.js";
import { number, several, spell } from "./words.js";

const RATE_OVER = 10000; // ms that the joins per second are taken over
const BARS = 60;

const SHARES = ["heard", "silent"];
const TILES = ["members", "channels", "joins", "uptime", "bus", "drain"];
const TITLES = { members: "Members", channels: "Channels", joins: "Joins per second", uptime: "Up", bus: "Bus", drain: "Draining" };

export class Figures {
  #tiles = {};

  constructor(place) {
    for (const name of TILES) {
      const tile = { value: make("dd", { className: "value" }), note: make("dd", { className: "note" }) };
      tile.box = make("dl", { className: `tile ${name}` }, make("dt", {}, TITLES[name]), tile.value, tile.note);
      this.#tiles[name] = tile;
      place.append(tile.box);
    }
    this.#tiles.members.box.append(this.#makeShares());
    this.#tiles.joins.box.append(this.#makeBars());
  }

  draw(model, samples) {
    const { edge, counts } = model;
    const { members, channels, joins, uptime, bus, drain } = this.#tiles;
    setText(members.value, number(counts.heard + counts.silent));
    setText(members.note, `${number(counts.heard)} heard · ${number(counts.silent)} silent`);
    this.#drawShares(counts);
    let open = 0;
    for (const channel of model.channels.values()) if (channel.open) open++;
    setText(channels.value, number(open));
    if (!edge) return;
    setText(channels.note, several(edge.counters.connections ?? 0, "connection"));
    const rate = rateOf(samples);
    setText(joins.value, rate === null ? "–" : rate < 10 ? rate.toFixed(1) : number(Math.round(rate)));
    setText(joins.note, `${number(edge.counters.joins)} joins, ${number(edge.counters.rejoins)} rejoins in all`);
    this.#drawBars(samples);
    setText(uptime.value, spell(model.now() - edge.started_at));
    setText(uptime.note, `version ${edge.version}`);
    const [state, note] = busOf(edge);
    setText(bus.value, state);
    setText(bus.note, note);
    setClass(bus.box, `tile bus${state === "gone" ? " bad" : ""}`);
    setText(drain.value, edge.draining ? "yes" : "no");
    setText(drain.note, drainWords(edge, model.now()));
    setClass(drain.box, `tile drain${edge.draining ? " warning" : ""}`);
  }

  #makeShares() {
    this.shares = SHARES.map((state) => make("span", { className: `span ${state}` }));
    return make("dd", { className: "shares", "aria-hidden": "true" }, ...this.shares);
  }

  #drawShares(counts) {
    this.shares.forEach((share, i) => {
      const count = counts[SHARES[i]];
      share.style.flexGrow = String(count);
      setHidden(share, count === 0);
    });
  }

  #makeBars() {
    this.bars = Array.from({ length: BARS }, () => make("span"));
    this.barBox = make("dd", { className: "bars", role: "img" }, ...this.bars);
    return this.barBox;
  }

  // The last minutes, a bar for each two seconds.
  #drawBars(samples) {
    const last = samples.slice(-BARS - 1);
    const rates = last.slice(1).map((sample, i) => ((sample.joins - last[i].joins) * 1000) / Math.max(1, sample.at - last[i].at));
    const most = Math.max(1, ...rates);
    this.bars.forEach((bar, i) => {
      const rate = rates[rates.length - BARS + i];
      bar.style.height = rate ? `${Math.max(8, (100 * rate) / most).toFixed(0)}%` : "0";
    });
    setAttribute(this.barBox, "aria-label", `Joins of the last minutes, at most ${most.toFixed(1)} per second`);
  }
}

export function rateOf(samples) {
  const last = samples[samples.length - 1];
  const first = samples.find((sample) => last.at - sample.at <= RATE_OVER);
  return !last || first === last ? null : ((last.joins - first.joins) * 1000) / (last.at - first.at);
}

// The bus of the edge's cluster: a word and a note.
export function busOf(edge) {
  if (!edge.cluster) return ["none", "this edge is alone"];
  const { connected, edges, alive } = edge.cluster;
  const note = `${number(alive)} of ${several(edges, "other edge")} there`;
  return [connected === false ? "gone" : "connected", note];
}

export function drainWords(edge, now) {
  if (!edge.draining) return "new members are let in";
  if (!edge.drain) return "nobody new is let in";
  const { told, members, ends_at } = edge.drain;
  const left = ends_at - now;
  return `${number(told)} of ${number(members)} told to move${left > 0 ? `, all within ${spell(left)}` : ""}`;
}
