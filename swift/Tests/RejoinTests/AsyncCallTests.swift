// Calls that wait for what comes of them.
import Dispatch
import Testing

@testable import Rejoin

@Suite struct AsyncCallTests {
    private let queue = DispatchQueue(label: "test")

    private func engine(_ edge: Edge, appId: String = "", uid: UInt = 1) throws -> RtcEngineKit {
        var config = RtcEngineConfig(edge: edge, appId: appId, uid: uid)
        config.delegateQueue = queue
        return try RtcEngineKit(config: config)
    }

    private func failure(_ body: () async throws -> Void) async -> (any Error)? {
        do {
            try await body()
            return nil
        } catch {
            return error
        }
    }

    @Test func aRefusedJoinThrowsItsReason() async throws {  // S-6
        var config = EdgeConfig()
        config.apps = [.init(id: "known"), .init(id: "signed", certificate: "secret")]
        let edge = try Edge(config)
        let stranger = try engine(edge, appId: "stranger")
        let refused = await failure { try await stranger.join(channel: "demo") } as? RejoinError
        #expect(refused?.reason == .invalidAppId)
        #expect(refused?.code == .refused)
        #expect(refused?.description.contains("invalid app id") == true)
        #expect(stranger.getConnectionState() == .failed)

        let tokenless = try engine(edge, appId: "signed")
        let denied = await failure { try await tokenless.join(channel: "demo", token: "007") } as? RejoinError
        #expect(denied?.reason == .invalidToken)

        try await engine(edge, appId: "known").join(channel: "demo")
    }

    @Test func aCallThatFailsThrowsCodeArgumentAndRule() async throws {  // S-2 S-4
        let edge = try Edge()
        let engine = try engine(edge)
        let long = String(repeating: "x", count: 65)
        let name = await failure { try await engine.join(channel: long) } as? RejoinError
        #expect(name?.code == .invalidChannelName && name?.argument == "channel" && name?.reason == nil)
        #expect(name?.text.contains("65") == true && name?.text.contains("64") == true)
        let uid = await failure { try await engine.join(channel: "demo", uid: 1 << 32) } as? RejoinError
        #expect(uid?.code == .invalidUserId && uid?.argument == "uid")
        let token = await failure { try await engine.join(channel: "demo", token: "ü") } as? RejoinError
        #expect(token?.code == .invalidArgument && token?.argument == "token")
        try await engine.join(channel: "demo")
        let twice = await failure { try await engine.join(channel: "demo") } as? RejoinError
        #expect(twice?.code == .joinChannelRejected)
        #expect(engine.getConnectionState() == .connected)
    }

    @Test func leavingEndsAJoinThatWaits() async throws {  // S-26
        let engine = try unanswered()
        let joining = Task { try await engine.join(channel: "demo") }
        while engine.getConnectionState() != .connecting { await Task.yield() }
        try await engine.leave()
        let ended = await failure { _ = try await joining.value } as? RejoinError
        #expect(ended?.reason == .leaveChannel)
    }

    @Test func aCancelledJoinLeaves() async throws {
        let engine = try unanswered()
        let joining = Task { try await engine.join(channel: "demo") }
        while engine.getConnectionState() != .connecting { await Task.yield() }
        joining.cancel()
        let ended = await failure { _ = try await joining.value }
        #expect(ended is CancellationError)
        while engine.getConnectionState() != .disconnected { await Task.yield() }
        let never = Task {
            while !Task.isCancelled { await Task.yield() }
            try await engine.join(channel: "demo")
        }
        never.cancel()
        #expect(await failure { try await never.value } is CancellationError)
        #expect(engine.getConnectionState() == .disconnected)
    }

    @Test func destroyingEndsWhatWaits() async throws {
        let engine = try unanswered()
        let joining = Task { try await engine.join(channel: "demo") }
        while engine.getConnectionState() != .connecting { await Task.yield() }
        engine.destroy()
        let ended = await failure { _ = try await joining.value } as? RejoinError
        #expect(ended?.code == .notInitialized)
        let late = await failure { try await engine.join(channel: "demo") } as? RejoinError
        #expect(late?.code == .notInitialized)
        #expect(await failure { try await engine.leave() } as? RejoinError == .destroyed)
    }

    @Test func eachStayAnswersItsOwnCalls() async throws {
        let edge = try Edge()
        let engine = try engine(edge)
        for round in 1...20 {
            let joined = try await engine.join(channel: "room \(round)", uid: UInt(round))
            #expect(joined.channel == "room \(round)" && joined.uid == UInt(round))
            #expect(try await engine.leave() != nil)
        }
        #expect(try edge.counters().joins == 20)
    }

    /// An engine that nobody answers.
    private func unanswered() throws -> RtcEngineKit {
        var config = RtcEngineConfig(url: "rejoin://127.0.0.1:9", uid: 1)
        config.delegateQueue = queue
        return try RtcEngineKit(config: config)
    }
}
