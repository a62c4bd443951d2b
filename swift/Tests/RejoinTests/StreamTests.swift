// Event streams: several consumers, each with every event, and how they end.
import Dispatch
import Testing

@testable import Rejoin

@Suite struct StreamTests {
    private func collect(_ stream: AsyncStream<RtcEvent>) async -> [RtcEvent] {
        var events: [RtcEvent] = []
        for await event in stream { events.append(event) }
        return events
    }

    @Test func everyConsumerSeesEveryEvent() async throws {
        let sim = try Simulation(seed: 1)
        let edge = try sim.edge()
        let recorder = Recorder()
        let engine = try sim.client(edge, uid: 1, delegate: recorder)
        async let first = collect(engine.events)
        let stream = engine.events
        async let second = collect(stream)
        let unread = engine.events  // harms nobody
        // The first consumer's stream is made by its own task.
        while engine.streamCount < 3 { await Task.yield() }
        engine.joinChannel(byToken: nil, channelId: "demo", uid: 1)
        try sim.run(for: .seconds(1))
        engine.leaveChannel()
        try sim.run(for: .seconds(1))
        let late = engine.events
        engine.destroy()
        let (one, two) = await (first, second)
        #expect(one.count == 5)
        #expect(one == recorder.events && two == one)
        #expect(await collect(late).isEmpty)
        #expect(await collect(unread) == one)
        #expect(await collect(engine.events).isEmpty)  // of a destroyed one
    }

    @Test func aStreamEndsWithItsEngineAndDoesNotKeepIt() async throws {
        let sim = try Simulation()
        let edge = try sim.edge()
        var engine: RtcEngineKit? = try sim.client(edge, uid: 1)
        weak let gone = engine
        let stream = try #require(engine).events
        engine?.joinChannel(byToken: nil, channelId: "demo", uid: 1)
        try sim.run(for: .seconds(1))
        engine = nil
        #expect(gone == nil)
        #expect(await collect(stream).map(\.name) == ["connection_changed", "connection_changed", "did_join_channel"])
    }

    @Test func aCancelledConsumerEndsAndTheOthersGoOn() async throws {
        let sim = try Simulation()
        let edge = try sim.edge()
        let engine = try sim.client(edge, uid: 1)
        let stream = engine.events
        let reader = Task { await collect(stream) }
        let other = engine.events
        reader.cancel()
        _ = await reader.value
        engine.joinChannel(byToken: nil, channelId: "demo", uid: 1)
        try sim.run(for: .seconds(1))
        engine.destroy()
        #expect(await collect(other).count == 3)
    }

    @Test func streamsThatNobodyHoldsAreForgotten() throws {
        let sim = try Simulation()
        let engine = try sim.client(config: RtcEngineConfig(url: "rejoin://10.0.0.1"))
        for _ in 0..<1000 { _ = engine.events }
        #expect(engine.streamCount <= 1)
    }

    @Test func whoFallsBehindHearsHowMuchIsMissing() async {
        let buffer = EventBuffer()
        let count = UInt64(EventBuffer.capacity) + 5
        for sequence in 1...count {
            buffer.put(RtcEvent(sequence: sequence, time: .zero, kind: .userResumed(uid: 1)))
        }
        let first = await buffer.take()
        #expect(first?.kind == .eventsDropped(count: 5) && first?.sequence == 5)
        var next: UInt64 = 6
        while next <= count {
            #expect(await buffer.take()?.sequence == next)
            next += 1
        }
        buffer.finish()
        #expect(await buffer.take() == nil)
    }
}
