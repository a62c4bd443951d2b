// How times, amounts and names are said.

// Between a number and its unit: no line ends there.
const NB = "\u00a0";
const two = (number) => String(number).padStart(2, "0");

// A length of time in ms.
export function lasts(ms) {
  if (ms === null || ms === undefined) return "";
  if (ms < 0) return `0${NB}s`;
  if (ms < 1000) return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)}${NB}ms`;
  if (ms < 59950) return `${(ms / 1000).toFixed(1)}${NB}s`;
  return spell(ms);
}

// A length of time in whole seconds, for what counts on.
export const spell = (ms) => {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds}${NB}s`;
  const minutes = Math.floor(seconds / 60), hours = Math.floor(minutes / 60), days = Math.floor(hours / 24);
  if (minutes < 60) return `${minutes}${NB}min${NB}${two(seconds % 60)}${NB}s`;
  if (hours < 48) return `${hours}${NB}h${NB}${two(minutes % 60)}${NB}min`;
  return `${days}${NB}d${NB}${hours % 24}${NB}h`;
};

// A length that somebody chose, in seconds: "1 h", "90 s".
export function chosen(seconds) {
  for (const [size, unit] of [[3600, "h"], [60, "min"]]) {
    if (seconds >= size && seconds % size === 0) return `${seconds / size}${NB}${unit}`;
  }
  return `${seconds}${NB}s`;
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: "short", timeStyle: "medium", hour12: false });

// A moment: the time of day, and the day where it is not today's.
export function moment(at) {
  const then = new Date(at);
  return then.toDateString() === new Date().toDateString() ? clock.format(then) : whole.format(then);
}

const grouped = new Intl.NumberFormat("en-US");
export const number = (value) => grouped.format(value);
export const several = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;

export function rtt(ms) {
  if (ms === null) return "–";
  return ms < 10 ? `${ms.toFixed(1)}${NB}ms` : `${number(Math.round(ms))}${NB}ms`;
}

export function bytes(count) {
  for (const [size, unit] of [[1e9, "GB"], [1e6, "MB"], [1e3, "kB"]]) {
    if (count >= size) return `${(count / size).toFixed(1)}${NB}${unit}`;
  }
  return `${count}${NB}B`;
}

// What happened to a member, and what it means for the others.
export const EVENTS = {
  joined: "joined", rejoined: "rejoined", repeated: "asked once more", left: "left", dropped: "dropped",
  removed: "removed", replaced: "its uid joined anew", refused: "refused", busy: "told to come again", silent: "silent",
  heard: "heard again", role: "role changed", to_move: "told to move", channel_opened: "channel opened",
  channel_closed: "channel closed", drains: "the edge drains", hostile: "broke the protocol",
  missing: "no longer there when the edge was looked at",
};

// What the span of an event is.
const SPANS = { joined: "in", rejoined: "after", silent: "for", heard: "after", left: "after", dropped: "after", removed: "after",
  replaced: "after", drains: "within" };

export function happened(event) {
  const words = [EVENTS[event.event] ?? event.event];
  if (event.reason && event.event === "role") words.push(`to ${event.reason.name}`);
  else if (event.reason) words.push(`(${event.reason.name})`);
  if (event.span_ms !== null && event.span_ms !== undefined && SPANS[event.event]) words.push(SPANS[event.event], lasts(event.span_ms));
  if (event.detail) words.push(`– ${event.detail}`);
  return words.join(" ");
}

export const APP_NONE = "(no app id)";
