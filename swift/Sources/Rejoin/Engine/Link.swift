// An engine's network, to be made worse in each direction: simulated links and real sockets alike.
import CRejoin

/// An engine's way to its edge, to cut and to heal (``RtcEngineKit/link``). Any thread; datagrams that are on their way
/// stay on their way.
public struct Link: Sendable {
    /// How one direction misbehaves; 0 in a field: not in that way.
    ///
    /// A datagram meets the faults in the order blackhole, mtu, loss, rate, delay, duplicate, reorder, corrupt.
    public struct Faults: Sendable, Hashable {
        /// Nothing arrives.
        public var blackhole = false
        /// 0 to 1: the share of datagrams that is lost.
        public var loss = 0.0
        /// 0 to 60 s; on a real socket it comes on top.
        public var delay = Duration.zero
        /// 0 to 60 s: each datagram needs up to so much longer, evenly spread; none overtakes another by it.
        public var jitter = Duration.zero
        /// Losses come in runs of so many datagrams on average, up to 1,000,000; 0 or 1: each by itself. The share stays
        /// ``loss``.
        public var burst = 0.0
        /// 0 to 1: the share that arrives twice.
        public var duplicate = 0.0
        /// 0 to 1: the share that is held back by up to 100 ms, and overtaken.
        public var reorder = 0.0
        /// 0 to 1: the share that arrives with one bit turned over.
        public var corrupt = 0.0
        /// Bytes a second that the link carries, up to 2^30; 0: any number.
        public var rate: UInt64 = 0
        /// Bytes that wait for their turn at that rate, up to 2^30; what comes then is lost. 0: 65,536.
        public var queue: UInt32 = 0
        /// Bytes of the largest datagram that passes, up to 65,535; 0: any. Connections need 1,200.
        public var mtu: UInt32 = 0
        /// 0 to 1 h, ``Direction/up`` only: a NAT next to the client forgets its mapping when nothing went up for so long.
        /// Then what comes down is lost, until the next datagram up makes another mapping, with another port, as
        /// ``Link/rebindPort()``. What the link loses on its way up keeps no mapping. 0: it is never forgotten.
        public var natIdle = Duration.zero

        /// The faults that one needs most; the others are set by name.
        ///
        /// - Parameters:
        ///   - blackhole: nothing arrives.
        ///   - loss: 0 to 1.
        ///   - delay: 0 to 60 s.
        public init(blackhole: Bool = false, loss: Double = 0, delay: Duration = .zero) {
            self.blackhole = blackhole
            self.loss = loss
            self.delay = delay
        }
    }

    /// One direction, or both.
    public struct Direction: OptionSet, Sendable {
        /// The library's number.
        public let rawValue: Int32
        /// From the engine to the edge.
        public static let up = Direction(rawValue: Int32(RJ_DIRECTION_UP))
        /// From the edge to the engine.
        public static let down = Direction(rawValue: Int32(RJ_DIRECTION_DOWN))
        /// Both.
        public static let both: Direction = [.up, .down]

        /// The direction of a number.
        public init(rawValue: Int32) { self.rawValue = rawValue }
    }

    struct Settings {
        var up: Faults
        var down: Faults

        init(isSimulated: Bool) {
            up = Faults(delay: isSimulated ? .milliseconds(10) : .zero)
            down = up
        }
    }

    let engine: RtcEngineKit

    /// From the engine to the edge, as it is now.
    public var up: Faults { engine.faults.with { $0.up } }

    /// From the edge to the engine, as it is now.
    public var down: Faults { engine.faults.with { $0.down } }

    /// Let nothing through.
    ///
    /// - Throws: ``RejoinError`` with ``StatusCode/notInitialized``.
    public func cut(_ direction: Direction = .both) throws(RejoinError) {
        try change(direction) { $0.blackhole = true }
    }

    /// Undo ``cut(_:)``; the other faults stay.
    ///
    /// - Throws: ``RejoinError`` with ``StatusCode/notInitialized``.
    public func heal(_ direction: Direction = .both) throws(RejoinError) {
        try change(direction) { $0.blackhole = false }
    }

    /// Set all faults of a direction. ``Faults/natIdle`` of both is that of the way up.
    ///
    /// - Throws: ``RejoinError`` with ``StatusCode/invalidArgument`` (a value out of its range) or
    ///   ``StatusCode/notInitialized``.
    public func set(_ faults: Faults, _ direction: Direction = .both) throws(RejoinError) {
        try change(direction) { $0 = faults }
    }

    private func change(_ direction: Direction, _ body: (inout Faults) -> Void) throws(RejoinError) {
        let client = try engine.living()
        let result = engine.faults.with { settings -> Result<Void, RejoinError> in
            var wanted = settings
            if direction.contains(.up) { body(&wanted.up) }
            if direction.contains(.down) { body(&wanted.down) }
            if direction == .both { wanted.down.natIdle = .zero }
            for (side, faults) in [(Direction.up, wanted.up), (.down, wanted.down)] where direction.contains(side) {
                var c = faults.c()
                let status = rj_client_set_faults(client.pointer, side.rawValue, &c)
                if status < 0 { return .failure(client.error(status, names: Self.names)) }
            }
            settings = wanted
            return .success(())
        }
        try result.get()
    }

    static let names = [
        "loss": "loss", "delay_ns": "delay", "jitter_ns": "jitter", "burst": "burst", "duplicate": "duplicate",
        "reorder": "reorder", "corrupt": "corrupt", "rate": "rate", "queue": "queue", "mtu": "mtu",
        "nat_idle_ns": "natIdle",
    ]
}

extension Link.Faults {
    func c() -> rj_faults {
        var c = rj_faults()
        c.size = UInt32(MemoryLayout<rj_faults>.size)
        c.blackhole = blackhole ? 1 : 0
        c.loss = loss
        c.delay_ns = delay.wholeNanoseconds
        c.jitter_ns = jitter.wholeNanoseconds
        c.burst = burst
        c.duplicate = duplicate
        c.reorder = reorder
        c.corrupt = corrupt
        c.rate = rate
        c.queue = queue
        c.mtu = mtu
        c.nat_idle_ns = natIdle.wholeNanoseconds
        return c
    }
}

extension RtcEngineKit {
    /// The network between this engine and its edge.
    public var link: Link { Link(engine: self) }
}
