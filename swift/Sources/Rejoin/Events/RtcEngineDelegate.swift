// What an app hears of its engine, a method for each row of abi/events.def.

/// What an app hears of its ``RtcEngineKit``. Every method has a default that does nothing: write those that you need.
///
/// The methods are called on the queue of ``RtcEngineConfig/delegateQueue`` (the main queue by default), one after the
/// other and in the order in which things happened; the clients of a ``Simulation`` call them on the thread that
/// is in ``Simulation/run(for:)``. In a method every call on the engine is legal. The engine holds its delegate weakly.
///
/// A delegate hears from another thread than the one that made it, so it is `Sendable`. One that lives on the main
/// actor is, and conforms with `extension CallModel: @preconcurrency RtcEngineDelegate`.
///
/// `elapsed` is always in milliseconds since the join call, unless it says otherwise; a uid is 1 to 2^32-1.
public protocol RtcEngineDelegate: AnyObject, Sendable {
    /// Every event, right before its own method: with its sequence number and time, for logs and tests.
    func rtcEngine(_ engine: RtcEngineKit, didReceive event: RtcEvent)

    /// The state or its reason changed (R-2; SPEC sections 1 and 3).
    func rtcEngine(
        _ engine: RtcEngineKit, connectionChangedTo state: ConnectionState, reason: ConnectionChangedReason)

    /// In the channel (S-3). `uid` is the one asked for, or the edge's choice.
    func rtcEngine(_ engine: RtcEngineKit, didJoinChannel channel: String, withUid uid: UInt, elapsed: Int)

    /// In the channel again after an outage (S-13). `elapsed`: in dialect 3x since ``ConnectionState/reconnecting``.
    func rtcEngine(_ engine: RtcEngineKit, didRejoinChannel channel: String, withUid uid: UInt, elapsed: Int)

    /// Out of the channel, because the app left (S-25 to S-28).
    func rtcEngine(_ engine: RtcEngineKit, didLeaveChannelWith stats: ChannelStats)

    /// The stay so far, every 2 s (N-8); only where ``RtcEngineConfig/stats`` asks for it.
    func rtcEngine(_ engine: RtcEngineKit, reportRtcStats stats: ChannelStats)

    /// 10 s of silence, once per outage (N-3, S-7, S-11). Nothing is to be done: rejoining goes on.
    func rtcEngineConnectionDidLost(_ engine: RtcEngineKit)

    /// The token ran out and the stay failed (S-6, S-18). Get a new one; then leave and join with it, or in dialect 4x
    /// ``RtcEngineKit/renewToken(_:)`` (S-22).
    func rtcEngineRequestToken(_ engine: RtcEngineKit)

    /// A peer is there: it came, or was there before (S-3, P-1, P-5).
    func rtcEngine(_ engine: RtcEngineKit, didJoinedOfUid uid: UInt, elapsed: Int)

    /// A peer is not there any more: it left, was not heard for 20 s, or became audience (P-2, P-4, P-6, P-8).
    func rtcEngine(_ engine: RtcEngineKit, didOfflineOfUid uid: UInt, reason: UserOfflineReason)

    /// The edge has not heard a peer for 4 s (P-11); only where ``RtcEngineConfig/peerInterruptions`` asks for it.
    func rtcEngine(_ engine: RtcEngineKit, didInterruptedOfUid uid: UInt)

    /// The edge hears an interrupted peer again (P-11).
    func rtcEngine(_ engine: RtcEngineKit, didResumedOfUid uid: UInt)

    /// The privilege to join ends in 30 s or less (S-17): get a new token and give it to
    /// ``RtcEngineKit/renewToken(_:)``. `token` is the one that ends.
    func rtcEngine(_ engine: RtcEngineKit, tokenPrivilegeWillExpire token: String)

    /// What the edge said to a new token (S-20). Not ``RenewTokenCode/ok``: the old one stays in force.
    func rtcEngine(_ engine: RtcEngineKit, renewTokenResult token: String, code: RenewTokenCode)

    /// The device uses another kind of network (S-10).
    func rtcEngine(_ engine: RtcEngineKit, networkTypeChangedTo type: NetworkType)

    /// The edge granted another role (S-31).
    func rtcEngine(_ engine: RtcEngineKit, didClientRoleChanged oldRole: ClientRole, newRole: ClientRole)

    /// The edge did not grant `role`, and why (S-31). The state stays as it is.
    func rtcEngine(
        _ engine: RtcEngineKit, didClientRoleChangeFailed reason: ConnectionChangedReason, role: ClientRole)

    /// A message of a peer, 1 to 1,024 bytes (D-3).
    func rtcEngine(_ engine: RtcEngineKit, receiveStreamMessageFromUid uid: UInt, streamId: Int, data: [UInt8])

    /// Messages of a peer's stream that will not come (D-5); `missed` 0: not known how many.
    func rtcEngine(
        _ engine: RtcEngineKit, didOccurStreamMessageErrorFromUid uid: UInt, streamId: Int, missed: UInt64)

    /// So many messages and statistics were thrown away, since the queue was not served in time.
    func rtcEngine(_ engine: RtcEngineKit, didDropEvents count: UInt64)

    /// An attempt to join or rejoin; only where ``RtcEngineConfig/attempts`` asks for it. `number` counts from 1 in
    /// each stay; `nextDelay` is the time until the next one, nil: none is planned.
    func rtcEngine(
        _ engine: RtcEngineKit, didAttempt number: Int, outcome: AttemptOutcome, nextDelay: Duration?)
}

// The defaults do nothing; what they would do is said above.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension RtcEngineDelegate {
    public func rtcEngine(_ engine: RtcEngineKit, didReceive event: RtcEvent) {}
    public func rtcEngine(
        _ engine: RtcEngineKit, connectionChangedTo state: ConnectionState, reason: ConnectionChangedReason
    ) {}
    public func rtcEngine(
        _ engine: RtcEngineKit, didJoinChannel channel: String, withUid uid: UInt, elapsed: Int
    ) {}
    public func rtcEngine(
        _ engine: RtcEngineKit, didRejoinChannel channel: String, withUid uid: UInt, elapsed: Int
    ) {}
    public func rtcEngine(_ engine: RtcEngineKit, didLeaveChannelWith stats: ChannelStats) {}
    public func rtcEngine(_ engine: RtcEngineKit, reportRtcStats stats: ChannelStats) {}
    public func rtcEngineConnectionDidLost(_ engine: RtcEngineKit) {}
    public func rtcEngineRequestToken(_ engine: RtcEngineKit) {}
    public func rtcEngine(_ engine: RtcEngineKit, didJoinedOfUid uid: UInt, elapsed: Int) {}
    public func rtcEngine(_ engine: RtcEngineKit, didOfflineOfUid uid: UInt, reason: UserOfflineReason) {}
    public func rtcEngine(_ engine: RtcEngineKit, didInterruptedOfUid uid: UInt) {}
    public func rtcEngine(_ engine: RtcEngineKit, didResumedOfUid uid: UInt) {}
    public func rtcEngine(_ engine: RtcEngineKit, tokenPrivilegeWillExpire token: String) {}
    public func rtcEngine(_ engine: RtcEngineKit, renewTokenResult token: String, code: RenewTokenCode) {}
    public func rtcEngine(_ engine: RtcEngineKit, networkTypeChangedTo type: NetworkType) {}
    public func rtcEngine(
        _ engine: RtcEngineKit, didClientRoleChanged oldRole: ClientRole, newRole: ClientRole
    ) {}
    public func rtcEngine(
        _ engine: RtcEngineKit, didClientRoleChangeFailed reason: ConnectionChangedReason, role: ClientRole
    ) {}
    public func rtcEngine(
        _ engine: RtcEngineKit, receiveStreamMessageFromUid uid: UInt, streamId: Int, data: [UInt8]
    ) {}
    public func rtcEngine(
        _ engine: RtcEngineKit, didOccurStreamMessageErrorFromUid uid: UInt, streamId: Int, missed: UInt64
    ) {}
    public func rtcEngine(_ engine: RtcEngineKit, didDropEvents count: UInt64) {}
    public func rtcEngine(
        _ engine: RtcEngineKit, didAttempt number: Int, outcome: AttemptOutcome, nextDelay: Duration?
    ) {}
}

extension RtcEvent.Kind {
    /// Calls the method of this event.
    func tell(_ delegate: any RtcEngineDelegate, _ engine: RtcEngineKit) {
        switch self {
        case .connectionChanged(_, let state, let reason):
            delegate.rtcEngine(engine, connectionChangedTo: state, reason: reason)
        case .didJoinChannel(let channel, let uid, let elapsed):
            delegate.rtcEngine(engine, didJoinChannel: channel, withUid: uid, elapsed: elapsed)
        case .didRejoinChannel(let channel, let uid, let elapsed):
            delegate.rtcEngine(engine, didRejoinChannel: channel, withUid: uid, elapsed: elapsed)
        case .didLeaveChannel(let stats):
            delegate.rtcEngine(engine, didLeaveChannelWith: stats)
        case .stats(let stats):
            delegate.rtcEngine(engine, reportRtcStats: stats)
        case .connectionLost:
            delegate.rtcEngineConnectionDidLost(engine)
        case .requestToken:
            delegate.rtcEngineRequestToken(engine)
        case .userJoined(let uid, let elapsed):
            delegate.rtcEngine(engine, didJoinedOfUid: uid, elapsed: elapsed)
        case .userOffline(let uid, let reason):
            delegate.rtcEngine(engine, didOfflineOfUid: uid, reason: reason)
        case .userInterrupted(let uid):
            delegate.rtcEngine(engine, didInterruptedOfUid: uid)
        case .userResumed(let uid):
            delegate.rtcEngine(engine, didResumedOfUid: uid)
        case .tokenPrivilegeWillExpire(let token):
            delegate.rtcEngine(engine, tokenPrivilegeWillExpire: token)
        case .renewTokenResult(let token, let code):
            delegate.rtcEngine(engine, renewTokenResult: token, code: code)
        case .networkChanged(let type):
            delegate.rtcEngine(engine, networkTypeChangedTo: type)
        case .clientRoleChanged(let old, let role):
            delegate.rtcEngine(engine, didClientRoleChanged: old, newRole: role)
        case .clientRoleChangeFailed(let reason, let role):
            delegate.rtcEngine(engine, didClientRoleChangeFailed: reason, role: role)
        case .streamMessage(let uid, let streamId, let data):
            delegate.rtcEngine(engine, receiveStreamMessageFromUid: uid, streamId: streamId, data: data)
        case .streamMessageError(let uid, let streamId, let missed):
            delegate.rtcEngine(
                engine, didOccurStreamMessageErrorFromUid: uid, streamId: streamId, missed: missed)
        case .eventsDropped(let count):
            delegate.rtcEngine(engine, didDropEvents: count)
        case .attempt(let number, let outcome, let nextDelay):
            delegate.rtcEngine(engine, didAttempt: number, outcome: outcome, nextDelay: nextDelay)
        case .unknown:
            break  // didReceive has told it
        }
    }
}
