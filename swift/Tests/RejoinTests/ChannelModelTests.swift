// The view model of the example, which SwiftUI shows on Apple's systems.
#if canImport(Observation)
    import Dispatch
    import Rejoin
    import Testing

    @testable import ChannelView

    @Suite struct ChannelModelTests {
        @MainActor @Test func itShowsWhatTheEngineTells() async throws {
            let edge = try Edge()
            let model = try ChannelModel(config: RtcEngineConfig(edge: edge, uid: 1))
            #expect(model.state == .disconnected)
            let following = Task { await model.follow() }
            await model.join("demo")
            while model.channel != "demo" { await Task.yield() }
            #expect(model.state == .connected && model.reason == .joinSuccess && model.problem == nil)
            let other = try ChannelModel(config: RtcEngineConfig(edge: edge, uid: 2))
            await other.join("demo")
            while model.peers != [2] { await Task.yield() }
            await other.leave()
            while !model.peers.isEmpty { await Task.yield() }
            await model.leave()
            while model.state != .disconnected { await Task.yield() }
            await model.join("ä")
            #expect(model.problem?.contains("channel") == true)
            following.cancel()
            await following.value
        }
    }
#endif
