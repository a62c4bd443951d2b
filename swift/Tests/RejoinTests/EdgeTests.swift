// The edge's own calls: kicks, counters, dying and coming back.
import Testing

@testable import Rejoin

@Suite struct EdgeTests {
    @Test func aKickRemovesNowAndKeepsOut() throws {  // A-1 A-2 S-15 P-8
        let sim = try Simulation()
        let edge = try sim.edge()
        let (first, second) = (Recorder(), Recorder())
        let one = try sim.client(edge, uid: 1, delegate: first)
        let two = try sim.client(edge, uid: 2, delegate: second)
        try joined(sim, [one, two], [first, second])
        let id = try edge.kick(channel: "demo", uid: 1, for: .seconds(100))
        try sim.run(for: .seconds(1))
        #expect(first.kinds == [.connectionChanged(old: .connected, state: .failed, reason: .bannedByServer)])
        #expect(second.kinds == [.userOffline(uid: 1, reason: .quit)])
        let kick = try #require(try edge.kicks().first)
        #expect(kick.id == id && kick.channel == "demo" && kick.uid == 1 && kick.ip == nil && kick.appId == "")
        #expect(kick.until == .seconds(101))
        try edge.changeKick(id, for: .seconds(5))
        #expect(try edge.kicks().first?.until == sim.now + .seconds(5))
        try edge.liftKick(id)
        #expect(try edge.kicks().isEmpty)
        #expect(error { try edge.liftKick(id) }?.argument == "id")
        #expect(error { try edge.kick() }?.code == .invalidArgument)
        #expect(error { try edge.kick(uid: 0) }?.code == .invalidUserId)
        #expect(error { try edge.kick(ip: "nowhere") }?.argument == "ip")
        #expect(error { try edge.kick(uid: 1, for: .seconds(-1)) }?.argument == "duration")
        #expect(error { try edge.kick(uid: 1, for: .seconds(86_401)) }?.argument == "duration")
        let counters = try edge.counters()
        #expect(counters.members == 1 && counters.joins == 2 && counters.kicked == 1 && counters.datagramsIn > 0)
    }

    @Test func anEdgeThatDiesAndComesBackIsRejoined() throws {  // S-9 S-13
        let sim = try Simulation(seed: 5)
        let edge = try sim.edge()
        let recorder = Recorder()
        let engine = try sim.client(edge, uid: 1, delegate: recorder)
        try joined(sim, [engine], [recorder])
        try edge.crash()
        #expect(error { try edge.crash() }?.code == .invalidState)
        try edge.restart()
        try sim.run(until: { recorder.names.contains("did_rejoin_channel") }, limit: .seconds(15))
        #expect(
            recorder.kinds.first == .connectionChanged(old: .connected, state: .reconnecting, reason: .keepAliveTimeout)
        )
        edge.close()
        edge.close()
        #expect(error { _ = try edge.counters() }?.code == .notInitialized)
        #expect(error { _ = try edge.channels() }?.code == .notInitialized)
        try sim.run(for: .seconds(1))
        #expect(engine.getConnectionState() == .reconnecting)
    }

    @Test func aSimulationKeepsItsEdgesUntilTheyAreClosed() throws {
        let sim = try Simulation()
        let config = RtcEngineConfig(edge: try sim.edge(), uid: 1)
        let engine = try sim.client(config: config)
        try joined(sim, [engine], [])
        weak var closed: Edge?
        do {
            let edge = try sim.edge()
            closed = edge
            edge.close()
        }
        _ = try sim.edge()
        #expect(closed == nil)
    }

    @Test func channelsAndMembersAreListed() throws {
        let sim = try Simulation()
        let edge = try sim.edge()
        let engines = try (1...40).map { try sim.client(edge, uid: UInt($0)) }
        for (index, engine) in engines.enumerated() {
            engine.joinChannel(byToken: nil, channelId: "room \(index % 3)", uid: engine.config.uid)
        }
        try sim.run(for: .seconds(1))
        #expect(try Set(edge.channels()) == ["room 0", "room 1", "room 2"])
        #expect(try edge.members(channel: "room 0") == Array(stride(from: 1, through: 40, by: 3)))
        #expect(try edge.members(channel: "nobody").isEmpty)
        #expect(try edge.channels(appId: "other").isEmpty)
        #expect(error { _ = try edge.members(channel: "") }?.code == .invalidChannelName)
        #expect(try edge.lastHeard(channel: "room 0", uid: 2) == nil)
    }

    @Test func theBusOfAClusterIsMadeWorse() throws {
        let sim = try Simulation()
        var config = EdgeConfig()
        config.cluster = "home"
        let edge = try sim.edge(config)
        var faults = BusFaults()
        #expect(faults.up.delay == .milliseconds(1) && faults.down.delay == .milliseconds(1))
        faults.up.loss = 0.5
        faults.side = 2
        faults.isGone = true
        try edge.set(faults)
        try edge.set(BusFaults())
        faults.down.mtu = 1500
        #expect(error { try edge.set(faults) }?.argument == "mtu")
        #expect(error { try sim.edge().set(BusFaults()) }?.code == .invalidState)
        edge.close()
        #expect(error { try edge.set(BusFaults()) }?.code == .notInitialized)
        #expect(error { _ = try Edge(config) }?.code == .notSupported)
        config.cluster = "a.b"
        #expect(error { _ = try sim.edge(config) }?.argument == "cluster")
    }
}
