// The bus under a simulated edge, to be made worse.

/// How a simulated edge's way to the bus of its cluster misbehaves (``Edge/set(_:)``).
public struct BusFaults: Sendable, Hashable {
    /// From the edge to the bus, 1 ms at first. ``Link/Faults/corrupt``, ``Link/Faults/rate``, ``Link/Faults/queue`` and
    /// ``Link/Faults/mtu`` are no faults of a bus.
    public var up = Link.Faults(delay: .milliseconds(1))
    /// From the bus to the edge, 1 ms at first.
    public var down = Link.Faults(delay: .milliseconds(1))
    /// Messages pass only between edges whose side is the same: a partition, of which nobody tells them.
    public var side: UInt32 = 0
    /// The bus cannot be reached, and the edge knows it, as when the bus's own server is down.
    public var isGone = false

    /// All is well.
    public init() {}
}
