// The options of a plan's edges and clients.
import Dispatch
import Rejoin

extension EdgeConfig {
    init(_ values: PlanValues) {
        self.init()
        apps = Self.apps(values.text("app") ?? "")
        channelPattern = values.text("channel_pattern")
        cluster = values.text("cluster")
        timeScale = values.real("time_scale") ?? 1
        offline = values.duration("offline_ns")
        emptyChannel = values.duration("empty_channel_ns")
        limits.sessions = values.number("sessions") ?? 0
        limits.channelMembers = values.number("channel_members") ?? 0
        limits.channelBroadcasters = values.number("channel_broadcasters") ?? 0
        limits.handshakes = values.number("handshakes") ?? 0
    }

    /// "id", "id:certificate" or "id:certificate:second", separated by commas.
    private static func apps(_ text: String) -> [App] {
        text.split(separator: ",").map { app in
            let parts = app.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
            return App(
                id: parts[0], certificate: parts.count > 1 ? parts[1] : nil,
                secondCertificate: parts.count > 2 ? parts[2] : nil)
        }
    }
}

extension RtcEngineConfig {
    init(_ values: PlanValues, edges: [Edge], queue: DispatchQueue) {
        self.init(
            urls: edges.map(\.url), appId: values.text("app_id") ?? "", uid: values.number("uid") ?? 0,
            fingerprint: edges.map(\.fingerprint).joined(separator: ","))
        role = values.number("role").map(ClientRole.init(rawValue:))
        channelProfile = values.number("profile").map(ChannelProfile.init(rawValue:)) ?? channelProfile
        dialect = values.number("dialect").map(Dialect.init(rawValue:)) ?? dialect
        timeScale = values.real("time_scale") ?? 1
        timers.beat = values.duration("beat_ns")
        timers.interrupted = values.duration("interrupted_ns")
        timers.lost = values.duration("lost_ns")
        timers.offline = values.duration("offline_ns")
        timers.giveUp = values.duration("give_up_ns")
        timers.tokenWarning = values.duration("token_warning_ns")
        timers.stats = values.duration("stats_ns")
        stats = values.isTrue("stats_events")
        peerInterruptions = values.isTrue("peer_interruptions")
        attempts = values.isTrue("attempts")
        delegateQueue = queue
    }
}
