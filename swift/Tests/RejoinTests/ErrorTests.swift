// What bad input gets: the code, the argument and the rule.
import Testing

@testable import Rejoin

@Suite struct ErrorTests {
    private func config(_ change: (inout RtcEngineConfig) -> Void) throws -> RejoinError? {
        var config = RtcEngineConfig(url: "rejoin://127.0.0.1")
        change(&config)
        return error { _ = try RtcEngineKit(config: config) }
    }

    @Test func aBadOptionOfAnEngineIsNamed() throws {
        let cases: [(String, (inout RtcEngineConfig) -> Void)] = [
            ("urls", { $0.urls = [] }),
            ("urls", { $0.urls = ["http://example"] }),
            ("urls", { $0.urls = ["rejoin://a\0b"] }),
            ("appId", { $0.appId = String(repeating: "a", count: 65) }),
            ("fingerprint", { $0.fingerprint = "abc" }),
            ("role", { $0.role = .unknown(9) }),
            ("channelProfile", { $0.channelProfile = .unknown(9) }),
            ("dialect", { $0.dialect = .unknown(9) }),
            ("timeScale", { $0.timeScale = 5000 }),
            ("timers.beat", { $0.timers.beat = .seconds(-1) }),
            ("timers.lost", { $0.timers.lost = .zero }),
            ("timers.giveUp", { $0.timers.giveUp = .seconds(Int64.max) }),
        ]
        for (argument, change) in cases {
            let error = try #require(try config(change), "\(argument) was taken")
            #expect(error.code == .invalidArgument && error.argument == argument, "\(error)")
            #expect(error.text.contains("must") || error.text.contains("has") || error.text.contains("is"))
        }
        #expect(try config { $0.uid = 1 << 33 }?.code == .invalidUserId)
        #expect(try config { $0.caFile = "/nowhere/ca.pem" }?.argument == "caFile")
    }

    @Test func aBadOptionOfAnEdgeIsNamed() throws {
        let cases: [(String, (inout EdgeConfig) -> Void)] = [
            ("listen", { $0.listen = "tcp://1" }),
            ("apps", { $0.apps = [.init(id: String(repeating: "a", count: 65))] }),
            ("channelPattern", { $0.channelPattern = "(" }),
            ("timeScale", { $0.timeScale = -1 }),
            ("offline", { $0.offline = .seconds(-5) }),
            ("emptyChannel", { $0.emptyChannel = .seconds(Int64.max) }),
        ]
        for (argument, change) in cases {
            var config = EdgeConfig()
            change(&config)
            let error = try #require(error { _ = try Edge(config) }, "\(argument) was taken")
            #expect(error.code == .invalidArgument && error.argument == argument, "\(error)")
        }
        let edge = try Edge()
        var taken = EdgeConfig()
        taken.listen = "udp://" + edge.url.dropFirst("rejoin://".count)
        #expect(error { _ = try Edge(taken) }?.code == .refused)
    }

    @Test func callsThatReturnTellWhy() throws {  // S-2 S-4 S-23 S-31
        let sim = try Simulation()
        let engine = try sim.client(try sim.edge(), uid: 1)
        #expect(engine.lastError == nil)
        #expect(engine.joinChannel(byToken: nil, channelId: "ä", uid: 1) == -102)
        #expect(engine.lastError?.argument == "channel")
        #expect(engine.joinChannel(byToken: nil, channelId: "a\0b", uid: 1) == -102)
        #expect(engine.joinChannel(byToken: nil, channelId: "demo", uid: 1 << 32) == -121)
        #expect(engine.lastError?.argument == "uid")
        #expect(engine.joinChannel(byToken: String(repeating: "t", count: 4097), channelId: "demo", uid: 1) == -2)
        #expect(engine.lastError?.argument == "token")
        #expect(engine.renewToken("") == -2)
        #expect(engine.renewToken("a\0b") == -2)
        #expect(engine.setClientRole(.unknown(7)) == -2)
        #expect(engine.lastError?.argument == "role")
        #expect(engine.getConnectionState() == .disconnected)
        #expect(engine.joinChannel(byToken: nil, channelId: "demo", uid: 1) == 0)
        #expect(engine.joinChannel(byToken: nil, channelId: "demo", uid: 1) == -17)
        #expect(error { try engine.link.set(.init(loss: 2)) }?.argument == "loss")
        #expect(error { try engine.link.set(.init(delay: .seconds(61))) }?.argument == "delay")
        #expect(engine.link.up == .init(delay: .milliseconds(10)))
    }
}
