// The options of an edge, and their form for C.
import CRejoin

/// The options of an ``Edge``. Zero and nil mean the default.
public struct EdgeConfig: Sendable, Hashable {
    /// An app that is welcome.
    public struct App: Sendable, Hashable {
        /// Up to 64 printable ASCII characters.
        public var id: String
        /// What its tokens are signed with, up to 256 bytes; nil: testing mode, tokens are not looked at.
        public var certificate: String?
        /// Taken beside the first, while one takes the other's place.
        public var secondCertificate: String?

        /// - Parameters:
        ///   - id: up to 64 printable ASCII characters.
        ///   - certificate: nil: testing mode.
        ///   - secondCertificate: taken beside the first.
        public init(id: String, certificate: String? = nil, secondCertificate: String? = nil) {
            self.id = id
            self.certificate = certificate
            self.secondCertificate = secondCertificate
        }
    }

    /// What an edge takes at most; 0: the default.
    public struct Limits: Sendable, Hashable {
        /// Members of all channels.
        public var sessions: UInt32 = 0
        /// Members of one channel.
        public var channelMembers: UInt32 = 0
        /// Broadcasters of one channel in the live profile.
        public var channelBroadcasters: UInt32 = 0
        /// Handshakes under way; above it newcomers prove their address first.
        public var handshakes: UInt32 = 0
        /// Joins of one address (IPv6: of one /64) at once, and then in each second; loopback ones are not counted.
        public var joinsPerSecond: UInt32 = 0
        /// Joins of one address with a bad token at once, and then in each minute.
        public var badTokensPerMinute: UInt32 = 0
        /// New members of the whole edge at once, and then in each second.
        public var acceptsPerSecond: UInt32 = 0
        /// The limits of one address are those of loopback ones, too.
        public var countsLoopback = false

        /// The defaults.
        public init() {}
    }

    /// `udp://ADDRESS:PORT`, port 0 = a free one; nil: a free port on 127.0.0.1.
    public var listen: String?
    /// Where certificate, keys and kicks are kept, made when missing, this edge's alone; nil: made anew and kept in
    /// memory.
    public var dataDirectory: String?
    /// The apps that are welcome; none: any app id is, in testing mode.
    public var apps: [App] = []
    /// A regular expression that channel names must match in full; others are refused with
    /// ``ConnectionChangedReason/invalidChannelName``. nil: any.
    public var channelPattern: String?
    /// 0.001 to 1,000, as the clients'.
    public var timeScale = 1.0
    /// N-4; nil: 20 s, scaled.
    public var offline: Duration?
    /// N-7; nil: 10 s, scaled.
    public var emptyChannel: Duration?
    /// What it takes at most.
    public var limits = Limits()
    /// In a ``Simulation``: edges of one name are one cluster, whose members see each other over a bus
    /// (``Edge/set(_:)``). 1 to 64 letters, digits, - and _; nil: it is alone. A real edge is refused with
    /// ``StatusCode/notSupported``: the program rejoin-edge joins clusters (--cluster).
    public var cluster: String?

    /// The defaults.
    public init() {}
}

extension EdgeConfig {
    /// An edge of the library with these options.
    func makeEdge(_ runtime: Runtime) throws(RejoinError) -> OpaquePointer {
        try checkedText(listen, "listen")
        try checkedText(dataDirectory, "dataDirectory")
        try checkedText(channelPattern, "channelPattern")
        try checkedText(cluster, "cluster")
        for app in apps {
            try checkedText(app.id, "apps")
            try checkedText(app.certificate, "apps")
            try checkedText(app.secondCertificate, "apps")
        }
        let texts = CTexts()
        var options = rj_edge_options()
        options.size = UInt32(MemoryLayout<rj_edge_options>.size)
        options.app_count = UInt32(apps.count)
        options.listen = texts.text(listen)
        options.data_dir = texts.text(dataDirectory)
        options.app_ids = texts.list(apps.map(\.id))
        options.app_certificates = texts.list(optional: apps.map(\.certificate))
        options.app_second_certificates = texts.list(optional: apps.map(\.secondCertificate))
        options.channel_pattern = texts.text(channelPattern)
        options.time_scale = timeScale
        options.offline_ns = try timerNanoseconds(offline, "offline")
        options.empty_channel_ns = try timerNanoseconds(emptyChannel, "emptyChannel")
        options.max_sessions = limits.sessions
        options.max_channel_members = limits.channelMembers
        options.max_channel_broadcasters = limits.channelBroadcasters
        options.max_handshakes = limits.handshakes
        options.max_joins_per_second = limits.joinsPerSecond
        options.max_bad_tokens_per_minute = limits.badTokensPerMinute
        options.max_accepts_per_second = limits.acceptsPerSecond
        options.limit_loopback = limits.countsLoopback ? 1 : 0
        options.cluster = texts.text(cluster)
        var edge: OpaquePointer?
        let status = withExtendedLifetime(texts) { rj_edge_new(runtime.pointer, &options, &edge) }
        try check(status, rj_runtime_error_text(runtime.pointer), names: Self.names)
        return edge!
    }

    /// What the library's texts call an option, and what it is called here.
    private static let names = [
        "listen": "listen", "data_dir": "dataDirectory", "app_ids": "apps", "app_count": "apps", "app": "apps",
        "channel_pattern": "channelPattern", "time_scale": "timeScale", "offline_ns": "offline",
        "empty_channel_ns": "emptyChannel", "max_sessions": "limits.sessions",
        "max_channel_members": "limits.channelMembers",
        "max_channel_broadcasters": "limits.channelBroadcasters", "max_handshakes": "limits.handshakes",
        "cluster": "cluster",
    ]
}
