// What an edge has and what it counted.
import CRejoin

/// What an edge has now, and what it counted since it was started or restarted. All but ``kicks`` are 0 while it is
/// down.
public struct EdgeCounters: Sendable, Hashable {
    /// Members now.
    public let members: Int
    /// Channels now.
    public let channels: Int
    /// Connections now.
    public let connections: Int
    /// Handshakes under way now.
    public let handshakes: Int
    /// Kicks in force now.
    public let kicks: Int
    /// Joins that were accepted.
    public let joins: UInt64
    /// Rejoins that were accepted.
    public let rejoins: UInt64
    /// Joins that took a uid over from elsewhere (S-16).
    public let takeovers: UInt64
    /// Members that left.
    public let leaves: UInt64
    /// Members that were silent for too long.
    public let drops: UInt64
    /// Members whose privilege was over.
    public let expiries: UInt64
    /// Members that were kicked.
    public let kicked: UInt64
    /// Joins that were refused.
    public let refusals: UInt64
    /// Joins that there was no room for.
    public let busy: UInt64
    /// Connections closed for errors of the protocol.
    public let protocolErrors: UInt64
    /// Datagrams that came.
    public let datagramsIn: UInt64
    /// Datagrams that went.
    public let datagramsOut: UInt64
    /// Newcomers that had to prove their address first.
    public let retries: UInt64
    /// Stateless resets that were sent.
    public let resets: UInt64

    init(_ counts: rj_edge_counts) {
        members = Int(counts.members)
        channels = Int(counts.channels)
        connections = Int(counts.connections)
        handshakes = Int(counts.handshakes)
        kicks = Int(counts.kicks)
        joins = counts.joins
        rejoins = counts.rejoins
        takeovers = counts.takeovers
        leaves = counts.leaves
        drops = counts.drops
        expiries = counts.expiries
        kicked = counts.kicked
        refusals = counts.refusals
        busy = counts.busy
        protocolErrors = counts.protocol_errors
        datagramsIn = counts.datagrams_in
        datagramsOut = counts.datagrams_out
        retries = counts.retries
        resets = counts.resets
    }
}
