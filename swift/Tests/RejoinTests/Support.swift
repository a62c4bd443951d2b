// What the tests do again and again.
import Dispatch
import Foundation
import Testing

@testable import Rejoin

/// A delegate that keeps what it hears, and may do something in turn.
final class Recorder: RtcEngineDelegate {
    private let heard = Locked<[RtcEvent]>([])
    private let onEvent: @Sendable (RtcEngineKit, RtcEvent) -> Void

    init(_ onEvent: @escaping @Sendable (RtcEngineKit, RtcEvent) -> Void = { _, _ in }) {
        self.onEvent = onEvent
    }

    var events: [RtcEvent] { heard.with { $0 } }
    var kinds: [RtcEvent.Kind] { events.map(\.kind) }
    var names: [String] { events.map(\.name) }
    func clear() { heard.with { $0 = [] } }

    func rtcEngine(_ engine: RtcEngineKit, didReceive event: RtcEvent) {
        heard.with { $0.append(event) }
        onEvent(engine, event)
    }
}

/// The repository's root, for the files that all languages share.
let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

/// The rows of a macro in one of those files, such as RJ_NUMBER(STATE, CONNECTED, 3, "connected").
func rows(of macro: String, in path: String) throws -> [[String]] {
    let text = try String(contentsOf: repository.appendingPathComponent(path), encoding: .utf8)
    let rows = text.split(separator: "\n").filter { $0.hasPrefix(macro + "(") }
    return rows.map { row in
        row.dropFirst(macro.count + 1).dropLast().split(separator: ",", maxSplits: 3).map {
            $0.trimmingCharacters(in: CharacterSet(charactersIn: " \""))
        }
    }
}

/// Everybody joined and heard each other; the recorders are empty again.
func joined(_ sim: Simulation, _ engines: [RtcEngineKit], _ recorders: [Recorder]) throws {
    for engine in engines {
        #expect(engine.joinChannel(byToken: nil, channelId: "demo", uid: engine.config.uid) == 0)
    }
    try sim.run(for: .seconds(1))
    for engine in engines { #expect(engine.getConnectionState() == .connected) }
    recorders.forEach { $0.clear() }
}

/// The error that a call threw.
func error(of body: () throws -> Void) -> RejoinError? {
    do {
        try body()
        return nil
    } catch {
        return error as? RejoinError
    }
}
