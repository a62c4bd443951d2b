// The closures and tasks that wait for what becomes of a join or a leave call.

/// Who waits for what, by stay.
///
/// Stays are numbered on both ends of the event queue: a join call that the library takes begins the next one, and so
/// does, where events are taken, each change away from disconnected. Both count the same stays, so an event finds the
/// call that it belongs to, however many calls came since.
struct Stays {
    typealias JoinEnd = @Sendable (Result<JoinedChannel, RejoinError>) -> Void
    typealias LeaveEnd = @Sendable (Result<ChannelStats, RejoinError>) -> Void

    private struct Join {
        let channel: String
        let end: JoinEnd
    }

    /// The stay that the events tell of.
    private var told: UInt64 = 0
    private var joins: [UInt64: Join] = [:]
    private var leaves: [UInt64: [LeaveEnd]] = [:]

    /// `end` is to be called when it is known what became of a stay's join.
    mutating func add(join stay: UInt64, channel: String, _ end: @escaping JoinEnd) {
        joins[stay] = Join(channel: channel, end: end)
    }

    /// The join call failed, so there is no such stay.
    mutating func remove(join stay: UInt64) {
        joins[stay] = nil
    }

    /// `end` is to be called when the stay's end is told.
    mutating func add(leave stay: UInt64, _ end: @escaping LeaveEnd) {
        leaves[stay, default: []].append(end)
    }

    /// What is to be called because of an event, before anybody else hears it.
    mutating func hear(_ kind: RtcEvent.Kind) -> (@Sendable () -> Void)? {
        switch kind {
        case .connectionChanged(let old, let state, let reason):
            if old == .disconnected { told += 1 }
            guard state == .failed || state == .disconnected else { return nil }
            guard let join = joins.removeValue(forKey: told) else { return nil }
            return { join.end(.failure(.joinEnded(join.channel, reason))) }
        case .didJoinChannel(let channel, let uid, let elapsed):
            guard let join = joins.removeValue(forKey: told) else { return nil }
            return { join.end(.success(JoinedChannel(channel: channel, uid: uid, elapsed: elapsed))) }
        case .didLeaveChannel(let stats):
            guard let ends = leaves.removeValue(forKey: told) else { return nil }
            return { ends.forEach { $0(.success(stats)) } }
        default:
            return nil
        }
    }

    /// Nothing will be heard any more: everybody is to be told.
    mutating func giveUp() -> @Sendable () -> Void {
        let joins = joins.values.map(\.end)
        let leaves = leaves.values.flatMap { $0 }
        self.joins = [:]
        self.leaves = [:]
        return {
            joins.forEach { $0(.failure(.destroyed)) }
            leaves.forEach { $0(.failure(.destroyed)) }
        }
    }
}

/// What a join came to.
public struct JoinedChannel: Sendable, Hashable {
    /// The channel's name.
    public let channel: String
    /// The uid asked for, or the edge's choice: 1 to 2^32-1.
    public let uid: UInt
    /// Milliseconds since the join call.
    public let elapsed: Int
}
