// Real QUIC on loopback: which queue the delegate is called on, and in what order.
import Dispatch
import Testing

@testable import Rejoin

private let queueKey = DispatchSpecificKey<String>()

private func namedQueue(_ name: String, _ attributes: DispatchQueue.Attributes = []) -> DispatchQueue {
    let queue = DispatchQueue(label: name, attributes: attributes)
    queue.setSpecific(key: queueKey, value: name)
    return queue
}

/// Lives on the main actor, as view models do.
@MainActor private final class MainModel {
    var state = ConnectionState.disconnected
    var channel = ""
}

extension MainModel: @preconcurrency RtcEngineDelegate {
    func rtcEngine(
        _ engine: RtcEngineKit, connectionChangedTo state: ConnectionState, reason: ConnectionChangedReason
    ) { self.state = state }
    func rtcEngine(_ engine: RtcEngineKit, didJoinChannel channel: String, withUid uid: UInt, elapsed: Int) {
        self.channel = channel
    }
}

@Suite struct RealTests {
    @Test func theDelegateIsCalledOnItsQueueInOrder() async throws {  // R-3 R-4 S-3 S-25
        let edge = try Edge()
        let queues = Locked<Set<String>>([])
        let recorder = Recorder { _, _ in
            _ = queues.with { $0.insert(DispatchQueue.getSpecific(key: queueKey) ?? "another") }
        }
        var config = RtcEngineConfig(edge: edge, uid: 1)
        config.delegateQueue = namedQueue("of the app")
        let engine = try RtcEngineKit(config: config, delegate: recorder)
        let joined = try await engine.join(channel: "demo")
        #expect(joined.channel == "demo" && joined.uid == 1)
        #expect(engine.getConnectionState() == .connected)
        let stats = try await engine.leave()
        #expect(try #require(stats).packetsSent > 0)
        #expect(try await engine.leave() == nil)
        // The call that waited is answered before the delegate hears: let the queue come to its end.
        config.delegateQueue.sync {}
        #expect(
            recorder.names == [
                "connection_changed", "connection_changed", "did_join_channel", "connection_changed",
                "did_leave_channel",
            ])
        #expect(recorder.events.map(\.sequence) == [1, 2, 3, 4, 5])
        #expect(queues.with { $0 } == ["of the app"])
    }

    @Test func aConcurrentQueueHearsOneEventAtATime() async throws {
        let inside = Locked((now: 0, most: 0))
        let recorder = Recorder { _, _ in
            inside.with { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
            inside.with { $0.now -= 1 }
        }
        var config = RtcEngineConfig(url: "rejoin://127.0.0.1:9")
        config.delegateQueue = DispatchQueue(label: "concurrent", attributes: .concurrent)
        let engine = try RtcEngineKit(config: config, delegate: recorder)
        for _ in 0..<2000 {
            engine.joinChannel(byToken: nil, channelId: "demo", uid: 1)
            engine.leaveChannel()
        }
        engine.joinChannel(byToken: nil, channelId: "demo", uid: 1)
        try await engine.leave()
        config.delegateQueue.sync(flags: .barrier) {}
        #expect(inside.with { $0.most } == 1)
        #expect(recorder.events.map(\.sequence) == Array(1...6003))
    }

    @MainActor @Test func theMainQueueIsTheDefault() async throws {
        let edge = try Edge()
        let model = MainModel()
        let engine = try RtcEngineKit(config: RtcEngineConfig(edge: edge, uid: 1), delegate: model)
        let events = engine.events
        engine.joinChannel(byToken: nil, channelId: "demo", uid: 1)
        for await event in events where event.name == "did_join_channel" { break }
        await withCheckedContinuation { done in DispatchQueue.main.async { done.resume() } }
        #expect(model.state == .connected)
        #expect(model.channel == "demo")
        withExtendedLifetime(engine) {}
    }

    @Test func theClosuresOfCallsAreCalledOnceAndFirst() async throws {
        let edge = try Edge()
        let order = Locked<[String]>([])
        let recorder = Recorder { _, event in order.with { $0.append(event.name) } }
        var config = RtcEngineConfig(edge: edge)
        config.delegateQueue = namedQueue("of the app")
        let engine = try RtcEngineKit(config: config, delegate: recorder)
        let events = engine.events  // before the call: it has what comes from now on
        let status = engine.joinChannel(byToken: nil, channelId: "demo", info: "unused", uid: 0) {
            channel, uid, elapsed in
            let queue = DispatchQueue.getSpecific(key: queueKey) ?? "another"
            order.with { $0.append("joined \(channel) \(uid > 0) \(elapsed >= 0) \(queue)") }
        }
        #expect(status == 0)
        for await event in events where event.name == "did_join_channel" { break }
        let left = Waiter<ChannelStats>()
        #expect(engine.leaveChannel { left.end(.success($0)) } == 0)
        _ = try await left.value()
        #expect(engine.leaveChannel { _ in order.with { $0.append("left twice") } } == 0)
        config.delegateQueue.sync {}
        #expect(
            order.with { $0 } == [
                "connection_changed", "connection_changed", "joined demo true true of the app", "did_join_channel",
                "connection_changed", "did_leave_channel",
            ])
    }

    @Test func twoMembersHearEachOther() async throws {  // P-1 P-2
        let edge = try Edge()
        let queue = DispatchQueue(label: "members")
        var (one, two) = (RtcEngineConfig(edge: edge, uid: 1), RtcEngineConfig(edge: edge, uid: 2))
        one.delegateQueue = queue
        two.delegateQueue = queue
        let first = try RtcEngineKit(config: one)
        var second: RtcEngineKit? = try RtcEngineKit(config: two)
        let events = first.events
        try await first.join(channel: "demo")
        try await second?.join(channel: "demo")
        #expect(try edge.members(channel: "demo") == [1, 2])
        #expect(try edge.channels() == ["demo"])
        #expect(try #require(try edge.lastHeard(channel: "demo", uid: 2)) <= edge.now)
        second = nil  // the last reference: it leaves (S-30)
        for await event in events {
            if case .userOffline(let uid, let reason) = event.kind {
                #expect(uid == 2 && reason == .quit)
                break
            }
        }
        #expect(try first.stats().members == 0)
    }
}
