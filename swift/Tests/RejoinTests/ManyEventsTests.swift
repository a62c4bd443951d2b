// Many events: none is lost, all in order, and memory stays what it was.
import Dispatch
import Foundation
import Testing

@testable import Rejoin

/// Counts, and checks that no sequence number is missing.
private final class Counter: RtcEngineDelegate {
    let state = Locked((last: UInt64(0), gaps: 0))

    func rtcEngine(_ engine: RtcEngineKit, didReceive event: RtcEvent) {
        state.with {
            if event.sequence != $0.last + 1 { $0.gaps += 1 }
            $0.last = event.sequence
        }
    }
}

@Suite struct ManyEventsTests {
    /// Resident memory in bytes; nil where there is no /proc, and under a sanitizer, which keeps what was freed.
    private var resident: Int? {
        if dlsym(UnsafeMutableRawPointer(bitPattern: 0), "__asan_init") != nil { return nil }
        if dlsym(UnsafeMutableRawPointer(bitPattern: 0), "__tsan_init") != nil { return nil }
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return nil }
        return text.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 4096 }
    }

    @Test func aHundredThousandEventsArriveAndMemoryStaysFlat() async throws {
        let counter = Counter()
        var config = RtcEngineConfig(url: "rejoin://127.0.0.1:9")
        config.delegateQueue = DispatchQueue(label: "many")
        let engine = try RtcEngineKit(config: config, delegate: counter)
        let stream = engine.events
        let reader = Task { await stream.reduce(into: UInt64(0)) { count, _ in count += 1 } }
        var before = 0
        for round in 0..<112 {
            for _ in 0..<299 {
                engine.joinChannel(byToken: nil, channelId: "nowhere", uid: 1)
                engine.leaveChannel()
            }
            engine.joinChannel(byToken: nil, channelId: "nowhere", uid: 1)
            try await engine.leave()  // so that the queue stays short
            if round == 12 { before = resident ?? 0 }
        }
        let after = resident ?? 0
        config.delegateQueue.sync {}
        #expect(counter.state.with { $0.last } == 112 * 900)
        #expect(counter.state.with { $0.gaps } == 0)
        engine.destroy()
        #expect(await reader.value == 112 * 900)
        #expect(after - before < 16 << 20, "grew by \((after - before) >> 10) KB")
    }
}
