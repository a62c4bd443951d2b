// What the page knows of the edge: its members, one row for each uid of a channel, its channels, and what happened lately.
//
// It is told by two voices that overtake each other: events as they happen, and lists that were true when they were
// made. Whatever is newer wins, by the edge's clock.

import { isEnd, silentSince, stateAfter } from "./history.js";

export const MEMBERS_MOST = 100000; // as many as an edge lets in unless it is told otherwise
const HISTORY_MOST = 64; // events of a row
const ACTIVITY_MOST = 200;
const GONE_KEPT = 120000; // ms that a row stays after its member went …
const GONE_MOST = 2000; // … if there are not more of them
const BLIND_MOST = 64;

const SESSION_LEAST = 6; // letters of a session id that a search takes as one

// Is a word of a search, in lower case, about this member? Parts of names and addresses are; of uids and session ids only
// beginnings: "8" is not about everybody who has an 8 in a port.
export function isAbout(member, word) {
  return String(member.uid).startsWith(word) || member.text.includes(word) ||
    (/[.:]/.test(word) && member.peer !== null && member.peer.toLowerCase().includes(word)) ||
    (word.length >= SESSION_LEAST && member.session.startsWith(word));
}

const keyOf = (app, channel, uid) => `${app}\0${channel}\0${uid}`;
const channelKeyOf = (app, channel) => `${app}\0${channel}`;

export class Model {
  members = new Map(); // by app, channel and uid
  channels = new Map(); // by app and channel
  counts = { heard: 0, silent: 0, gone: 0 };
  activity = []; // newest last
  blind = []; // {from, to}: when the edge could not be seen
  edge = null;
  changed = false; // a row came, went or changed since somebody cleared this
  overflown = false; // there are more members than are shown
  #sessions = new Map();
  #gone = new Set(); // rows in the order they went
  #ahead = 0; // how far the edge's clock is before ours, ms
  #stoppedAt = null;

  // The edge's time, whether it can be heard or not.
  clock() {
    return Date.now() + this.#ahead;
  }

  // Up to when it is known how things are: while the edge cannot be heard, its last word.
  now() {
    return this.#stoppedAt ?? this.clock();
  }

  clockSays(now) {
    this.#ahead = now - Date.now();
  }

  // From now on the edge cannot be seen; time stands still for what is shown.
  blindFrom(at) {
    if (this.#stoppedAt !== null) return;
    this.#stoppedAt = at;
    this.blind.push({ from: at, to: null });
    if (this.blind.length > BLIND_MOST) this.blind.shift();
  }

  seeing() {
    if (this.#stoppedAt === null) return;
    this.#stoppedAt = null;
    this.blind[this.blind.length - 1].to = this.now();
  }

  outageTime(member) {
    return member.outageDone + (member.state === "silent" ? Math.max(0, this.now() - member.silentAt) : 0);
  }

  // ---- lists

  // A row of a list that was true at `now`. `pass` marks it as seen, for endPass.
  take(row, now, pass) {
    if (row.state !== "heard" && row.state !== "silent") return; // it ended: an event says so, or a walk misses it
    const member = this.#at(row.app, row.channel, row.uid);
    if (!member) return;
    member.pass = pass;
    if (member.changedAt > now || member.endedSession === row.session) return; // an event said something newer
    if (member.session !== row.session) this.#begin(member, row.session);
    member.role = row.role;
    member.visible = row.visible;
    member.joinedAt = row.joined_at;
    member.heardAt = now - row.last_heard_ms;
    member.rtt = row.rtt_ms;
    member.peer = row.peer;
    member.moving = row.moving;
    member.tokenEndsAt = row.token_left_ms === null ? null : now + row.token_left_ms;
    member.traffic = row;
    if (row.history) {
      const before = member.history.filter((event) => event.session !== row.session);
      for (const event of row.history) event.session = row.session;
      member.history = before.concat(row.history).slice(-HISTORY_MOST);
    }
    member.outages = row.outages.count;
    if (row.state === "silent") {
      const said = member.history.findLast((event) => event.event === "silent");
      member.silentAt = said && said.session === row.session ? silentSince(said) : member.heardAt;
    }
    member.outageDone = Math.max(0, row.outages.total_ms - (row.state === "silent" ? now - member.silentAt : 0));
    this.#become(member, row.state);
    this.#findable(member);
  }

  // A whole list was taken as `pass`, from `began` on: rows that it had not are of members that are gone.
  endPass(pass, began) {
    for (const member of this.members.values()) {
      if (member.state !== "gone" && member.pass !== pass && member.changedAt < began && member.cameAt < began)
        this.#end(member, { at: this.now(), event: "missing", span_ms: null, reason: null });
    }
  }

  takeChannels(rows) {
    const there = new Set();
    for (const row of rows) {
      const channel = this.#channel(row.app, row.channel);
      channel.profile = row.profile;
      there.add(channel);
    }
    for (const channel of this.channels.values()) {
      channel.open = there.has(channel) || channel.heard + channel.silent > 0;
      this.#forgetChannel(channel);
    }
    this.changed = true;
  }

  // ---- events

  happened(event) {
    this.activity.push(event);
    if (this.activity.length > ACTIVITY_MOST) this.activity.shift();
    if (event.event === "channel_opened") this.#channel(event.app, event.channel).open = true;
    if (event.event === "channel_closed") this.#close(event);
    const next = stateAfter(event.event);
    if (event.session === null || (next === null && !["role", "to_move"].includes(event.event))) return;
    const member = next === "heard" ? this.#at(event.app, event.channel, event.uid) : this.#sessions.get(event.session);
    if (!member) return;
    if (isEnd(event.event)) {
      if (member.session === event.session) this.#end(member, event);
      return;
    }
    if (event.event === "joined" && member.session !== event.session) this.#begin(member, event.session);
    if (member.session !== event.session && event.event === "rejoined") this.#begin(member, event.session);
    if (member.session !== event.session) return;
    member.changedAt = event.at;
    if (event.role) member.role = event.role;
    if (event.peer) member.peer = event.peer;
    if (event.event === "joined") member.joinedAt = event.at;
    if (event.event === "to_move") member.moving = true;
    if (event.event === "silent" && member.state !== "silent") {
      member.outages++;
      member.silentAt = silentSince(event);
    }
    if (next === "heard" && member.state === "silent") member.outageDone += Math.max(0, event.at - member.silentAt);
    if (next === "heard") member.heardAt = event.at;
    this.#note(member, event);
    if (next !== null) this.#become(member, next);
    this.#findable(member);
  }

  // Lets go of rows whose members went long ago.
  tidy() {
    const now = this.now();
    for (const member of this.#gone) {
      if (now - member.goneAt < GONE_KEPT && this.#gone.size <= GONE_MOST) break;
      this.#forget(member);
    }
  }

  // ---- rows

  #at(app, channel, uid) {
    const key = keyOf(app, channel, uid);
    const known = this.members.get(key);
    if (known) return known;
    if (this.members.size >= MEMBERS_MOST) {
      this.overflown = true;
      return null;
    }
    const member = {
      key, app, channel, uid, session: null, endedSession: null, state: null, role: null, visible: true, cameAt: this.now(),
      joinedAt: this.now(), heardAt: this.now(), silentAt: 0, outages: 0, outageDone: 0, rtt: null, peer: null, moving: false,
      tokenEndsAt: null, traffic: null, history: [], changedAt: 0, goneAt: 0, why: null, pass: 0, text: "",
    };
    this.members.set(key, member);
    return member;
  }

  #begin(member, session) {
    this.#sessions.delete(member.session);
    this.#sessions.set(session, member);
    Object.assign(member, { session, outages: 0, outageDone: 0, moving: false, rtt: null, traffic: null, tokenEndsAt: null, why: null });
  }

  #become(member, state) {
    this.changed = true;
    if (member.state === state) return;
    const channel = this.#channel(member.app, member.channel);
    if (member.state !== null) {
      this.counts[member.state]--;
      channel[member.state]--;
    }
    if (member.state === "gone") this.#gone.delete(member);
    member.state = state;
    this.counts[state]++;
    channel[state]++;
    if (state === "gone") this.#gone.add(member);
    else channel.open = true;
  }

  #end(member, event) {
    if (member.state === "silent") member.outageDone += Math.max(0, event.at - member.silentAt);
    // One that is only missed may turn up again.
    const endedSession = event.event === "missing" ? null : member.session;
    Object.assign(member, { changedAt: event.at, goneAt: event.at, why: event, endedSession });
    this.#sessions.delete(member.session);
    this.#note(member, event);
    this.#become(member, "gone");
  }

  #note(member, event) {
    const last = member.history[member.history.length - 1];
    if (last && last.at === event.at && last.event === event.event) return; // a list had it already
    member.history.push({ at: event.at, event: event.event, span_ms: event.span_ms, reason: event.reason, session: member.session });
    if (member.history.length > HISTORY_MOST) member.history.shift();
  }

  #forget(member) {
    this.changed = true;
    this.counts.gone--;
    this.#gone.delete(member);
    this.members.delete(member.key);
    const channel = this.#channel(member.app, member.channel);
    channel.gone--;
    this.#forgetChannel(channel);
  }

  #findable(member) {
    member.text = `${member.channel}\n${member.app}`.toLowerCase();
  }

  // ---- channels

  #channel(app, channel) {
    const key = channelKeyOf(app, channel);
    let known = this.channels.get(key);
    if (!known) {
      known = { key, app, channel, profile: null, heard: 0, silent: 0, gone: 0, open: false };
      this.channels.set(key, known);
      this.changed = true;
    }
    return known;
  }

  #close(event) {
    const channel = this.channels.get(channelKeyOf(event.app, event.channel));
    if (!channel) return;
    channel.open = false;
    this.#forgetChannel(channel);
  }

  #forgetChannel(channel) {
    if (channel.open || channel.heard + channel.silent + channel.gone > 0) return;
    this.channels.delete(channel.key);
    this.changed = true;
  }
}
