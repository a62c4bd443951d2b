// Makes, joins, leaves and releases engines, for a leak checker to look at what is left: leak-rounds [ROUNDS] (10,000).
// With --leak one engine is lost on purpose: so one sees that the checker would find it.
//
// Every tenth round is a whole one: in a simulation the member joins for real before it leaves; every hundredth over
// real QUIC. The others leave while the join is under way, as most apps do that are closed in time.
import Dispatch
import Rejoin

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

final class Counter: RtcEngineDelegate, @unchecked Sendable {
    var heard = 0
    func rtcEngine(_ engine: RtcEngineKit, didReceive event: RtcEvent) { heard += 1 }
}

func simulated(_ sim: Simulation, _ edge: Edge, uid: UInt, whole: Bool) throws {
    let counter = Counter()
    let engine = try sim.client(edge, uid: uid, delegate: counter)
    let stream = engine.events
    engine.joinChannel(byToken: nil, channelId: "leaks", uid: uid) { _, _, _ in }
    if whole { try sim.run(for: .milliseconds(200)) }
    engine.leaveChannel { _ in }
    if whole || uid % 3 == 0 { try sim.run(for: .milliseconds(1)) }
    withExtendedLifetime(stream) {}
    if whole, counter.heard < 5 { fatalError("a member did not join") }
}

/// Returns what should be gone by now: the shared runtime knows it weakly, which hides it from a leak checker.
func real(_ edge: Edge, uid: UInt) async throws -> Weak {
    var config = RtcEngineConfig(edge: edge, uid: uid)
    config.delegateQueue = DispatchQueue(label: "leaks")
    let engine = try RtcEngineKit(config: config, delegate: nil)
    let reader = Task { [events = engine.events] in for await _ in events {} }
    try await engine.join(channel: "leaks")
    try await engine.leave()
    if uid % 2 == 0 { engine.destroy() } else { reader.cancel() }
    await reader.value
    config.delegateQueue.sync {}
    return Weak(engine: engine)
}

struct Weak {
    weak var engine: RtcEngineKit?
}

func play(_ rounds: UInt, leak: Bool) async throws {
    let sim = try Simulation(seed: 1)
    let (virtual, loopback) = (try sim.edge(), try Edge())
    for round in 1...rounds {
        try simulated(sim, virtual, uid: round, whole: round % 10 == 0)
        if round % 100 == 0 {
            let released = try await real(loopback, uid: round)
            while released.engine != nil { await Task.yield() }  // the queue of events may be about to let go of it
        }
    }
    if leak { _ = Unmanaged.passRetained(try sim.client(virtual, uid: 1)) }
}

let arguments = CommandLine.arguments.dropFirst()
let rounds = arguments.compactMap { UInt($0) }.first ?? 10_000
try await play(rounds, leak: arguments.contains("--leak"))
print("\(rounds) rounds")
