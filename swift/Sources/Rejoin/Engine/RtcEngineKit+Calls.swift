// The calls of an engine that have the shape of other SDKs, and what is known of it.
import CRejoin

extension RtcEngineKit {
    // MARK: - In and out of a channel

    /// Ask to join a channel. The outcome is heard as events (S-1 to S-7).
    ///
    /// - Parameters:
    ///   - token: printable ASCII, up to 4,096 characters; nil where the app is in testing mode.
    ///   - channel: its name, 1 to 64 bytes out of letters, digits, space and ``! # $ % & ( ) + - : ; < = . > ? @ [ ] ^
    ///     _ { } | ~ ,``.
    ///   - info: not used; here for those who come from another SDK.
    ///   - uid: 1 to 2^32-1; 0 lets the edge choose.
    ///   - joinSuccess: called on the delegate's queue right before the delegate hears `didJoinChannel`, once, and not
    ///     at all when the join fails.
    /// - Returns: 0, or -102 (the name), -121 (the uid), -2 (the token) (S-2), -17 in any state but disconnected
    ///   (S-4, S-5), -7 once destroyed; the text is in ``lastError``.
    @discardableResult
    public func joinChannel(
        byToken token: String?, channelId channel: String, info: String? = nil, uid: UInt,
        joinSuccess: (@Sendable (_ channel: String, _ uid: UInt, _ elapsed: Int) -> Void)? = nil
    ) -> Int32 {
        var end: Stays.JoinEnd?
        if let joinSuccess {
            end = { result in
                if case .success(let joined) = result { joinSuccess(joined.channel, joined.uid, joined.elapsed) }
            }
        }
        do throws(RejoinError) {
            _ = try beginJoin(channel, token, uid, end)
            return 0
        } catch {
            return status(of: error)
        }
    }

    /// Leave, or stop trying to join (S-25 to S-29). The state is ``ConnectionState/disconnected`` on return; the
    /// goodbye goes on in the background.
    ///
    /// - Parameter leaveBlock: called on the delegate's queue right before the delegate hears `didLeaveChannelWith`;
    ///   not called where there is nothing to leave (S-29).
    /// - Returns: 0, or -7 once destroyed; the text is in ``lastError``.
    @discardableResult
    public func leaveChannel(_ leaveBlock: (@Sendable (ChannelStats) -> Void)? = nil) -> Int32 {
        var end: Stays.LeaveEnd?
        if let leaveBlock {
            end = { result in
                if case .success(let stats) = result { leaveBlock(stats) }
            }
        }
        do throws(RejoinError) {
            _ = try beginLeave(end)
            return 0
        } catch {
            return status(of: error)
        }
    }

    // MARK: - While in it

    /// Give a new token (S-20 to S-23). In ``ConnectionState/connected`` it goes to the edge, and `renewTokenResult`
    /// tells what that said; else it is kept for the next attempt.
    ///
    /// - Parameter token: printable ASCII, 1 to 4,096 characters.
    /// - Returns: 0, or -2 (empty or malformed), -8 (failed for another reason than an expired token, and in dialect 3x
    ///   failed at all: S-22), -7 once destroyed; the text is in ``lastError``.
    @discardableResult
    public func renewToken(_ token: String) -> Int32 {
        call(names: ["token": "token"]) { client throws(RejoinError) in
            try checkedText(token, "token")
            return rj_client_renew_token(client, token)
        }
    }

    /// Ask for another role (S-31): `didClientRoleChanged` or `didClientRoleChangeFailed` tells. Before the join, and
    /// during an outage, it is kept for the next attempt.
    ///
    /// - Returns: 0, or -2 (not a role), -7 once destroyed; the text is in ``lastError``.
    @discardableResult
    public func setClientRole(_ role: ClientRole) -> Int32 {
        call(names: ["role": "role"]) { rj_client_set_client_role($0, role.rawValue) }
    }

    func call(
        names: [String: String], _ body: (OpaquePointer) throws(RejoinError) -> Int32
    ) -> Int32 {
        do throws(RejoinError) {
            let client = try living()
            let status = try body(client.pointer)
            if status < 0 { throw client.error(status, names: names) }
            return 0
        } catch {
            return status(of: error)
        }
    }

    // MARK: - What is known

    /// The state of the last `connectionChanged`, heard or not. Never waits or fails, also inside a delegate's
    /// method (S-24); a destroyed engine is disconnected.
    public func getConnectionState() -> ConnectionState {
        guard let client = live else { return .disconnected }
        return ConnectionState(rawValue: rj_client_connection_state(client.pointer))
    }

    /// The clock of the events' times: since the device started, time asleep included; in a simulation
    /// ``Simulation/now``.
    public var now: Duration { runtime.now }

    /// When the last proof came that the path works both ways, on the clock of ``now``. During an outage that is its
    /// start, which all of its times count from (SPEC section 2). nil: there was none yet, or it is destroyed.
    public var lastHeard: Duration? {
        guard let client = live else { return nil }
        let heard = rj_client_last_heard(client.pointer)
        return heard == 0 ? nil : .nanoseconds(heard)
    }

    /// The stay so far in numbers (SPEC section 8).
    ///
    /// - Throws: ``RejoinError`` with ``StatusCode/notInChannel`` in disconnected and failed, or
    ///   ``StatusCode/notInitialized``.
    public func stats() throws(RejoinError) -> ChannelStats {
        let client = try living()
        var stats = rj_stats()
        stats.size = UInt32(MemoryLayout<rj_stats>.size)
        let status = rj_client_stats(client.pointer, &stats)
        if status < 0 { throw client.error(status) }
        return ChannelStats(stats)
    }

    // MARK: - Beginning and ending stays

    /// Joins, and has `end` called when it is known what came of it. Returns the stay's number.
    func beginJoin(
        _ channel: String, _ token: String?, _ uid: UInt, _ end: Stays.JoinEnd?
    ) throws(RejoinError) -> UInt64 {
        try checkedText(channel, "channel", .invalidChannelName)
        try checkedText(token, "token")
        let uid = try checkedUid(uid)
        let result = inOrder { calls -> Result<UInt64, RejoinError> in
            guard let client = calls.handle else { return .failure(.destroyed) }
            let stay = calls.lastStay + 1
            // Before the call: what comes of it may be heard before it returns.
            if let end { withStays { $0.add(join: stay, channel: channel, end) } }
            let status = rj_client_join_channel(client.pointer, token, channel, uid)
            guard status == 0 else {
                if end != nil { withStays { $0.remove(join: stay) } }
                return .failure(client.error(status, names: ["token": "token"]))
            }
            calls.lastStay = stay
            return .success(stay)
        }
        return try result.get()
    }

    /// Leaves, and has `end` called when that was told; false: there was nothing to leave.
    ///
    /// - Parameter stay: only if it is still this one.
    func beginLeave(_ end: Stays.LeaveEnd?, stay: UInt64? = nil) throws(RejoinError) -> Bool {
        let result = inOrder { calls -> Result<Bool, RejoinError> in
            guard let client = calls.handle else { return .failure(.destroyed) }
            // Only a leave call gets there, and they come one at a time: so it does not change meanwhile.
            let isOut = rj_client_connection_state(client.pointer) == ConnectionState.disconnected.rawValue
            if isOut || stay ?? calls.lastStay != calls.lastStay { return .success(false) }
            if let end { withStays { $0.add(leave: calls.lastStay, end) } }
            let status = rj_client_leave_channel(client.pointer)
            return status < 0 ? .failure(client.error(status)) : .success(true)
        }
        return try result.get()
    }
}
