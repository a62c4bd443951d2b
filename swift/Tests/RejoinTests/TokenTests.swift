// Tokens: made, explained, and what an engine hears when its own ends.
import Testing

@testable import Rejoin

@Suite struct TokenTests {
    private let appId = "0123456789abcdef0123456789abcdef"
    private let start: UInt32 = 1_700_000_000

    @Test(arguments: [Token.Version.v007, .v006]) func whatIsBuiltIsExplained(_ version: Token.Version) throws {
        let token = try Token.build(
            appId: appId, certificate: "secret", channel: "demo", uid: 5, issuedAt: start, expire: 600,
            privileges: [.join: 60, .audio: 0], version: version)
        let info = try Token.inspect(
            token, certificate: "secret", channel: "demo", uid: 5, now: Int64(start) + 1)
        #expect(info.isValid && info.isSignatureValid == true && info.version == version, "\(info.reason)")
        #expect(info.appId == appId)
        #expect(info.privileges[.join] == .some(Int64(start) + 60))
        #expect(info.privileges[.audio] == .some(nil))
        #expect(version == .v006 || (info.channel == "demo" && info.uid == "5" && info.issuedAt == Int64(start)))
        let forged = try Token.inspect(token, certificate: "other", channel: "demo", uid: 5, now: Int64(start))
        #expect(!forged.isValid && forged.isSignatureValid == false)
        let nothing = try Token.inspect("nonsense", now: 0)
        #expect(nothing.version == nil && !nothing.isValid && !nothing.reason.isEmpty)
    }

    @Test func aBadPartIsNamed() {
        func build(_ appId: String, _ certificate: String, _ channel: String, _ uid: UInt) -> RejoinError? {
            error {
                _ = try Token.build(
                    appId: appId, certificate: certificate, channel: channel, uid: uid, issuedAt: start, expire: 1,
                    version: .v006)
            }
        }
        #expect(build("short", "secret", "demo", 1)?.argument == "appId")
        #expect(build(appId, "", "demo", 1)?.argument == "certificate")
        #expect(build(appId, "secret", "ä", 1)?.argument == "channel")
        #expect(build(appId, "secret", "demo", 1 << 40)?.code == .invalidUserId)
    }

    @Test func aTokenThatEndsIsRenewed() throws {  // S-17 S-18 S-20 S-22
        let sim = try Simulation(wallClock: .seconds(Int64(start)))
        var edgeConfig = EdgeConfig()
        edgeConfig.apps = [.init(id: appId, certificate: "secret")]
        let edge = try sim.edge(edgeConfig)
        let (appId, start) = (self.appId, self.start)
        let token = { @Sendable (seconds: UInt32) in
            (try? Token.build(
                appId: appId, certificate: "secret", channel: "demo", issuedAt: start, expire: 3600,
                privileges: [.join: seconds])) ?? ""
        }
        let recorder = Recorder { engine, event in
            if case .tokenPrivilegeWillExpire(let old) = event.kind {
                #expect(!old.isEmpty)
                if event.time < .seconds(60) { engine.renewToken(token(200)) }
            }
        }
        var config = RtcEngineConfig(edge: edge, appId: appId, uid: 1)
        config.dialect = .v4x
        let engine = try sim.client(config: config, delegate: recorder)
        engine.joinChannel(byToken: token(60), channelId: "demo", uid: 1)
        try sim.run(for: .seconds(300))
        #expect(
            recorder.names == [
                "connection_changed", "connection_changed", "did_join_channel", "token_privilege_will_expire",
                "renew_token_result", "token_privilege_will_expire", "connection_changed", "request_token",
            ])
        #expect(recorder.kinds[6] == .connectionChanged(old: .connected, state: .failed, reason: .tokenExpired))
        #expect(engine.renewToken(token(1000)) == 0)
        try sim.run(for: .seconds(1))
        #expect(recorder.kinds[8] == .connectionChanged(old: .failed, state: .connecting, reason: .renewToken))
        #expect(engine.getConnectionState() == .connected)
    }
}
