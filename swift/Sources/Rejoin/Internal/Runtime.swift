// A runtime of the library, and the one source that tells which of its clients have events.
import CRejoin
import Dispatch

/// The handle alone: it goes when the last who needs it has let go, on that one's thread.
private final class RuntimeHandle: @unchecked Sendable {
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) { self.pointer = pointer }

    deinit { rj_runtime_free(pointer) }
}

/// An engine that may go.
struct WeakEngine {
    weak var engine: RtcEngineKit?
}

/// A real runtime with its thread, or a simulated one. Its clients and edges hold it, so it goes after them.
///
/// One DispatchSource on the runtime's event fd serves all of its clients: it says to each engine that has events that
/// it should look, and the engine takes them on its own queue. So no thread of the library runs Swift code, and
/// thousands of engines need one descriptor.
final class Runtime: @unchecked Sendable {
    private let handle: RuntimeHandle
    private let engines = Locked<[OpaquePointer: WeakEngine]>([:])
    private let source = Locked<DispatchSourceRead?>(nil)

    var pointer: OpaquePointer { handle.pointer }

    /// - Throws: INVALID_ARGUMENT (the wall clock), RESOURCE_LIMITED (memory, threads, descriptors).
    init(_ options: rj_runtime_options? = nil) throws(RejoinError) {
        var made: OpaquePointer?
        let status: Int32
        if var options {
            options.size = UInt32(MemoryLayout<rj_runtime_options>.size)
            status = rj_runtime_new(&options, &made)
        } else {
            status = rj_runtime_new(nil, &made)
        }
        try check(status, rj_runtime_error_text(nil), names: ["wall_ns": "wallClock"])
        handle = RuntimeHandle(made!)
    }

    deinit {
        // The descriptor is the runtime's: it stays until the source has let go of it.
        source.with { $0?.cancel() }
    }

    // MARK: - The one that all real engines share

    private static let sharedOne = Locked<Runtime?>(nil)

    /// Made when first asked for, and kept: freeing one waits for goodbyes.
    static func shared() throws(RejoinError) -> Runtime {
        let made = sharedOne.with { kept -> Result<Runtime, RejoinError> in
            if let kept { return .success(kept) }
            do throws(RejoinError) {
                let runtime = try Runtime()
                try runtime.watch()
                kept = runtime
                return .success(runtime)
            } catch {
                return .failure(error)
            }
        }
        return try made.get()
    }

    // MARK: - Who has events

    /// Have engines look from now on when they have events.
    private func watch() throws(RejoinError) {
        let fd = rj_runtime_event_fd(pointer)
        try check(fd, rj_runtime_error_text(pointer))
        let queue = DispatchQueue(label: "rejoin.events", qos: .userInitiated)
        let source = DispatchSource.makeReadSource(fileDescriptor: fd, queue: queue)
        source.setEventHandler { [weak self] in
            while let ready = self?.nextReady() { ready.engine?.look() }
        }
        source.setCancelHandler { [handle] in withExtendedLifetime(handle) {} }
        source.activate()
        self.source.with { $0 = source }
    }

    /// The engine of the next client with events; it may be gone meanwhile.
    func nextReady() -> WeakEngine? {
        var client: OpaquePointer?
        guard rj_runtime_next_ready(pointer, &client) == 1, let client else { return nil }
        return engines.with { $0[client] } ?? WeakEngine()
    }

    func add(_ client: OpaquePointer, _ engine: RtcEngineKit) {
        engines.with { $0[client] = WeakEngine(engine: engine) }
    }

    func forget(_ client: OpaquePointer) {
        engines.with { $0[client] = nil }
    }

    /// The runtime's clock: the one of every event's time.
    var now: Duration { .nanoseconds(rj_runtime_now(pointer)) }
}

/// A client of the library; freed by whoever lets go last, which leaves its channel (S-30).
final class ClientHandle: @unchecked Sendable {
    let pointer: OpaquePointer
    let runtime: Runtime

    init(_ pointer: OpaquePointer, _ runtime: Runtime) {
        self.pointer = pointer
        self.runtime = runtime
    }

    deinit {
        runtime.forget(pointer)  // before another client can get the address
        rj_client_free(pointer)
    }

    /// The error that a status of a call on this client is; right after the call.
    func error(_ status: Int32, names: [String: String] = [:]) -> RejoinError {
        RejoinError(status: status, text: rj_client_error_text(pointer), names: names)
    }
}
