// The options of an engine, and their form for C.
import CRejoin
import Dispatch

/// The options of an ``RtcEngineKit``. Zero and nil mean the default.
public struct RtcEngineConfig: Sendable, Equatable {
    /// `rejoin://host[:port]` of 1 to 8 edges, tried in turn.
    public var urls: [String]
    /// Up to 64 printable ASCII characters.
    public var appId = ""
    /// What ``RtcEngineKit/join(channel:token:uid:)`` takes when it is given none: 1 to 2^32-1; 0: the edge chooses.
    public var uid: UInt = 0
    /// SHA-256 of the edge's certificate in hex, colons allowed (``Edge/fingerprint``); with several edges up to 8 of
    /// them, separated by commas. Without it the CAs are asked.
    public var fingerprint: String?
    /// A PEM file of the CAs that may have signed the edge's certificate; without it the system's.
    public var caFile: String?
    /// The kind of channel; another one than the channel's is refused with
    /// ``ConnectionChangedReason/rejectedByServer``.
    public var channelProfile = ChannelProfile.communication
    /// nil: ``ClientRole/broadcaster`` in the communication profile, ``ClientRole/audience`` in live broadcasting.
    public var role: ClientRole?
    /// Which reasons are told.
    public var dialect = Dialect.v3x
    /// What differs from the timers of SPEC section 2.
    public var timers = Timers()
    /// 0.001 to 1,000: multiplies all timers that are not given. Edge and clients need the same.
    public var timeScale = 1.0
    /// Tell ``RtcEvent/Kind/stats(_:)`` every 2 s (N-8).
    public var stats = false
    /// Tell ``RtcEvent/Kind/userInterrupted(uid:)`` and ``RtcEvent/Kind/userResumed(uid:)`` (P-11).
    public var peerInterruptions = false
    /// Tell ``RtcEvent/Kind/attempt(number:outcome:nextDelay:)``, for diagnosis.
    public var attempts = false
    /// A UDP socket for this engine alone instead of one that all share.
    public var ownSocket = false
    /// Where the delegate and the closures given to calls are called, and where the event streams are fed from: it must
    /// be served for anything to be heard. Not used in a ``Simulation``.
    public var delegateQueue = DispatchQueue.main

    /// The timers of a client that differ from the default, 1 ms to 30 days, not scaled; nil: the default, times
    /// ``RtcEngineConfig/timeScale``.
    public struct Timers: Sendable, Hashable {
        /// N-1, 1.3 s.
        public var beat: Duration?
        /// N-2, 4 s.
        public var interrupted: Duration?
        /// N-3, 10 s.
        public var lost: Duration?
        /// N-4, 20 s: as the edge's.
        public var offline: Duration?
        /// N-5, 20 min.
        public var giveUp: Duration?
        /// N-6, 30 s.
        public var tokenWarning: Duration?
        /// N-8, 2 s.
        public var stats: Duration?

        /// The defaults.
        public init() {}
    }

    /// - Parameters:
    ///   - urls: `rejoin://host[:port]` of 1 to 8 edges.
    ///   - appId: up to 64 printable ASCII characters.
    ///   - uid: see ``uid``.
    ///   - fingerprint: see ``fingerprint``.
    public init(urls: [String], appId: String = "", uid: UInt = 0, fingerprint: String? = nil) {
        self.urls = urls
        self.appId = appId
        self.uid = uid
        self.fingerprint = fingerprint
    }

    /// The same with one url.
    public init(url: String, appId: String = "", uid: UInt = 0, fingerprint: String? = nil) {
        self.init(urls: [url], appId: appId, uid: uid, fingerprint: fingerprint)
    }

    /// To an edge of this process, with its url and fingerprint.
    public init(edge: Edge, appId: String = "", uid: UInt = 0) {
        self.init(urls: [edge.url], appId: appId, uid: uid, fingerprint: edge.fingerprint)
    }

    /// Two are equal when every option is; queues are when they are the same one.
    public static func == (one: RtcEngineConfig, other: RtcEngineConfig) -> Bool {
        one.urls == other.urls && one.appId == other.appId && one.uid == other.uid
            && one.fingerprint == other.fingerprint && one.caFile == other.caFile
            && one.channelProfile == other.channelProfile && one.role == other.role
            && one.dialect == other.dialect && one.timers == other.timers && one.timeScale == other.timeScale
            && one.stats == other.stats && one.peerInterruptions == other.peerInterruptions
            && one.attempts == other.attempts && one.ownSocket == other.ownSocket
            && one.delegateQueue === other.delegateQueue
    }
}

extension RtcEngineConfig {
    /// A client of the library with these options.
    func makeClient(_ runtime: Runtime) throws(RejoinError) -> ClientHandle {
        for url in urls { try checkedText(url, "urls") }
        try checkedText(appId, "appId")
        try checkedText(fingerprint, "fingerprint")
        try checkedText(caFile, "caFile")
        _ = try checkedUid(uid)
        let texts = CTexts()
        var options = rj_client_options()
        options.size = UInt32(MemoryLayout<rj_client_options>.size)
        options.role = role?.rawValue ?? 0
        options.profile = channelProfile.rawValue
        options.dialect = dialect.rawValue
        options.app_id = texts.text(appId)
        options.url_count = UInt32(urls.count)
        options.own_socket = ownSocket ? 1 : 0
        options.fingerprint = texts.text(fingerprint)
        options.ca_file = texts.text(caFile)
        options.time_scale = timeScale
        options.stats = stats ? 1 : 0
        options.peer_interruptions = peerInterruptions ? 1 : 0
        options.attempts = attempts ? 1 : 0
        options.timers = try timers.c()
        var client: OpaquePointer?
        options.urls = texts.list(urls)
        let status = withExtendedLifetime(texts) { rj_client_new(runtime.pointer, &options, &client) }
        try check(status, rj_runtime_error_text(runtime.pointer), names: Self.names)
        return ClientHandle(client!, runtime)
    }

    /// What the library's texts call an option, and what it is called here.
    private static let names = [
        "urls": "urls", "url_count": "urls", "app_id": "appId", "fingerprint": "fingerprint", "ca_file": "caFile",
        "profile": "channelProfile", "role": "role", "dialect": "dialect", "time_scale": "timeScale",
        "own_socket": "ownSocket", "beat_ns": "timers.beat", "interrupted_ns": "timers.interrupted",
        "lost_ns": "timers.lost", "offline_ns": "timers.offline", "give_up_ns": "timers.giveUp",
        "token_warning_ns": "timers.tokenWarning", "stats_ns": "timers.stats",
    ]
}

extension RtcEngineConfig.Timers {
    fileprivate func c() throws(RejoinError) -> rj_client_timers {
        var timers = rj_client_timers()
        timers.beat_ns = try timerNanoseconds(beat, "timers.beat")
        timers.interrupted_ns = try timerNanoseconds(interrupted, "timers.interrupted")
        timers.lost_ns = try timerNanoseconds(lost, "timers.lost")
        timers.offline_ns = try timerNanoseconds(offline, "timers.offline")
        timers.give_up_ns = try timerNanoseconds(giveUp, "timers.giveUp")
        timers.token_warning_ns = try timerNanoseconds(tokenWarning, "timers.tokenWarning")
        timers.stats_ns = try timerNanoseconds(stats, "timers.stats")
        return timers
    }
}

/// A timer for C, where 0 is the default and so cannot be said.
func timerNanoseconds(_ timer: Duration?, _ argument: String) throws(RejoinError) -> Int64 {
    guard let timer else { return 0 }
    guard timer > .zero else {
        throw RejoinError(
            code: .invalidArgument, argument: argument,
            text: "\(argument) is \(timer); a timer is longer than 0, and nil is the default")
    }
    return timer.wholeNanoseconds
}
