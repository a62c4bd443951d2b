// Networks that change, sleep, standstill and clocks that jump, in the simulator.
import Testing

@testable import Rejoin

@Suite struct NetworkTests {
    private func member(_ seed: UInt64) throws -> (Simulation, Edge, RtcEngineKit, Recorder) {
        let sim = try Simulation(seed: seed, wallClock: .seconds(1_700_000_000))
        let edge = try sim.edge()
        let recorder = Recorder()
        let engine = try sim.client(edge, uid: 1, delegate: recorder)
        try joined(sim, [engine], [recorder])
        return (sim, edge, engine, recorder)
    }

    @Test func aConnectionMovesAlong() throws {  // S-10
        let (sim, _, engine, recorder) = try member(1)
        var change = Link.AddressChange()
        change.network = .wifi
        change.overlap = .seconds(1)
        try engine.link.changeAddress(change)
        try sim.run(for: .seconds(10))
        #expect(recorder.kinds == [.networkChanged(.wifi)])
        #expect(engine.networkChanged(to: .mobile5G) == 0)
        try engine.link.rebindPort()
        try engine.link.rebindAddress()
        try sim.run(for: .seconds(10))
        #expect(recorder.kinds == [.networkChanged(.wifi), .networkChanged(.mobile5G)])
        #expect(engine.getConnectionState() == .connected)
    }

    @Test func aDeadNetworkIsToldWithItsReason() throws {  // S-10 N-2
        let (sim, _, engine, recorder) = try member(2)
        var change = Link.AddressChange()
        change.isDead = true
        try engine.link.changeAddress(change)
        try sim.run(for: .seconds(6))
        #expect(
            recorder.kinds == [
                .networkChanged(.unknownNetwork),
                .connectionChanged(old: .connected, state: .reconnecting, reason: .clientIpAddressChanged),
            ])
    }

    @Test func halfAnHourAsleepIsToldOnWaking() throws {  // S-8 S-11 S-12 P-9
        let (sim, _, engine, recorder) = try member(3)
        try engine.suspend(for: .seconds(1800))
        try sim.run(for: .seconds(1799))
        #expect(recorder.kinds.isEmpty)
        try sim.run(for: .seconds(2))
        #expect(recorder.names == ["connection_changed", "connection_lost", "connection_changed"])
        #expect(engine.getConnectionState() == .failed)
    }

    @Test func aStandstillAndAStepOfTheClockDropNobody() throws {  // N-4 P-4
        let (sim, edge, engine, recorder) = try member(4)
        try edge.pause(for: .seconds(3))
        try sim.stepWallClock(by: .seconds(86_400))
        try sim.stepWallClock(by: .seconds(-100_000))
        try sim.run(for: .seconds(30))
        #expect(recorder.kinds.isEmpty)
        #expect(try edge.members(channel: "demo") == [1])
        #expect(engine.getConnectionState() == .connected)
    }

    @Test func everyFaultGetsToTheLink() throws {
        let (sim, _, engine, recorder) = try member(6)
        func isSilenced(by change: (inout Link.Faults) -> Void) throws -> Bool {
            recorder.clear()
            var faults = Link.Faults(delay: .milliseconds(10))
            change(&faults)
            try engine.link.set(faults, .up)
            #expect(engine.link.up == faults && engine.link.down == .init(delay: .milliseconds(10)))
            try sim.run(for: .seconds(6))
            let isSilent = engine.getConnectionState() == .reconnecting
            try engine.link.set(.init(delay: .milliseconds(10)))
            try sim.run(until: { engine.getConnectionState() == .connected }, limit: .seconds(120))
            return isSilent
        }
        #expect(try isSilenced { $0.mtu = 20 })
        #expect(try isSilenced { $0.corrupt = 1 })
        #expect(try isSilenced { ($0.loss, $0.burst) = (0.999, 1000) })
        #expect(try isSilenced { ($0.rate, $0.queue) = (1, 1) })
        #expect(try isSilenced { $0.jitter = .seconds(60) })
        #expect(try isSilenced { $0.natIdle = .milliseconds(5) })  // the answers are later
        #expect(try !isSilenced { $0.natIdle = .seconds(1) })
        #expect(try !isSilenced { ($0.duplicate, $0.reorder) = (1, 0.5) })
        for (name, change) in [
            ("jitter", { $0.jitter = .seconds(61) }), ("burst", { $0.burst = -1 }), ("duplicate", { $0.duplicate = 2 }),
            ("reorder", { $0.reorder = 2 }), ("corrupt", { $0.corrupt = 2 }), ("rate", { $0.rate = 1 << 31 }),
            ("queue", { $0.queue = 1 << 31 }), ("mtu", { $0.mtu = 65_536 }),
            ("natIdle", { $0.natIdle = .seconds(3601) }),
        ] as [(String, (inout Link.Faults) -> Void)] {
            var faults = Link.Faults()
            change(&faults)
            #expect(error { try engine.link.set(faults) }?.argument == name)
        }
        var nat = Link.Faults()
        nat.natIdle = .seconds(30)
        try engine.link.set(nat)
        #expect(engine.link.up.natIdle == .seconds(30) && engine.link.down.natIdle == .zero)  // a NAT is of the way up
        #expect(error { try engine.link.set(nat, .down) }?.argument == "natIdle")
    }

    @Test func aLinkFollowsStepsOfOnesOwn() throws {  // S-8 S-10 S-13
        let (sim, _, engine, recorder) = try member(8)
        let steps = [
            Link.Step(at: .zero, up: .init(blackhole: true)),
            Link.Step(at: .seconds(6)),
            Link.Step(at: .seconds(8), down: .init(delay: .milliseconds(20)), move: .mobile4G, overlap: .seconds(1)),
        ]
        try engine.link.follow(steps, repeatingEvery: .seconds(30))
        try sim.run(for: .seconds(29))
        #expect(
            recorder.names == ["connection_changed", "connection_changed", "did_rejoin_channel", "network_changed"])
        #expect(recorder.kinds.last == .networkChanged(.mobile4G))
        try sim.run(for: .seconds(6))
        #expect(engine.getConnectionState() == .reconnecting)  // once more
        try engine.link.follow([])
        try sim.run(until: { engine.getConnectionState() == .connected }, limit: .seconds(20))
        recorder.clear()
        try sim.run(for: .seconds(60))
        #expect(recorder.kinds.isEmpty)
    }

    @Test func stepsThatCannotBeAreRefused() throws {
        let (sim, _, engine, recorder) = try member(9)
        func refused(_ steps: [Link.Step], every period: Duration = .zero) -> String? {
            error { try engine.link.follow(steps, repeatingEvery: period) }?.argument
        }
        let good = Link.Step(at: .zero)
        #expect(refused([Link.Step(at: .seconds(1))]) == "at")
        #expect(refused([good, good]) == "at")
        #expect(refused([good, Link.Step(at: .seconds(1))], every: .seconds(1)) == "period")
        #expect(refused([good], every: .seconds(-1)) == "period")
        #expect(refused([Link.Step(at: .zero, move: .disconnected)]) == "move")
        #expect(refused([Link.Step(at: .zero, move: .wifi, overlap: .seconds(3601))]) == "overlap")
        #expect(refused([Link.Step(at: .zero, up: .init(loss: 2))]) == "loss")
        #expect(refused((0...1024).map { Link.Step(at: .seconds($0)) }) == "steps")
        try engine.link.follow((0..<1024).map { Link.Step(at: .seconds($0)) })
        try sim.run(for: .seconds(10))
        #expect(recorder.kinds.isEmpty)
        engine.destroy()
        #expect(error { try engine.link.follow([good]) }?.code == .notInitialized)
    }

    @Test func aLinkFollowsAProfile() throws {  // S-8 N-2 S-13
        let (sim, _, engine, recorder) = try member(7)
        try engine.link.follow("uplink-dies")
        try sim.run(for: .seconds(300))
        #expect(recorder.names.contains("did_rejoin_channel"))
        recorder.clear()
        try engine.link.follow("uplink-dies")
        try engine.link.follow(nil)
        try sim.run(for: .seconds(300))
        #expect(recorder.kinds.isEmpty)
        #expect(error { try engine.link.follow("carrier-pigeon") }?.argument == "profile")
        engine.destroy()
        #expect(error { try engine.link.follow(nil) }?.code == .notInitialized)
    }

    @Test func badInputIsNamed() throws {
        let (sim, edge, engine, _) = try member(5)
        #expect(engine.networkChanged(to: .unknown(44)) == StatusCode.invalidArgument.rawValue)
        #expect(engine.lastError?.argument == "type")
        #expect(error { try engine.suspend(for: .zero) }?.argument == "duration")
        #expect(error { try edge.pause(for: .seconds(-1)) }?.argument == "duration")
        #expect(error { try engine.link.rebindAddress(to: "nowhere") }?.argument == "address")
        var change = Link.AddressChange()
        change.overlap = .seconds(-1)
        #expect(error { try engine.link.changeAddress(change) }?.argument == "overlap")
        #expect(error { try sim.stepWallClock(by: .seconds(Int64.min)) }?.code == .invalidArgument)
        #expect(
            error { try RtcEngineKit(config: RtcEngineConfig(url: "rejoin://127.0.0.1:9")).suspend(for: .seconds(1)) }?
                .code == .notSupported)
    }
}
