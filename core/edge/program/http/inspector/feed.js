// Keeps the model as the edge is: lists once, hears of every change, and looks again where nothing is told of (round-trip
// times). Says since when the edge cannot be heard.

import { Refused, listen, pages, query, request } from "./api.js";

const EDGE_EVERY = 2000; // ms between two looks at the edge's own figures
const EDGE_TIMEOUT = 4000; // ms after which an edge that does not answer is not there
const LOOK_EVERY = 1000; // ms between two pages of the walk through all members
const WALK_LEAST = 4000; // ms that a walk takes at least
const CHANNELS_EVERY = 15000;
const PAGE = 1000;
const WAITS = [250, 500, 1000, 2000, 4000]; // ms before the next try

export class Feed {
  // wake() after every change; refused() when the token is not the edge's.
  constructor(model, { wake, refused }) {
    this.model = model;
    this.wake = wake;
    this.refused = refused;
    this.status = { live: false, since: null, why: "", tryAt: null };
    this.samples = []; // {at, joins, heard, silent} of the last minutes, for the rate and its picture
    this.watched = null; // a session whose details are wanted
    this.loaded = false;
  }

  #aliveAt = null; // when the edge said anything last
  #lastId = null;
  #pass = 0;
  #listing = false;
  #run = null; // while it runs: what ends it
  #stream = null; // … and what ends the stream that is read
  #hurry = null; // ends the wait for the next try

  start() {
    this.stop();
    this.#run = new AbortController();
    this.#keepListening(this.#run.signal);
    this.#repeat(EDGE_EVERY, this.#run.signal, () => this.#lookAtEdge());
    this.#walk(this.#run.signal);
  }

  stop() {
    this.#run?.abort(new Error("stopped"));
    this.#run = null;
  }

  tryNow() {
    this.#hurry?.();
  }

  // ---- being told

  async #keepListening(signal) {
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        this.#stream = new AbortController();
        await listen(this.#lastId, (name, data, id) => {
          if (name === "hello") failures = 0;
          this.#hear(name, data, id);
        }, () => this.#alive(), AbortSignal.any([signal, this.#stream.signal]));
      } catch (error) {
        if (signal.aborted || this.#isRefused(error)) return;
        this.#lost(error.message);
      }
      const wait = WAITS[Math.min(failures, WAITS.length - 1)];
      this.status.tryAt = Date.now() + wait;
      this.wake();
      await new Promise((resolve) => {
        this.#hurry = resolve;
        setTimeout(resolve, wait);
      });
    }
  }

  #hear(name, data, id) {
    const known = this.#lastId;
    if (id) this.#lastId = id;
    if (name === "hello") {
      this.model.clockSays(data.now);
      this.status = { live: true, since: null, why: "", tryAt: null };
      this.model.seeing();
      // Whoever goes on where it was is told all that it missed, or that it is too late for that ("gap").
      if (!known || !this.loaded) this.#list();
    } else if (name === "gap") {
      this.#list();
    } else {
      this.model.happened(data);
      if (name === "drains") this.#lookAtEdge();
    }
    this.wake();
  }

  #alive() {
    this.#aliveAt = this.model.now();
  }

  #lost(why) {
    if (this.status.live || this.status.since === null) {
      const at = this.#aliveAt ?? this.model.now();
      this.status = { live: false, since: at, why, tryAt: null };
      if (this.loaded) this.model.blindFrom(at);
    } else {
      this.status.why = why;
    }
    this.wake();
  }

  #isRefused(error) {
    if (!(error instanceof Refused) || error.status !== 401) return false;
    this.stop();
    this.refused();
    return true;
  }

  // ---- looking

  async #repeat(every, signal, look) {
    while (!signal.aborted) {
      try {
        await look();
      } catch (error) {
        if (signal.aborted || this.#isRefused(error)) return;
        // An edge that hangs keeps its stream open and says nothing: it is as good as gone.
        if (!(error instanceof Refused)) this.#stream?.abort(error);
      }
      await new Promise((resolve) => setTimeout(resolve, every));
    }
  }

  async #lookAtEdge() {
    const edge = await request("GET", "v1/edge", null, EDGE_TIMEOUT);
    this.#alive();
    this.model.edge = edge;
    const last = this.samples[this.samples.length - 1];
    if (last && edge.counters.joins < last.joins) this.samples.length = 0; // it was restarted
    this.samples.push({ at: edge.now, joins: edge.counters.joins, heard: edge.members.heard, silent: edge.members.silent });
    if (this.samples.length > 150) this.samples.shift();
    this.wake();
  }

  // All members and channels anew; what an older list still brings is no longer looked at.
  async #list() {
    const pass = ++this.#pass, began = this.model.now();
    this.#listing = true;
    try {
      for await (const page of pages("v1/members", { limit: PAGE, history: true })) {
        if (pass !== this.#pass) return;
        this.#takePage(page, pass);
      }
      this.model.endPass(pass, began);
      this.loaded = true;
      this.wake();
      await this.#listChannels();
    } catch (error) {
      if (!this.#isRefused(error) && pass === this.#pass && this.status.live) setTimeout(() => pass === this.#pass && this.#list(), 1000);
    } finally {
      if (pass === this.#pass) this.#listing = false;
    }
  }

  #takePage(page, pass) {
    for (const row of page.members) this.model.take(row, page.now, pass);
    this.wake();
  }

  async #listChannels() {
    const rows = [];
    for await (const page of pages("v1/channels", { limit: PAGE })) rows.push(...page.channels);
    this.model.takeChannels(rows);
    this.wake();
  }

  // Round and round through all members, a page at a time, for what no event tells of; and what was told wrong would not last.
  async #walk(signal) {
    let after = null, pass = 0, began = 0, beganAt = 0, channelsAt = Date.now();
    await this.#repeat(LOOK_EVERY, signal, async () => {
      if (!this.status.live || !this.loaded || this.#listing || document.hidden) return;
      if (this.watched) await this.#lookAtWatched();
      if (Date.now() - channelsAt > CHANNELS_EVERY) {
        channelsAt = Date.now();
        await this.#listChannels();
      }
      if (pass !== this.#pass || after === null) { // the last walk is over, or a list came between
        if (Date.now() - beganAt < WALK_LEAST) return;
        [after, pass, began, beganAt] = [null, ++this.#pass, this.model.now(), Date.now()];
      }
      const page = await request("GET", query("v1/members", { limit: PAGE, history: true, after }));
      if (pass !== this.#pass) return;
      this.#takePage(page, pass);
      after = page.next;
      if (after === null) this.model.endPass(pass, began);
    });
  }

  async #lookAtWatched() {
    try {
      const now = this.model.now();
      const row = await request("GET", `v1/members/${encodeURIComponent(this.watched)}`);
      this.model.take(row, now, this.#pass);
      this.wake();
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 404) throw error; // 404: it went meanwhile, an event says so
    }
  }
}
