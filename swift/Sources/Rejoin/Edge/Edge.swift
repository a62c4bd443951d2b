// An edge: the server that clients join channels at.
import CRejoin

/// An edge, real (QUIC on a UDP socket, with a thread of its own) or in a ``Simulation``. Any thread may use it. A real one
/// stops as ``close()`` does when the last reference goes, a simulated one when its simulation goes.
public final class Edge: Sendable {
    /// For clients: "rejoin://127.0.0.1:40123"; a wildcard address shows as a loopback one.
    public let url: String
    /// SHA-256 of its certificate in hex: the clients' option ``RtcEngineConfig/fingerprint``.
    public let fingerprint: String

    private let handle: Locked<EdgeHandle?>
    private let runtime: Runtime

    /// Start a real edge.
    ///
    /// - Throws: ``RejoinError`` with ``StatusCode/invalidArgument`` (the option and its rule), ``StatusCode/refused``
    ///   (the address is in use or not ours), ``StatusCode/failed`` (certificate or key files) or
    ///   ``StatusCode/resourceLimited``.
    public convenience init(_ config: EdgeConfig = EdgeConfig()) throws(RejoinError) {
        try self.init(config, try Runtime())
    }

    init(_ config: EdgeConfig, _ runtime: Runtime) throws(RejoinError) {
        let pointer = try config.makeEdge(runtime)
        url = String(cString: rj_edge_url(pointer))
        fingerprint = String(cString: rj_edge_fingerprint(pointer))
        handle = Locked(EdgeHandle(pointer, runtime))
        self.runtime = runtime
    }

    /// Stop it: its members hear ``ConnectionChangedReason/keepAliveTimeout`` (S-9). A second time is nothing; other
    /// calls throw ``StatusCode/notInitialized`` from now on.
    public func close() {
        handle.with { $0 = nil }
    }

    var isClosed: Bool { handle.with { $0 == nil } }

    // MARK: - Who is there

    /// The names of an app's channels. An empty one is forgotten after 10 s (N-7).
    ///
    /// - Throws: ``RejoinError`` with ``StatusCode/invalidArgument`` or ``StatusCode/notInitialized``.
    public func channels(appId: String = "") throws(RejoinError) -> [String] {
        try checkedText(appId, "appId")
        let edge = try living()
        var bytes: [CChar] = []
        var length = 0
        repeat {
            bytes = [CChar](repeating: 0, count: length)
            let status = rj_edge_channels(edge.pointer, appId, &bytes, bytes.count, &length)
            if status < 0, status != StatusCode.bufferTooSmall.rawValue { throw edge.error(status) }
        } while length > bytes.count  // others came meanwhile
        return bytes.prefix(length).split(separator: 0).map { name in
            String(decoding: name.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }

    /// The uids of a channel's members, ascending; none where there is no such channel.
    ///
    /// - Throws: ``RejoinError`` with ``StatusCode/invalidChannelName``, ``StatusCode/invalidArgument`` (the app id) or
    ///   ``StatusCode/notInitialized``.
    public func members(channel: String, appId: String = "") throws(RejoinError) -> [UInt] {
        try checkedText(channel, "channel", .invalidChannelName)
        try checkedText(appId, "appId")
        let edge = try living()
        var uids: [UInt32] = []
        var count = 0
        repeat {
            uids = [UInt32](repeating: 0, count: count)
            let status = rj_edge_members(edge.pointer, appId, channel, &uids, uids.count, &count)
            if status < 0, status != StatusCode.bufferTooSmall.rawValue { throw edge.error(status) }
        } while count > uids.count
        return uids.prefix(count).map { UInt($0) }
    }

    /// When this edge last heard a member, on the clock of ``now``; nil: it is not a member. The others hear that it is
    /// offline 20 s after it (N-4, P-4).
    ///
    /// - Throws: ``RejoinError`` with ``StatusCode/invalidChannelName``, ``StatusCode/invalidUserId``,
    ///   ``StatusCode/invalidArgument`` (the app id) or ``StatusCode/notInitialized``.
    public func lastHeard(channel: String, uid: UInt, appId: String = "") throws(RejoinError) -> Duration? {
        try checkedText(channel, "channel", .invalidChannelName)
        try checkedText(appId, "appId")
        let uid = try checkedUid(uid, zero: false)
        let heard = rj_edge_last_heard(try living().pointer, appId, channel, uid)
        return heard == 0 ? nil : .nanoseconds(heard)
    }

    /// The clock of ``lastHeard(channel:uid:appId:)``.
    public var now: Duration { runtime.now }

    // MARK: - Kicks

    /// Remove every member that fits all that is named, now, and keep it out for a time. At least one of channel,
    /// uid and ip is named: channel and uid = that user there; uid = that user in all channels; channel = everyone
    /// there; ip = that address in all channels.
    ///
    /// The members get ``ConnectionChangedReason/bannedByServer`` and do not retry (S-15), the others see them quit
    /// (P-8). Kicks survive ``restart()`` and, with a data directory, the process.
    ///
    /// - Parameters:
    ///   - channel: 1 to 64 bytes of the channel alphabet.
    ///   - uid: 1 to 2^32-1.
    ///   - ip: numeric IPv4 or IPv6.
    ///   - duration: how long joins that fit are refused, up to 24 h; 0: not at all, they may join again at once.
    ///   - appId: the app's.
    /// - Returns: the kick's id; 0 where the duration is 0. The same once more keeps its id and gets the new time.
    /// - Throws: ``RejoinError`` with ``StatusCode/invalidArgument``, ``StatusCode/invalidChannelName``,
    ///   ``StatusCode/invalidUserId`` (the argument and its rule), ``StatusCode/resourceLimited`` (there are 1,000,000
    ///   kicks) or ``StatusCode/notInitialized``.
    @discardableResult
    public func kick(
        channel: String? = nil, uid: UInt? = nil, ip: String? = nil, for duration: Duration = .seconds(3600),
        appId: String = ""
    ) throws(RejoinError) -> UInt64 {
        try checkedText(channel, "channel", .invalidChannelName)
        try checkedText(ip, "ip")
        try checkedText(appId, "appId")
        let texts = CTexts()
        var kick = rj_kick()
        kick.size = UInt32(MemoryLayout<rj_kick>.size)
        if let uid { kick.uid = try checkedUid(uid, zero: false) }
        kick.app_id = texts.text(appId)
        kick.channel = texts.text(channel)
        kick.ip = texts.text(ip)
        kick.duration_ns = try kickNanoseconds(duration)
        let edge = try living()
        var id: UInt64 = 0
        let status = withExtendedLifetime(texts) { rj_edge_kick(edge.pointer, &kick, &id) }
        if status < 0 { throw edge.error(status) }
        return id
    }

    /// The kicks that are in force, oldest first.
    ///
    /// - Throws: ``RejoinError`` with ``StatusCode/notInitialized``.
    public func kicks() throws(RejoinError) -> [Kick] {
        let edge = try living()
        var kicks: [Kick] = []
        var info = rj_kick_info()
        info.size = UInt32(MemoryLayout<rj_kick_info>.size)
        while true {
            let status = rj_edge_next_kick(edge.pointer, kicks.last?.id ?? 0, &info)
            if status < 0 { throw edge.error(status) }
            if status == 0 { return kicks }
            kicks.append(withUnsafePointer(to: info) { Kick($0) })
        }
    }

    /// Let a kick last so long from now on, up to 24 h; 0 lifts it.
    ///
    /// - Throws: ``RejoinError`` with ``StatusCode/invalidArgument`` (there is no such kick, or it is over; the
    ///   duration) or ``StatusCode/notInitialized``.
    public func changeKick(_ id: UInt64, for duration: Duration) throws(RejoinError) {
        let nanoseconds = try kickNanoseconds(duration)
        let edge = try living()
        let status = rj_edge_change_kick(edge.pointer, id, nanoseconds)
        if status < 0 { throw edge.error(status) }
    }

    /// End a kick: whom it named may join again.
    ///
    /// - Throws: as ``changeKick(_:for:)``.
    public func liftKick(_ id: UInt64) throws(RejoinError) {
        try changeKick(id, for: .zero)
    }

    /// -1 is the library's default, not a time.
    private func kickNanoseconds(_ duration: Duration) throws(RejoinError) -> Int64 {
        guard duration >= .zero else {
            throw RejoinError(
                code: .invalidArgument, argument: "duration", text: "duration is \(duration); it must be 0 to 24 h")
        }
        return duration.wholeNanoseconds
    }

    // MARK: - How it does, and what may happen to it

    /// What it has now, and what it counted since it was started or restarted.
    ///
    /// - Throws: ``RejoinError`` with ``StatusCode/notInitialized``.
    public func counters() throws(RejoinError) -> EdgeCounters {
        let edge = try living()
        var counts = rj_edge_counts()
        counts.size = UInt32(MemoryLayout<rj_edge_counts>.size)
        let status = rj_edge_counters(edge.pointer, &counts)
        if status < 0 { throw edge.error(status) }
        return EdgeCounters(counts)
    }

    /// Empty it: from now on nobody new is let in, and the members that it has are told to move, spread evenly over
    /// the duration. One with other urls moves without a change of its state; one that finds no other edge stays. Once
    /// more begins anew; ``restart()`` ends it.
    ///
    /// - Parameter duration: 0, all at once, to 24 h.
    /// - Returns: how many members will be told.
    /// - Throws: ``RejoinError`` with ``StatusCode/invalidArgument`` (the duration), ``StatusCode/invalidState`` (it is
    ///   down) or ``StatusCode/notInitialized``.
    @discardableResult
    public func drain(over duration: Duration) throws(RejoinError) -> Int {
        let edge = try living()
        let status = rj_edge_drain(edge.pointer, duration.wholeNanoseconds)
        if status < 0 { throw edge.error(status) }
        return Int(status)
    }

    /// Die without a word: all but certificate, keys and kicks is lost, nothing answers.
    ///
    /// - Throws: ``RejoinError`` with ``StatusCode/invalidState`` (it is down already) or
    ///   ``StatusCode/notInitialized``.
    public func crash() throws(RejoinError) {
        let edge = try living()
        let status = rj_edge_crash(edge.pointer)
        if status < 0 { throw edge.error(status) }
    }

    /// Come back at the same address with the same certificate; one that is up stops first (SPEC section 5).
    ///
    /// - Throws: ``RejoinError`` with ``StatusCode/refused`` (the address is taken) or ``StatusCode/notInitialized``.
    public func restart() throws(RejoinError) {
        let edge = try living()
        let status = rj_edge_restart(edge.pointer)
        if status < 0 { throw edge.error(status) }
    }

    /// Let the edge stand still from now on, as a machine that is too busy: datagrams wait. After more than 1 s it reads
    /// them first, and nobody is dropped for the gap (SPEC section 2).
    ///
    /// - Parameter duration: more than 0; what was left of an earlier standstill does not count.
    /// - Throws: ``RejoinError`` with ``StatusCode/invalidArgument`` (the duration), ``StatusCode/invalidState`` (it is
    ///   down), ``StatusCode/notSupported`` (not in a simulation) or ``StatusCode/notInitialized``.
    public func pause(for duration: Duration) throws(RejoinError) {
        let edge = try living()
        let status = rj_edge_pause(edge.pointer, duration.wholeNanoseconds)
        if status < 0 { throw edge.error(status) }
    }

    /// Set how its way to the bus of its cluster misbehaves from now on, as a whole; also while it is down, and over
    /// ``restart()``.
    ///
    /// - Throws: ``RejoinError`` with ``StatusCode/invalidArgument`` (a value out of its range),
    ///   ``StatusCode/invalidState`` (it has no cluster), ``StatusCode/notSupported`` (not in a simulation) or
    ///   ``StatusCode/notInitialized``.
    public func set(_ faults: BusFaults) throws(RejoinError) {
        let edge = try living()
        var up = faults.up.c()
        var down = faults.down.c()
        let status = withUnsafePointer(to: &up) { up in
            withUnsafePointer(to: &down) { down in
                var c = rj_bus_faults()
                c.size = UInt32(MemoryLayout<rj_bus_faults>.size)
                c.gone = faults.isGone ? 1 : 0
                c.up = up
                c.down = down
                c.side = faults.side
                return rj_edge_set_bus_faults(edge.pointer, &c)
            }
        }
        if status < 0 { throw edge.error(status, names: Link.names) }
    }

    private func living() throws(RejoinError) -> EdgeHandle {
        guard let edge = handle.with({ $0 }) else { throw .destroyed }
        return edge
    }
}

/// An edge of the library; freed by whoever lets go last.
private final class EdgeHandle: @unchecked Sendable {
    let pointer: OpaquePointer
    private let runtime: Runtime

    init(_ pointer: OpaquePointer, _ runtime: Runtime) {
        self.pointer = pointer
        self.runtime = runtime
    }

    deinit { rj_edge_free(pointer) }

    func error(_ status: Int32, names: [String: String] = names) -> RejoinError {
        RejoinError(status: status, text: rj_edge_error_text(pointer), names: names)
    }

    private static let names = [
        "app_id": "appId", "channel": "channel", "ip": "ip", "duration_ns": "duration", "span_ns": "duration",
        "id": "id",
    ]
}
