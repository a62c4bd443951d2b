// Edges that are emptied, and that bound how fast they let members in.
import Testing

@testable import Rejoin

@Suite struct DrainTests {
    @Test func membersMoveToAnotherEdgeUnheard() throws {
        let sim = try Simulation(seed: 1)
        let (old, new) = (try sim.edge(), try sim.edge())
        let recorder = Recorder()
        var config = RtcEngineConfig(edge: old, uid: 1)
        config.urls = [old.url, new.url]
        config.fingerprint = "\(old.fingerprint),\(new.fingerprint)"
        let engine = try sim.client(config: config, delegate: recorder)
        try joined(sim, [engine], [recorder])
        #expect(try old.drain(over: .seconds(2)) == 1)
        try sim.run(for: .seconds(10))
        #expect(try new.members(channel: "demo") == [1])
        #expect(engine.getConnectionState() == .connected)
        #expect(error { try old.drain(over: .seconds(-1)) }?.argument == "duration")
        try old.crash()
        #expect(error { try old.drain(over: .zero) }?.code == .invalidState)
    }

    @Test func joinsBeyondTheRateWait() throws {
        let sim = try Simulation(seed: 2)
        var config = EdgeConfig()
        config.limits.acceptsPerSecond = 1
        let edge = try sim.edge(config)
        let engines = try (1...3).map { try sim.client(edge, uid: UInt($0)) }
        for engine in engines { engine.joinChannel(byToken: nil, channelId: "demo", uid: engine.config.uid) }
        try sim.run(for: .milliseconds(500))
        #expect(try edge.members(channel: "demo").count == 1)
        try sim.run(for: .seconds(30))
        #expect(try edge.members(channel: "demo") == [1, 2, 3])
        #expect(try edge.counters().busy >= 2)
    }
}
