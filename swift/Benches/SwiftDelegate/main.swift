// What an event costs on its way from the library's queue to a Swift delegate on its own queue (goal: at most 5 µs).
//
// usage: swift-delegate [EVENTS]      (default 1,000,000)
//
// The events are real ones: an engine joins a channel that nobody answers in and leaves it, 300 times while its queue
// stands still; then the queue goes on, and the time from the first to the last call of the delegate is taken. `./dev
// bench swift_delegate` shows the same through the C listener beside it (bench/dispatch.c).
import Dispatch
import Rejoin

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

let goal = 5.0  // microseconds
let pairs = 300  // joins and leaves in a batch: 3 events each

/// Notes when the first and the last event of a batch came. Only touched on the queue, and while it stands still.
final class Listener: RtcEngineDelegate, @unchecked Sendable {
    var sequence: UInt64 = 0
    var gaps = 0
    var heard = 0
    var first: UInt64 = 0
    var last: UInt64 = 0
    var expected = 0
    let done = DispatchSemaphore(value: 0)

    func rtcEngine(_ engine: RtcEngineKit, didReceive event: RtcEvent) {
        if event.sequence != sequence + 1 { gaps += 1 }
        sequence = event.sequence
    }

    func rtcEngine(
        _ engine: RtcEngineKit, connectionChangedTo state: ConnectionState, reason: ConnectionChangedReason
    ) { hear() }

    func rtcEngine(_ engine: RtcEngineKit, didLeaveChannelWith stats: ChannelStats) { hear() }

    private func hear() {
        if heard == 0 { first = DispatchTime.now().uptimeNanoseconds }
        heard += 1
        if heard == expected {
            last = DispatchTime.now().uptimeNanoseconds
            done.signal()
        }
    }
}

func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

func text(_ value: Double) -> String {
    let hundredths = Int((value * 100).rounded())
    return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
}

/// Resident memory in KB; 0 where there is no /proc.
func resident() -> Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    guard fgets(&line, Int32(line.count), file) != nil else { return 0 }
    let words = line.split(separator: 32)
    let pages = words.count > 1 ? Int(String(decoding: words[1].map { UInt8($0) }, as: UTF8.self)) ?? 0 : 0
    return pages * sysconf(Int32(_SC_PAGESIZE)) / 1024
}

let events = CommandLine.arguments.count > 1 ? Int(CommandLine.arguments[1]) ?? 0 : 1_000_000
guard events > 0 else {
    print("usage: swift-delegate [EVENTS]")
    exit(2)
}

let queue = DispatchQueue(label: "delegate", qos: .userInitiated)
var config = RtcEngineConfig(url: "rejoin://127.0.0.1:9")
config.delegateQueue = queue
let listener = Listener()
let engine = try RtcEngineKit(config: config, delegate: listener)

/// One batch of joins and leaves; the queue stands still meanwhile, so that they wait in the library's queue.
func batch(_ pairs: Int) -> Double {
    queue.suspend()
    listener.heard = 0
    listener.expected = 3 * pairs
    for _ in 0..<pairs {
        engine.joinChannel(byToken: nil, channelId: "nowhere", uid: 1)
        engine.leaveChannel()
    }
    queue.resume()
    listener.done.wait()
    return Double(listener.last - listener.first) / Double(3 * pairs - 1) / 1000
}

/// From before a call to the delegate that hears the first event of it, with nothing under way.
func alone() -> Double {
    queue.sync {
        listener.heard = 0
        listener.expected = 3
    }
    let began = DispatchTime.now().uptimeNanoseconds
    engine.joinChannel(byToken: nil, channelId: "nowhere", uid: 1)
    engine.leaveChannel()
    listener.done.wait()
    return Double(listener.first - began) / 1000
}

var drains: [Double] = []
var memory = 0
let batches = (events + 3 * pairs - 1) / (3 * pairs)
for number in 0..<batches {
    drains.append(batch(pairs))
    if number == batches / 10 { memory = resident() }
}
let grown = resident() - memory
let singles = (0..<1000).map { _ in alone() }
let inADrain = median(drains)
let told = UInt64(batches * 3 * pairs + 3 * singles.count)
let lost = told - listener.sequence + UInt64(listener.gaps)

print("swift delegate \(text(inADrain)) µs an event, median of \(batches) drains of \(3 * pairs); goal \(text(goal))")
print("   best \(text(drains.min()!)), worst \(text(drains.max()!))")
print(
    "one event alone, from before the call that makes it to the delegate: \(text(median(singles))) µs, median of 1000")
print("\(told) events, \(lost) lost; memory grew by \(grown) KB in the last nine tenths")
exit(inADrain <= goal && lost == 0 ? 0 : 1)
