// One user in one channel at a time: an engine's life, its delegate, and how events get to it.
import CRejoin
import Dispatch

/// One user in one channel at a time, over real QUIC or in a ``Simulation``.
///
/// Make one for each channel connection. Calls return at once; what came of them is heard by the ``delegate`` and by
/// ``events``. The calls that have the shape of other SDKs return 0 or a negative ``StatusCode``, whose text is in
/// ``lastError``; the others throw a ``RejoinError``.
///
/// Any thread may use it, also inside a delegate's method. When the last reference goes, it leaves its channel (S-30).
public final class RtcEngineKit: Sendable {
    /// Events are told in turns of at most so many, so that other work of the queue gets its turn.
    private static let eventsInATurn = 256

    private enum Turn {
        case idle, waiting, running, runningAgain
    }

    /// What the telling of events needs.
    private struct Hearing {
        weak var delegate: (any RtcEngineDelegate)?
        var buffers: [WeakBuffer] = []
        var stays = Stays()
        var turn = Turn.idle
        var lastError: RejoinError?
    }

    private struct WeakBuffer {
        weak var buffer: EventBuffer?
    }

    /// What the calls that begin and end stays share: one at a time, so that a stay's number is its place in the queue.
    struct Calls {
        var handle: ClientHandle?
        var lastStay: UInt64 = 0
    }

    /// The options that it was made with.
    public let config: RtcEngineConfig

    let runtime: Runtime
    let faults: Locked<Link.Settings>
    private let calls: Locked<Calls>
    private let handle: Locked<ClientHandle?>
    private let hearing = Locked(Hearing())
    private let isSimulated: Bool

    // MARK: - Life

    /// Make an engine; nothing is sent before it joins.
    ///
    /// - Parameters:
    ///   - config: where to, as whom and how.
    ///   - delegate: who hears what happens; held weakly.
    /// - Throws: ``RejoinError`` with ``StatusCode/invalidArgument`` or ``StatusCode/invalidUserId`` (the option and
    ///   its rule), or ``StatusCode/resourceLimited``.
    public convenience init(config: RtcEngineConfig, delegate: (any RtcEngineDelegate)? = nil) throws(RejoinError) {
        try self.init(config, delegate, try Runtime.shared(), isSimulated: false)
    }

    init(
        _ config: RtcEngineConfig, _ delegate: (any RtcEngineDelegate)?, _ runtime: Runtime, isSimulated: Bool
    ) throws(RejoinError) {
        let handle = try config.makeClient(runtime)
        self.config = config
        self.runtime = runtime
        self.handle = Locked(handle)
        self.calls = Locked(Calls(handle: handle))
        self.faults = Locked(Link.Settings(isSimulated: isSimulated))
        self.isSimulated = isSimulated
        hearing.with { $0.delegate = delegate }
        runtime.add(handle.pointer, self)
    }

    deinit {
        hearing.with { $0.buffers }.forEach { $0.buffer?.finish() }
    }

    /// Leave the channel and end this engine, without events (S-30): nothing is delivered afterwards; in a
    /// delegate's method that call is the last. The event streams end, and what waits in ``join(channel:token:uid:)``
    /// throws. Never waits; a second time is nothing.
    ///
    /// Calls return ``StatusCode/notInitialized`` from now on, or throw it.
    public func destroy() {
        let taken = calls.with { calls -> ClientHandle? in
            defer { calls.handle = nil }
            return calls.handle
        }
        guard let taken else { return }
        handle.with { $0 = nil }
        rj_client_leave_channel(taken.pointer)  // at once, also while another thread is in a delegate's method
        let (buffers, giveUp) = hearing.with { ($0.buffers, $0.stays.giveUp()) }
        giveUp()
        buffers.forEach { $0.buffer?.finish() }
    }

    // MARK: - The shared one

    private static let shared = Locked<RtcEngineKit?>(nil)

    /// The one engine of apps that need one: made at the first call, the same from then on, until
    /// ``destroy()-type.method``.
    ///
    /// - Parameters:
    ///   - config: as for ``init(config:delegate:)``; later calls give an equal one.
    ///   - delegate: takes the place of the former one; held weakly.
    /// - Throws: ``RejoinError`` as ``init(config:delegate:)``; ``StatusCode/invalidState``: there is one with another
    ///   config.
    public static func sharedEngine(
        with config: RtcEngineConfig, delegate: (any RtcEngineDelegate)? = nil
    ) throws(RejoinError) -> RtcEngineKit {
        let result = shared.with { kept -> Result<RtcEngineKit, RejoinError> in
            if let engine = kept, engine.isAlive {
                guard engine.config == config else { return .failure(otherConfig) }
                engine.delegate = delegate
                return .success(engine)
            }
            do throws(RejoinError) {
                let engine = try RtcEngineKit(config: config, delegate: delegate)
                kept = engine
                return .success(engine)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private static let otherConfig = RejoinError(
        code: .invalidState, argument: "config",
        text: "the shared engine has another config; call RtcEngineKit.destroy() first")

    /// End the shared engine, if there is one, as ``destroy()-instance.method`` does; who still holds it gets
    /// ``StatusCode/notInitialized`` from its calls.
    public static func destroy() {
        let engine = shared.with { kept -> RtcEngineKit? in
            defer { kept = nil }
            return kept
        }
        engine?.destroy()
    }

    // MARK: - Calls into the library

    /// The delegate; held weakly. Setting it counts from the next event on.
    public var delegate: (any RtcEngineDelegate)? {
        get { hearing.with { $0.delegate } }
        set { hearing.with { $0.delegate = newValue } }
    }

    /// Why the last call failed that returned a negative number, on whatever thread; nil: none did.
    public var lastError: RejoinError? { hearing.with { $0.lastError } }

    /// 0, or the negative status of an error, which becomes ``lastError``.
    func status(of error: RejoinError?) -> Int32 {
        guard let error else { return 0 }
        hearing.with { $0.lastError = error }
        return error.code.rawValue
    }

    var isAlive: Bool { handle.with { $0 != nil } }

    /// The library's client. Kept while it is used, so that another thread's `destroy` does not take it away.
    var live: ClientHandle? { handle.with { $0 } }

    /// The same, or NOT_INITIALIZED.
    func living() throws(RejoinError) -> ClientHandle {
        guard let live else { throw .destroyed }
        return live
    }

    /// For the calls that begin and end stays, one at a time.
    func inOrder<Result>(_ body: (inout Calls) -> Result) -> Result { calls.with(body) }

    func withStays<Result>(_ body: (inout Stays) -> Result) -> Result { hearing.with { body(&$0.stays) } }

    // MARK: - Events on their way to the app

    /// A new consumer of events.
    func addBuffer() -> EventBuffer {
        let buffer = EventBuffer()
        hearing.with { hearing in
            hearing.buffers.removeAll { $0.buffer == nil }
            hearing.buffers.append(WeakBuffer(buffer: buffer))
        }
        if !isAlive { buffer.finish() }
        return buffer
    }

    /// Streams that somebody holds.
    var streamCount: Int { hearing.with { $0.buffers.count { $0.buffer != nil } } }

    /// Events wait: take them on the delegate's queue. Any thread.
    func look() {
        let isNew = hearing.with { hearing -> Bool in
            switch hearing.turn {
            case .idle:
                hearing.turn = .waiting
                return true
            case .running:
                hearing.turn = .runningAgain
                return false
            case .waiting, .runningAgain:
                return false
            }
        }
        if isNew { takeTurn() }
    }

    /// The engine is not kept meanwhile: once the app has let go of it, nothing more is told.
    private func takeTurn() {
        config.delegateQueue.async { [weak self] in
            self?.hearing.with { $0.turn = .running }
            let event = EventStorage()
            var left = Self.eventsInATurn
            while left > 0, self?.tellNext(event) == true { left -= 1 }
            self?.endTurn(hasMore: left == 0)
        }
    }

    private func endTurn(hasMore: Bool) {
        let isOver = hearing.with { hearing -> Bool in
            let isOver = hearing.turn == .running && !hasMore
            hearing.turn = isOver ? .idle : .waiting
            return isOver
        }
        if !isOver { takeTurn() }
    }

    /// Takes the next event and tells it to everybody; false: there is none.
    func tellNext(_ storage: EventStorage) -> Bool {
        guard let client = live, let event = storage.next(of: client) else { return false }
        let (delegate, buffers, end) = hearing.with { hearing in
            (hearing.delegate, hearing.buffers, hearing.stays.hear(event.kind))
        }
        for weakly in buffers { weakly.buffer?.put(event) }
        end?()
        guard let delegate, isAlive else { return true }
        delegate.rtcEngine(self, didReceive: event)
        if isAlive { event.kind.tell(delegate, self) }
        return true
    }
}

/// Where the library writes an event; used again for each of a turn, since it is large.
final class EventStorage {
    private let event = UnsafeMutablePointer<rj_event>.allocate(capacity: 1)

    init() {
        event.pointee.size = UInt32(MemoryLayout<rj_event>.size)
    }

    deinit { event.deallocate() }

    func next(of client: ClientHandle) -> RtcEvent? {
        rj_client_next_event(client.pointer, event) == 1 ? RtcEvent(event) : nil
    }
}
