// One event: what happened, when, and as which of its client's events.
import CRejoin

/// One event of an engine (SPEC section 10). The delegate hears the same ones, a method each.
public struct RtcEvent: Sendable, Hashable {
    /// 1, 2, 3 and so on for each engine, without gaps.
    public let sequence: UInt64
    /// When it happened, on the clock of ``RtcEngineKit/now``, which in a simulation is ``Simulation/now``.
    public let time: Duration
    /// What happened, with its fields.
    public let kind: Kind

    /// What happened. `elapsed` is in milliseconds since the join call; in ``didRejoinChannel(channel:uid:elapsed:)``
    /// in dialect 3x since ``ConnectionState/reconnecting`` (S-13).
    public enum Kind: Sendable, Hashable {
        /// The state or its reason changed.
        case connectionChanged(
            old: ConnectionState, state: ConnectionState, reason: ConnectionChangedReason)
        /// In the channel, with this uid (S-3).
        case didJoinChannel(channel: String, uid: UInt, elapsed: Int)
        /// In the channel again after an outage (S-13).
        case didRejoinChannel(channel: String, uid: UInt, elapsed: Int)
        /// Out of the channel, because the app left (S-25 to S-28).
        indirect case didLeaveChannel(stats: ChannelStats)
        /// The stay so far, every 2 s (N-8); only where ``RtcEngineConfig/stats`` asks for it.
        indirect case stats(ChannelStats)
        /// 10 s of silence, once per outage (N-3); rejoining goes on.
        case connectionLost
        /// The token ran out: get a new one (S-18).
        case requestToken
        /// A peer is there (P-1).
        case userJoined(uid: UInt, elapsed: Int)
        /// A peer is not there any more (P-2, P-4, P-6, P-8).
        case userOffline(uid: UInt, reason: UserOfflineReason)
        /// The edge has not heard a peer for 4 s (P-11); only where ``RtcEngineConfig/peerInterruptions`` asks for it.
        case userInterrupted(uid: UInt)
        /// The edge hears an interrupted peer again (P-11).
        case userResumed(uid: UInt)
        /// The privilege to join ends in 30 s or less (S-17).
        case tokenPrivilegeWillExpire(token: String)
        /// What the edge said to a new token (S-20).
        case renewTokenResult(token: String, code: RenewTokenCode)
        /// The device uses another kind of network (S-10).
        case networkChanged(NetworkType)
        /// The edge granted another role (S-31).
        case clientRoleChanged(old: ClientRole, role: ClientRole)
        /// The edge did not grant `role`, and why (S-31).
        case clientRoleChangeFailed(reason: ConnectionChangedReason, role: ClientRole)
        /// A message of a peer (D-3).
        case streamMessage(uid: UInt, streamId: Int, data: [UInt8])
        /// Messages of a peer that will not come (D-5); `missed` 0: not known how many.
        case streamMessageError(uid: UInt, streamId: Int, missed: UInt64)
        /// So many messages or statistics were thrown away, since nobody took them; of an event stream that fell
        /// behind: so many events (``RtcEngineKit/events``).
        case eventsDropped(count: UInt64)
        /// An attempt to join or rejoin; only where ``RtcEngineConfig/attempts`` asks for it. `nextDelay` nil: none is
        /// planned.
        case attempt(number: Int, outcome: AttemptOutcome, nextDelay: Duration?)
        /// An event that this version of the package does not know, by its number.
        case unknown(Int32)
    }

    init(sequence: UInt64, time: Duration, kind: Kind) {
        self.sequence = sequence
        self.time = time
        self.kind = kind
    }

    /// Its name in every language, such as "user_joined".
    public var name: String { String(cString: rj_event_name(kind.number)) }
}

extension RtcEvent {
    /// What the library wrote.
    init(_ event: UnsafePointer<rj_event>) {
        self.init(
            sequence: event.pointee.sequence, time: .nanoseconds(event.pointee.time_ns), kind: Kind(event))
    }
}

extension RtcEvent.Kind {
    // The numbers of rj_event_kind; a test holds both lists, and the delegate's methods, against abi/events.def.
    var number: Int32 {
        switch self {
        case .connectionChanged: return 1
        case .didJoinChannel: return 2
        case .didRejoinChannel: return 3
        case .didLeaveChannel: return 4
        case .stats: return 5
        case .connectionLost: return 6
        case .requestToken: return 7
        case .userJoined: return 8
        case .userOffline: return 9
        case .userInterrupted: return 10
        case .userResumed: return 11
        case .tokenPrivilegeWillExpire: return 12
        case .renewTokenResult: return 13
        case .networkChanged: return 14
        case .clientRoleChanged: return 15
        case .clientRoleChangeFailed: return 16
        case .streamMessage: return 17
        case .streamMessageError: return 18
        case .eventsDropped: return 19
        case .attempt: return 20
        case .unknown(let number): return number
        }
    }

    init(_ event: UnsafePointer<rj_event>) {
        switch event.pointee.kind {
        case 1:
            self = .connectionChanged(
                old: ConnectionState(rawValue: event.pointee.old_state),
                state: ConnectionState(rawValue: event.pointee.state),
                reason: ConnectionChangedReason(rawValue: event.pointee.reason))
        case 2: self = .didJoinChannel(channel: event.text, uid: event.uid, elapsed: event.elapsed)
        case 3: self = .didRejoinChannel(channel: event.text, uid: event.uid, elapsed: event.elapsed)
        case 4: self = .didLeaveChannel(stats: ChannelStats(event.pointee.stats))
        case 5: self = .stats(ChannelStats(event.pointee.stats))
        case 6: self = .connectionLost
        case 7: self = .requestToken
        case 8: self = .userJoined(uid: event.uid, elapsed: event.elapsed)
        case 9:
            self = .userOffline(uid: event.uid, reason: UserOfflineReason(rawValue: event.pointee.reason))
        case 10: self = .userInterrupted(uid: event.uid)
        case 11: self = .userResumed(uid: event.uid)
        case 12: self = .tokenPrivilegeWillExpire(token: event.text)
        case 13:
            self = .renewTokenResult(token: event.text, code: RenewTokenCode(rawValue: event.pointee.code))
        case 14: self = .networkChanged(NetworkType(rawValue: event.pointee.network))
        case 15:
            self = .clientRoleChanged(
                old: ClientRole(rawValue: event.pointee.old_role), role: ClientRole(rawValue: event.pointee.role))
        case 16:
            self = .clientRoleChangeFailed(
                reason: ConnectionChangedReason(rawValue: event.pointee.reason),
                role: ClientRole(rawValue: event.pointee.role))
        case 17: self = .streamMessage(uid: event.uid, streamId: event.streamId, data: event.data)
        case 18:
            self = .streamMessageError(uid: event.uid, streamId: event.streamId, missed: event.pointee.count)
        case 19: self = .eventsDropped(count: event.pointee.count)
        case 20:
            let delay = event.pointee.next_delay_ns
            self = .attempt(
                number: Int(event.pointee.attempt), outcome: AttemptOutcome(rawValue: event.pointee.outcome),
                nextDelay: delay < 0 ? nil : .nanoseconds(delay))
        default: self = .unknown(event.pointee.kind)
        }
    }
}

/// The fields of an event in Swift's types. The struct is large, so it is read where it lies.
extension UnsafePointer<rj_event> {
    fileprivate var uid: UInt { UInt(pointee.uid) }
    fileprivate var elapsed: Int { Int(pointee.elapsed_ms) }
    fileprivate var streamId: Int { Int(pointee.stream_id) }
    fileprivate var text: String { String(cString: rj_event_text(self)) }
    fileprivate var data: [UInt8] {
        let start = UnsafeRawPointer(rj_event_text(self))
        return [UInt8](UnsafeRawBufferPointer(start: start, count: Int(pointee.text_length)))
    }
}
