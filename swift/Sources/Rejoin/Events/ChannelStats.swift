// A stay in numbers.
import CRejoin

/// A stay in numbers, counted since the join (SPEC section 8).
public struct ChannelStats: Sendable, Hashable {
    /// In the channel, so far.
    public var duration: Duration = .zero
    /// Peers that are visible now.
    public var members = 0
    /// Times in ``ConnectionState/reconnecting``.
    public var outages = 0
    /// All outages together, each from its last proof that the path worked (``RtcEngineKit/lastHeard``).
    public var outageDuration: Duration = .zero
    /// Attempts to join and to rejoin.
    public var attempts = 0
    /// Smoothed; nil: not known yet.
    public var roundTrip: Duration?
    /// Of UDP payload.
    public var bytesSent: UInt64 = 0
    /// Of UDP payload.
    public var bytesReceived: UInt64 = 0
    /// Datagrams.
    public var packetsSent: UInt64 = 0
    /// Datagrams.
    public var packetsReceived: UInt64 = 0
    /// Datagrams of ours that did not arrive.
    public var packetsLost: UInt64 = 0

    init(_ stats: rj_stats) {
        duration = .nanoseconds(stats.duration_ns)
        members = Int(stats.members)
        outages = Int(stats.outages)
        outageDuration = .nanoseconds(stats.outage_ns)
        attempts = Int(stats.attempts)
        roundTrip = stats.round_trip_ns == 0 ? nil : .nanoseconds(stats.round_trip_ns)
        bytesSent = stats.bytes_sent
        bytesReceived = stats.bytes_received
        packetsSent = stats.packets_sent
        packetsReceived = stats.packets_received
        packetsLost = stats.packets_lost
    }
}
