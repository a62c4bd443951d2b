// An engine's network, to be made worse in each direction: simulated links and real sockets alike.
import CRejoin

/// An engine's way to its edge, to cut and to heal (``RtcEngineKit/link``). Any thread; datagrams that are on their way
/// stay on their way.
public struct Link: Sendable {
    /// How one direction misbehaves.
    public struct Faults: Sendable, Hashable {
        /// Nothing arrives.
        public var blackhole = false
        /// 0 to 1: the share of datagrams that is lost.
        public var loss = 0.0
        /// 0 to 60 s; on a real socket it comes on top.
        public var delay = Duration.zero

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

    /// Undo ``cut(_:)``; loss and delay stay.
    ///
    /// - Throws: ``RejoinError`` with ``StatusCode/notInitialized``.
    public func heal(_ direction: Direction = .both) throws(RejoinError) {
        try change(direction) { $0.blackhole = false }
    }

    /// Set all faults of a direction.
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
            for (side, faults) in [(Direction.up, wanted.up), (.down, wanted.down)] where direction.contains(side) {
                var c = rj_faults()
                c.size = UInt32(MemoryLayout<rj_faults>.size)
                c.blackhole = faults.blackhole ? 1 : 0
                c.loss = faults.loss
                c.delay_ns = faults.delay.wholeNanoseconds
                let status = rj_client_set_faults(client.pointer, side.rawValue, &c)
                if status < 0 { return .failure(client.error(status, names: Self.names)) }
            }
            settings = wanted
            return .success(())
        }
        try result.get()
    }

    private static let names = ["loss": "loss", "delay_ns": "delay"]
}

extension RtcEngineKit {
    /// The network between this engine and its edge.
    public var link: Link { Link(engine: self) }
}
