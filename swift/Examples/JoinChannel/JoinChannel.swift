// Joins a channel and prints what its delegate hears.
//
//     swift run join-channel rejoin://HOST:PORT CHANNEL [--uid N] [--token TOKEN] [--fingerprint HEX] [--app-id ID]
//     swift run join-channel        with an edge of its own and a guest that comes and goes
//
// Ctrl-C leaves.
import Dispatch
import Rejoin

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Prints a line for what it hears.
final class Printer: RtcEngineDelegate {
    func rtcEngine(
        _ engine: RtcEngineKit, connectionChangedTo state: ConnectionState, reason: ConnectionChangedReason
    ) {
        say("\(state): \(reason)")
    }

    func rtcEngine(_ engine: RtcEngineKit, didJoinChannel channel: String, withUid uid: UInt, elapsed: Int) {
        say("joined \(channel) as \(uid) after \(elapsed) ms")
    }

    func rtcEngine(_ engine: RtcEngineKit, didRejoinChannel channel: String, withUid uid: UInt, elapsed: Int) {
        say("rejoined \(channel) as \(uid) after \(elapsed) ms")
    }

    func rtcEngine(_ engine: RtcEngineKit, didLeaveChannelWith stats: ChannelStats) {
        say("left after \(stats.duration); \(stats.packetsSent) packets sent, \(stats.packetsReceived) received")
    }

    func rtcEngineConnectionDidLost(_ engine: RtcEngineKit) {
        say("the connection is lost; rejoining goes on")
    }

    func rtcEngine(_ engine: RtcEngineKit, didJoinedOfUid uid: UInt, elapsed: Int) {
        say("\(uid) is here")
    }

    func rtcEngine(_ engine: RtcEngineKit, didOfflineOfUid uid: UInt, reason: UserOfflineReason) {
        say("\(uid) is gone: \(reason)")
    }

    func rtcEngine(_ engine: RtcEngineKit, tokenPrivilegeWillExpire token: String) {
        say("the token ends in half a minute")
    }

    func rtcEngineRequestToken(_ engine: RtcEngineKit) {
        say("the token has ended")
    }

    private func say(_ line: String) {
        print(line)
        fflush(nil)  // as soon as it is heard, also into a pipe
    }
}

/// What the command line asks for.
struct Arguments {
    var words: [String] = []
    var uid: UInt = 0
    var token: String?
    var fingerprint: String?
    var appId = ""

    init(_ arguments: some Sequence<String>) {
        var rest = arguments.makeIterator()
        while let word = rest.next() {
            switch word {
            case "--uid": uid = UInt(value(rest.next())) ?? .max
            case "--token": token = value(rest.next())
            case "--fingerprint": fingerprint = value(rest.next())
            case "--app-id": appId = value(rest.next())
            case _ where word.hasPrefix("-"): usage()
            default: words.append(word)
            }
        }
        if words.count != 2, !words.isEmpty { usage() }
    }
}

func value(_ word: String?) -> String {
    guard let word else { usage() }
    return word
}

func usage() -> Never {
    print("usage: join-channel [URL CHANNEL [--uid N] [--token TOKEN] [--fingerprint HEX] [--app-id ID]]")
    exit(2)
}

@main struct JoinChannel {
    static func main() async {
        let arguments = Arguments(CommandLine.arguments.dropFirst())
        do {
            if let url = arguments.words.first {
                try await stay(url, arguments.words[1], arguments)
            } else {
                try await demonstrate()
            }
        } catch {
            print(error)
            exit(1)
        }
    }

    /// In the channel until Ctrl-C.
    static func stay(_ url: String, _ channel: String, _ arguments: Arguments) async throws {
        let config = RtcEngineConfig(
            url: url, appId: arguments.appId, uid: arguments.uid, fingerprint: arguments.fingerprint)
        let printer = Printer()
        let engine = try RtcEngineKit(config: config, delegate: printer)
        signal(SIGINT, SIG_IGN)
        let (interrupts, interrupted) = AsyncStream<Void>.makeStream()
        let source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
        source.setEventHandler { interrupted.yield() }
        source.activate()
        let joining = Task { try await engine.join(channel: channel, token: arguments.token) }
        let waiting = Task {
            for await _ in interrupts { break }
            try await engine.leave()  // which also ends a join that is still trying
        }
        do {
            _ = try await joining.value
        } catch let error as RejoinError where error.reason == .leaveChannel {
            // Ctrl-C came before the edge did
        }
        try await waiting.value
        await heardAll()
        withExtendedLifetime((printer, source)) {}
    }

    /// Everything in this process: an edge, this member, and a guest.
    static func demonstrate() async throws {
        let edge = try Edge()
        print("an edge at \(edge.url)")
        let printer = Printer()
        let engine = try RtcEngineKit(config: RtcEngineConfig(edge: edge, uid: 1), delegate: printer)
        let events = engine.events
        try await engine.join(channel: "demo")
        let guest = try RtcEngineKit(config: RtcEngineConfig(edge: edge, uid: 2))
        try await guest.join(channel: "demo")
        try await guest.leave()
        for await event in events where event.name == "user_offline" { break }
        try await engine.leave()
        await heardAll()
        withExtendedLifetime(printer) {}
    }

    /// The delegate hears on the main queue, a moment after the task that waits for the same.
    static func heardAll() async {
        await withCheckedContinuation { told in DispatchQueue.main.async { told.resume() } }
    }
}
