// What lists and events say of one member in orders that are no pleasure; the model after each: the member's state and
// outages, how many are heard, silent and gone, how many rows there are.
async () => {
  const { Model } = await import("/inspector/model.js");
  const began = Date.now(), at = (seconds) => began + 1000 * seconds;
  const who = { app: "", channel: "demo", uid: 7, role: "broadcaster", peer: null };
  const row = (session) => ({
    ...who, session, visible: true, state: "heard", joined_at: at(0), last_heard_ms: 0, outages: { count: 0, total_ms: 0 },
    rtt_ms: 1, moving: false, token_left_ms: null, history: [{ at: at(0), event: "joined", span_ms: 1, reason: null }],
  });
  const list = (session, seconds, pass, state = "heard") => (model) => model.take({ ...row(session), state }, at(seconds), pass);
  const tell = (event, session, seconds, span_ms = null) => (model) =>
    model.happened({ ...who, event, session, at: at(seconds), span_ms, reason: null, detail: null });
  const walked = (model) => model.endPass(2, at(70));
  const after = (...steps) => {
    const model = new Model();
    model.clockSays(at(60));
    for (const step of [list("a", 1, 1), ...steps]) step(model);
    const [member] = model.members.values();
    const { heard, silent, gone } = model.counts;
    return `${member.state} ${member.outages}, ${heard} ${silent} ${gone}, ${model.members.size}`;
  };
  return {
    "a list from before it left": after(tell("left", "a", 3), list("a", 2, 2)),
    "a list with the session that is over": after(tell("left", "a", 3), list("a", 4, 2)),
    "a list from before it was silent": after(tell("silent", "a", 6, 4000), list("a", 5, 2)),
    "joined again, then the old one replaced": after(tell("joined", "b", 2), tell("replaced", "a", 2)),
    "replaced, then joined again": after(tell("replaced", "a", 2), tell("joined", "b", 2)),
    "an end of somebody unknown": after(tell("dropped", "z", 2)),
    "told silent twice": after(tell("silent", "a", 6, 4000), tell("silent", "a", 7, 5000)),
    "looked at when it had ended": after(list("a", 3, 1, "ended"), tell("left", "a", 2)),
    "missed by a walk": after(walked),
    "missed, and there after all": after(walked, list("a", 80, 3)),
  };
}
