// Objects go in any order, from any thread, also while events are in flight.
import Dispatch
import Testing

@testable import Rejoin

@Suite struct LifetimeTests {
    @Test func callsAfterDestroyReturnNotInitialized() throws {  // R-5 S-24
        let sim = try Simulation()
        let edge = try sim.edge()
        let recorder = Recorder()
        let engine = try sim.client(edge, uid: 1, delegate: recorder)
        try joined(sim, [engine], [recorder])
        engine.destroy()
        engine.destroy()
        let notInitialized = StatusCode.notInitialized.rawValue
        #expect(engine.joinChannel(byToken: nil, channelId: "demo", uid: 1) == notInitialized)
        #expect(engine.leaveChannel() == notInitialized)
        #expect(engine.renewToken("x") == notInitialized)
        #expect(engine.setClientRole(.audience) == notInitialized)
        #expect(engine.lastError?.code == .notInitialized)
        #expect(engine.getConnectionState() == .disconnected)
        #expect(engine.lastHeard == nil)
        #expect(error { _ = try engine.stats() }?.code == .notInitialized)
        #expect(error { try engine.link.cut() }?.code == .notInitialized)
        try sim.run(for: .seconds(2))
        #expect(recorder.events.isEmpty)
        #expect(try edge.members(channel: "demo").isEmpty)
    }

    @Test func destroyedInsideTheDelegateThatCallIsTheLast() throws {
        let sim = try Simulation()
        let edge = try sim.edge()
        let recorder = Recorder { engine, event in
            if event.name == "connection_changed", event.sequence == 2 { engine.destroy() }
        }
        let engine = try sim.client(edge, uid: 1, delegate: recorder)
        engine.joinChannel(byToken: nil, channelId: "demo", uid: 1)
        try sim.run(for: .seconds(1))
        #expect(recorder.events.map(\.sequence) == [1, 2])
    }

    @Test func theLastReferenceReleasedInsideTheDelegateIsTheEnd() throws {  // R-5 S-30 P-2
        let sim = try Simulation()
        let edge = try sim.edge()
        let other = Recorder()
        let observer = try sim.client(edge, uid: 2, delegate: other)
        try joined(sim, [observer], [other])
        let kept = Locked<RtcEngineKit?>(nil)
        let recorder = Recorder { _, event in
            if event.sequence == 2 { kept.with { $0 = nil } }
        }
        kept.with { $0 = try? sim.client(edge, uid: 1, delegate: recorder) }
        kept.with { _ = $0?.joinChannel(byToken: nil, channelId: "demo", uid: 1) }
        try sim.run(for: .seconds(2))
        #expect(recorder.events.map(\.sequence) == [1, 2])
        #expect(other.names == ["user_joined", "user_offline"])
    }

    @Test func theDelegateIsHeldWeakly() throws {
        let sim = try Simulation()
        let edge = try sim.edge()
        var recorder: Recorder? = Recorder()
        weak let gone = recorder
        let engine = try sim.client(edge, uid: 1, delegate: recorder)
        recorder = nil
        #expect(gone == nil && engine.delegate == nil)
        engine.joinChannel(byToken: nil, channelId: "demo", uid: 1)
        try sim.run(for: .seconds(1))
        #expect(engine.getConnectionState() == .connected)
        let next = Recorder()
        engine.delegate = next
        engine.leaveChannel()
        try sim.run(for: .seconds(1))
        #expect(next.names == ["connection_changed", "did_leave_channel"])
    }

    @Test func everythingGoesInAnyOrder() throws {
        for order in 0..<6 {
            var sim: Simulation? = try Simulation(seed: UInt64(order))
            var edge: Edge? = try sim?.edge()
            let config = RtcEngineConfig(edge: try #require(edge), uid: 1)
            var engine: RtcEngineKit? = try sim?.client(config: config)
            engine?.joinChannel(byToken: nil, channelId: "demo", uid: 1)
            try sim?.run(for: .seconds(1))
            let releases: [() -> Void] = [{ sim = nil }, { edge = nil }, { engine = nil }]
            let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
            for index in orders[order] { releases[index]() }
            #expect(sim == nil && edge == nil && engine == nil)
        }
    }

    @Test func enginesGoOnAnyThreadWhileEventsAreInFlight() throws {
        let edge = try Edge()
        let heard = Locked(0)
        let queue = DispatchQueue(label: "races", attributes: .concurrent)
        DispatchQueue.concurrentPerform(iterations: 60) { round in
            let first = DispatchSemaphore(value: 0)
            let recorder = Recorder { engine, event in
                heard.with { $0 += 1 }
                if event.sequence == 1 { first.signal() }
                if round % 5 == 0, event.sequence == 4 { engine.destroy() }
            }
            var config = RtcEngineConfig(edge: edge, uid: UInt(round + 1))
            config.delegateQueue = queue
            guard let engine = try? RtcEngineKit(config: config, delegate: recorder) else {
                Issue.record("no engine")
                return
            }
            let stream = engine.events
            for _ in 0..<50 {
                engine.joinChannel(byToken: nil, channelId: "demo", uid: config.uid) { _, _, _ in }
                engine.leaveChannel { _ in }
            }
            first.wait()  // it is being told now
            if round % 3 == 0 { engine.delegate = nil }
            engine.joinChannel(byToken: nil, channelId: "demo", uid: config.uid)
            if round % 2 == 0 { queue.async { withExtendedLifetime(engine) {} } }
            if round % 7 == 0 { queue.async { engine.destroy() } }
            withExtendedLifetime(stream) {}
        }
        queue.sync(flags: .barrier) {}
        #expect(heard.with { $0 } >= 60)
    }

    @Test func thousandsOfEnginesNeedOneDescriptor() throws {
        let engines = try (0..<2000).map { _ in try RtcEngineKit(config: RtcEngineConfig(url: "rejoin://127.0.0.1:9")) }
        #expect(engines.count == 2000)
    }

    @Test func theSharedEngineIsOne() throws {
        let config = RtcEngineConfig(url: "rejoin://127.0.0.1:9")
        let recorder = Recorder()
        let engine = try RtcEngineKit.sharedEngine(with: config, delegate: recorder)
        #expect(try RtcEngineKit.sharedEngine(with: config, delegate: recorder) === engine)
        #expect(engine.delegate === recorder)
        var other = config
        other.uid = 5
        #expect(error { _ = try RtcEngineKit.sharedEngine(with: other) }?.code == .invalidState)
        RtcEngineKit.destroy()
        RtcEngineKit.destroy()
        #expect(engine.leaveChannel() == StatusCode.notInitialized.rawValue)
        let next = try RtcEngineKit.sharedEngine(with: other)
        #expect(next !== engine)
        next.destroy()  // this way too
        #expect(try RtcEngineKit.sharedEngine(with: config) !== next)
        RtcEngineKit.destroy()
    }
}
