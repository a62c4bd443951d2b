// A network in virtual time: the real protocol and the real TLS, and twenty minutes pass in milliseconds.
import CRejoin

/// Edges and clients in a virtual network (SPEC, Simulation). Nothing moves but inside ``run(for:)`` and
/// ``run(until:limit:every:)``; the same seed gives the same events at the same times.
///
/// Delegates hear on the thread that runs the simulation, in the tick (1 ms) in which things happen, so what they do
/// in turn happens there and then. Any thread may run it, one at a time. It lives as long as something in it.
public final class Simulation: Sendable {
    /// What happens in a simulation happens at a tick.
    public static let tick = Duration.milliseconds(1)

    private let runtime: Runtime
    private let isRunning = Locked(false)
    private let edges = Locked<[Edge]>([])

    /// - Parameters:
    ///   - seed: decides everything random.
    ///   - wallClock: the wall clock at its start, since 1970; nil: now.
    /// - Throws: ``RejoinError`` with ``StatusCode/invalidArgument`` (a wall clock before 1970) or
    ///   ``StatusCode/resourceLimited``.
    public init(seed: UInt64 = 0, wallClock: Duration? = nil) throws(RejoinError) {
        var options = rj_runtime_options()
        options.simulated = 1
        options.seed = seed
        options.wall_ns = wallClock?.wholeNanoseconds ?? 0
        runtime = try Runtime(options)
    }

    // MARK: - What lives in it

    /// A new edge; its `listen` and data directory are not used. It stands until it is closed or the simulation goes.
    ///
    /// - Throws: ``RejoinError`` with ``StatusCode/invalidArgument``: the option and its rule.
    public func edge(_ config: EdgeConfig = EdgeConfig()) throws(RejoinError) -> Edge {
        let edge = try Edge(config, runtime)
        edges.with { edges in
            edges.removeAll { $0.isClosed }
            edges.append(edge)
        }
        return edge
    }

    /// A new client, with a link of its own that needs 10 ms in each direction.
    ///
    /// - Parameters:
    ///   - config: its delegate queue is not used.
    ///   - delegate: who hears what happens; held weakly.
    /// - Throws: ``RejoinError`` as ``RtcEngineKit/init(config:delegate:)``.
    public func client(
        config: RtcEngineConfig, delegate: (any RtcEngineDelegate)? = nil
    ) throws(RejoinError) -> RtcEngineKit {
        try RtcEngineKit(config, delegate, runtime, isSimulated: true)
    }

    /// The same at an edge of this simulation, with no more options.
    ///
    /// - Parameter uid: what ``RtcEngineKit/join(channel:token:uid:)`` takes when it is given none.
    public func client(
        _ edge: Edge, uid: UInt = 0, delegate: (any RtcEngineDelegate)? = nil
    ) throws(RejoinError) -> RtcEngineKit {
        try client(config: RtcEngineConfig(edge: edge, uid: uid), delegate: delegate)
    }

    // MARK: - Time

    /// Virtual time since its start.
    public var now: Duration { runtime.now }

    /// Let virtual time pass.
    ///
    /// - Throws: ``RejoinError`` with ``StatusCode/invalidArgument`` (a negative duration) or
    ///   ``StatusCode/invalidState``: it runs already, on another thread or around the delegate's method that this is
    ///   called in.
    public func run(for duration: Duration) throws(RejoinError) {
        _ = try advance(by: duration, every: nil) { false }
    }

    /// Let virtual time pass until `condition` is true. It is asked before anything moves, after each tick in which
    /// events came, and at the end.
    ///
    /// - Parameters:
    ///   - condition: what is waited for.
    ///   - limit: of virtual time.
    ///   - every: ask at least so often, for what changes without an event; 1 ms or more.
    /// - Throws: ``RejoinError`` with ``StatusCode/timedOut``: it was not true when the limit was reached; else as
    ///   ``run(for:)``.
    public func run(
        until condition: () -> Bool, limit: Duration = .seconds(3600), every: Duration? = nil
    ) throws(RejoinError) {
        if try !advance(by: limit, every: every, condition) {
            throw RejoinError(
                code: .timedOut, argument: "limit", text: "not so after \(limit) of virtual time; it is \(now) now")
        }
    }

    /// Set the wall clock forwards, or backwards, as an administrator does. Timers do not see it, nor what was turned into a
    /// duration before; what is checked anew, such as the token of the next join, does (SPEC sections 2 and 6).
    ///
    /// - Throws: ``RejoinError`` with ``StatusCode/invalidArgument``: the clock would leave the years 1970 to 2262.
    public func stepWallClock(by step: Duration) throws(RejoinError) {
        let status = rj_runtime_step_wall(runtime.pointer, step.wholeNanoseconds)
        try check(status, rj_runtime_error_text(runtime.pointer), names: ["step_ns": "step"])
    }

    private func advance(
        by duration: Duration, every: Duration?, _ isEnough: () -> Bool
    ) throws(RejoinError) -> Bool {
        guard duration >= .zero else {
            throw RejoinError(
                code: .invalidArgument, argument: "duration", text: "time cannot pass by \(duration)")
        }
        if let every, every < Self.tick {
            throw RejoinError(
                code: .invalidArgument, argument: "every",
                text: "every is \(every); nothing happens between two ticks of \(Self.tick)")
        }
        let wasRunning = isRunning.with { isRunning in
            defer { isRunning = true }
            return isRunning
        }
        if wasRunning {
            throw RejoinError(
                code: .invalidState, text: "this simulation runs already; it cannot run inside itself")
        }
        defer { isRunning.with { $0 = false } }
        let end = saturatingSum(rj_runtime_now(runtime.pointer), duration.wholeNanoseconds)
        let step = every?.wholeNanoseconds ?? .max
        tell()
        while !isEnough() {
            let now = rj_runtime_now(runtime.pointer)
            if now >= end { return false }
            let status = rj_runtime_run(runtime.pointer, min(end, saturatingSum(now, step)), 1)
            try check(status, rj_runtime_error_text(runtime.pointer))
            if status == 1 { tell() }
        }
        return true
    }

    /// Tells the events of this tick.
    private func tell() {
        let event = EventStorage()
        while let ready = runtime.nextReady() {
            while ready.engine?.tellNext(event) == true {}
        }
    }
}

private func saturatingSum(_ one: Int64, _ other: Int64) -> Int64 {
    let (sum, overflow) = one.addingReportingOverflow(other)
    return overflow ? .max : sum
}
