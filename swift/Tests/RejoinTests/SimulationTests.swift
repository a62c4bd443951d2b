// Virtual time: the timeline of the contract, to the tick, in milliseconds.
import Testing

@testable import Rejoin

@Suite struct SimulationTests {
    @Test func twentyMinutesOfSilenceEndInFailed() throws {  // S-8 S-11 S-12 N-2 N-3 N-4 N-5 P-4 P-9
        let sim = try Simulation(seed: 7)
        let edge = try sim.edge()
        let (first, second) = (Recorder(), Recorder())
        let one = try sim.client(edge, uid: 1, delegate: first)
        let two = try sim.client(edge, uid: 2, delegate: second)
        try joined(sim, [one, two], [first, second])
        try sim.run(for: .seconds(10))

        let heard = try #require(one.lastHeard)
        try one.link.cut(.up)
        try sim.run(until: { one.getConnectionState() == .failed }, limit: .seconds(1500))

        #expect(
            first.kinds == [
                .connectionChanged(old: .connected, state: .reconnecting, reason: .interrupted),
                .connectionLost,
                .userOffline(uid: 2, reason: .dropped),
                .connectionChanged(old: .reconnecting, state: .failed, reason: .joinFailed),
            ])
        let after: [Duration] = [.seconds(4), .seconds(10), .seconds(20), .seconds(1200)]
        for (event, after) in zip(first.events, after) {
            #expect((after...after + Simulation.tick).contains(event.time - heard))
        }
        #expect(second.kinds == [.userOffline(uid: 1, reason: .dropped)])
        #expect(sim.now >= heard + .seconds(1200))
    }

    @Test func aHealedLinkIsToldAsARejoin() throws {  // S-13 P-3
        let sim = try Simulation(seed: 3)
        let edge = try sim.edge()
        let (first, second) = (Recorder(), Recorder())
        let one = try sim.client(edge, uid: 1, delegate: first)
        let two = try sim.client(edge, uid: 2, delegate: second)
        try joined(sim, [one, two], [first, second])
        try one.link.cut()
        #expect(one.link.up.blackhole && one.link.down.blackhole && one.link.up.delay == .milliseconds(10))
        try sim.run(for: .seconds(8))
        try one.link.heal()
        try sim.run(for: .seconds(3))
        #expect(first.names == ["connection_changed", "connection_changed", "did_rejoin_channel"])
        #expect(second.kinds.isEmpty)
    }

    private func story(_ seed: UInt64) throws -> [RtcEvent] {
        let sim = try Simulation(seed: seed, wallClock: .seconds(1_700_000_000))
        let edge = try sim.edge()
        let recorder = Recorder()
        var config = RtcEngineConfig(edge: edge, uid: 1)
        config.attempts = true
        config.stats = true
        let engine = try sim.client(config: config, delegate: recorder)
        engine.joinChannel(byToken: nil, channelId: "demo", uid: 1)
        try sim.run(for: .seconds(5))
        try engine.link.cut()
        try sim.run(for: .seconds(60))
        try engine.link.heal()
        try sim.run(for: .seconds(20))
        return recorder.events
    }

    @Test func theSameSeedGivesTheSameEvents() throws {
        let events = try story(11)
        #expect(events == (try story(11)))
        #expect(events != (try story(12)))
        #expect(events.contains { $0.name == "attempt" } && events.contains { $0.name == "stats" })
    }

    @Test func aDelegateActsInTheTickInWhichItHears() throws {  // S-26
        let sim = try Simulation()
        let edge = try sim.edge()
        let recorder = Recorder { engine, event in
            if case .connectionChanged(_, .connecting, _) = event.kind { engine.leaveChannel() }
        }
        let engine = try sim.client(edge, uid: 1, delegate: recorder)
        engine.joinChannel(byToken: nil, channelId: "demo", uid: 1)
        try sim.run(for: .seconds(1))
        #expect(recorder.names == ["connection_changed", "connection_changed", "did_leave_channel"])
        #expect(Set(recorder.events.map(\.time)) == [.zero])
    }

    @Test func itCannotRunInsideItself() throws {
        let sim = try Simulation()
        let edge = try sim.edge()
        let caught = Locked<RejoinError?>(nil)
        let recorder = Recorder { _, _ in
            let thrown = error { try sim.run(for: .seconds(1)) }
            caught.with { $0 = thrown }
        }
        let engine = try sim.client(edge, uid: 1, delegate: recorder)
        engine.joinChannel(byToken: nil, channelId: "demo", uid: 1)
        try sim.run(for: .seconds(1))
        #expect(caught.with { $0?.code } == .invalidState)
        #expect(engine.getConnectionState() == .connected)
    }

    @Test func runningUntilHasALimit() throws {
        let sim = try Simulation()
        #expect(error { try sim.run(until: { false }, limit: .seconds(2)) }?.code == .timedOut)
        #expect(sim.now == .seconds(2))
        try sim.run(until: { sim.now >= .milliseconds(2500) }, limit: .seconds(2), every: .milliseconds(100))
        #expect(sim.now == .milliseconds(2500))
        #expect(error { try sim.run(for: .seconds(-1)) }?.argument == "duration")
        #expect(error { try sim.run(until: { false }, every: .microseconds(1)) }?.argument == "every")
        #expect(error { _ = try Simulation(wallClock: .seconds(-1)) }?.argument == "wallClock")
    }

    @Test func anEngineOutlivesItsSimulationAndEdge() throws {
        var sim: Simulation? = try Simulation()
        var edge = try sim?.edge()
        let config = RtcEngineConfig(edge: try #require(edge), uid: 1)
        let engine = try #require(try sim?.client(config: config))
        engine.joinChannel(byToken: nil, channelId: "demo", uid: 1)
        try sim?.run(for: .seconds(1))
        sim = nil
        edge = nil
        #expect(engine.getConnectionState() == .connected)
        #expect(engine.leaveChannel() == 0)
    }
}
