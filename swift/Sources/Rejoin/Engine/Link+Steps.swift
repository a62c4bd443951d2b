// Networks over time of an app's own making.
import CRejoin

extension Link {
    /// A moment at which a network changes (``Link/follow(_:repeatingEvery:)``).
    public struct Step: Sendable, Hashable {
        /// Since the profile began; ascending, the first is 0.
        public var at: Duration
        /// The faults from now on, from the engine to the edge.
        public var up: Faults
        /// The faults from now on, from the edge to the engine.
        public var down: Faults
        /// The client's own address changes now, to a network of this type, as by ``Link/changeAddress(_:)``; nil: it stays.
        public var move: NetworkType?
        /// Where it moves: for so long the old address works, too, 0 to 1 h.
        public var overlap: Duration

        /// A moment, and how the network is from then on; without faults where none are given.
        ///
        /// - Parameters:
        ///   - at: since the profile began.
        ///   - up: from the engine to the edge.
        ///   - down: from the edge to the engine.
        ///   - move: the type of the network that the client moves to; nil: it does not move.
        ///   - overlap: for so long the old address works, too.
        public init(
            at: Duration, up: Faults = Faults(), down: Faults = Faults(), move: NetworkType? = nil,
            overlap: Duration = .zero
        ) {
            self.at = at
            self.up = up
            self.down = down
            self.move = move
            self.overlap = overlap
        }
    }

    /// Let the link follow a network of one's own making from now on: steps that fall due one after the other, as
    /// ``follow(_:)`` does for a ready profile. Where a step moves and no other address is to be had, its faults count all
    /// the same.
    ///
    /// - Parameters:
    ///   - steps: up to 1,024; none: no profile any more.
    ///   - period: after which it begins anew, more than the last step's ``Step/at``; 0: the last step stays.
    /// - Throws: ``RejoinError`` with ``StatusCode/invalidArgument`` (the step, the field and its rule) or
    ///   ``StatusCode/notInitialized``.
    public func follow(_ steps: [Step], repeatingEvery period: Duration = .zero) throws(RejoinError) {
        let client = try engine.living()
        let count = steps.count
        let faults = UnsafeMutablePointer<rj_faults>.allocate(capacity: 2 * count)
        let taken = UnsafeMutablePointer<rj_network_step>.allocate(capacity: count)
        let list = UnsafeMutablePointer<UnsafePointer<rj_network_step>>.allocate(capacity: count)
        defer {
            faults.deallocate()
            taken.deallocate()
            list.deallocate()
        }
        for (index, step) in steps.enumerated() {
            let (up, down) = (faults + 2 * index, faults + 2 * index + 1)
            up.initialize(to: step.up.c())
            down.initialize(to: step.down.c())
            var c = rj_network_step()
            c.size = UInt32(MemoryLayout<rj_network_step>.size)
            c.moves = step.move == nil ? 0 : 1
            c.at_ns = step.at.wholeNanoseconds
            c.up = UnsafePointer(up)
            c.down = UnsafePointer(down)
            c.overlap_ns = step.overlap.wholeNanoseconds
            c.network = step.move?.rawValue ?? 0
            (taken + index).initialize(to: c)
            (list + index).initialize(to: UnsafePointer(taken + index))
        }
        let status = rj_client_follow_steps(
            client.pointer, list, UInt32(clamping: count), period.wholeNanoseconds)
        if status < 0 { throw client.error(status, names: Self.stepNames) }
    }

    private static let stepNames = names.merging(
        ["at_ns": "at", "overlap_ns": "overlap", "network": "move", "count": "steps", "repeat_ns": "period"]
    ) { _, own in own }
}
