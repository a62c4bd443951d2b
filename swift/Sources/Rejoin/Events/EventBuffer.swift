// The events that one consumer of an event stream has not taken yet.

/// Between an engine, which puts events in, and one `AsyncStream`, which takes them. It outlives neither: the stream
/// holds it, the engine knows it weakly.
final class EventBuffer: Sendable {
    /// A consumer that falls behind further loses the oldest, and hears how many in their place.
    static let capacity = 100_000

    private struct Contents {
        var events: [RtcEvent?] = []
        var first = 0  // of those in `events` that are not taken yet
        var lost: (count: UInt64, last: RtcEvent)?
        var waiting: [CheckedContinuation<RtcEvent?, Never>] = []
        var isFinished = false

        var count: Int { events.count - first }

        mutating func takeFirst() -> RtcEvent? {
            guard first < events.count else { return nil }
            let event = events[first]
            events[first] = nil
            first += 1
            if first == events.count {
                events.removeAll(keepingCapacity: events.capacity <= 4096)
                first = 0
            } else if first >= 4096, first * 2 >= events.count {
                events.removeFirst(first)
                first = 0
            }
            return event
        }

        mutating func loseFirst() {
            guard let event = takeFirst() else { return }
            lost = ((lost?.count ?? 0) + 1, event)
        }

        mutating func next() -> RtcEvent? {
            guard let (count, last) = lost else { return takeFirst() }
            lost = nil
            return RtcEvent(sequence: last.sequence, time: last.time, kind: .eventsDropped(count: count))
        }
    }

    private let contents = Locked(Contents())

    func put(_ event: RtcEvent) {
        let waiting = contents.with { contents -> CheckedContinuation<RtcEvent?, Never>? in
            if contents.isFinished { return nil }
            if !contents.waiting.isEmpty { return contents.waiting.removeFirst() }
            if contents.count == Self.capacity { contents.loseFirst() }
            contents.events.append(event)
            return nil
        }
        waiting?.resume(returning: event)
    }

    /// Nothing comes any more; what is in can still be taken.
    func finish() {
        let waiting = contents.with { contents in
            contents.isFinished = true
            defer { contents.waiting = [] }
            return contents.waiting
        }
        waiting.forEach { $0.resume(returning: nil) }
    }

    /// The next event, as soon as there is one; nil when there will be none.
    func take() async -> RtcEvent? {
        await withCheckedContinuation { continuation in
            let (isOver, event) = contents.with { contents -> (Bool, RtcEvent?) in
                if let event = contents.next() { return (true, event) }
                if contents.isFinished { return (true, nil) }
                contents.waiting.append(continuation)
                return (false, nil)
            }
            if isOver { continuation.resume(returning: event) }
        }
    }

    /// The stream that takes from it. It ends when the engine goes, or the task that reads it is cancelled.
    func stream() -> AsyncStream<RtcEvent> {
        AsyncStream(unfolding: { await self.take() }, onCancel: { self.finish() })
    }
}
