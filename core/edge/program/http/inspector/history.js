// What a member was when: its history as spans of one state each.

export const SILENT_AFTER = 4000; // ms without a word that make a silence (P-11)
const ENDS = { left: "left", dropped: "gone", removed: "gone", replaced: "gone", missing: "gone" };

export const isEnd = (name) => name in ENDS;
// What a word of an event says of the member's state; null: nothing.
export function stateAfter(name) {
  if (name === "joined" || name === "rejoined" || name === "heard") return "heard";
  if (name === "silent") return "silent";
  return isEnd(name) ? "gone" : null;
}

// When the silence began that an event tells of.
export const silentSince = (event) => event.at - (event.span_ms ?? 0);

// The spans until `now`, oldest first: {from, to, tone, what}, tone being heard, silent, left or gone. They do not
// overlap, and begin with the join or with what is known of it.
export function spans(member, now) {
  const found = [];
  let tone = null, from = 0, what = "";
  const turn = (at, next, words) => {
    const end = Math.max(at, from);
    if (tone !== null && end > from) found.push({ from, to: end, tone, what });
    from = tone === null ? at : end;
    tone = next;
    what = words;
  };
  const first = member.history[0];
  if (!first || first.event !== "joined") turn(Math.min(member.joinedAt, first ? first.at : Infinity), "heard", "");
  for (const event of member.history) {
    const next = stateAfter(event.event);
    if (next === null) continue;
    if (isEnd(event.event)) {
      turn(event.at, ENDS[event.event], event.event);
    } else if (next === "silent") {
      if (tone !== "silent") turn(silentSince(event), "silent", "");
    } else {
      if (tone === "heard" && event.event !== "joined" && event.span_ms >= SILENT_AFTER) turn(silentSince(event), "silent", "");
      if (tone !== "heard") turn(event.at, "heard", "");
    }
  }
  if (tone !== null && now > from) found.push({ from, to: now, tone, what });
  return found;
}
