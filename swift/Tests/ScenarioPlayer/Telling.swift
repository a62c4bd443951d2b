// What events look like in recordings (rejoin.scenario.recording).
import Rejoin

extension RtcEvent {
    /// Its fields, as recordings have them: no statistics.
    var fields: [(name: String, text: String)] {
        switch kind {
        case .connectionChanged(let old, let state, let reason):
            return [
                ("old_state", "\(old.rawValue)"), ("state", "\(state.rawValue)"), ("reason", "\(reason.rawValue)"),
            ]
        case .didJoinChannel(let channel, let uid, let elapsed), .didRejoinChannel(let channel, let uid, let elapsed):
            return [("channel", channel), ("uid", "\(uid)"), ("elapsed", "\(elapsed)")]
        case .userJoined(let uid, let elapsed):
            return [("uid", "\(uid)"), ("elapsed", "\(elapsed)")]
        case .userOffline(let uid, let reason):
            return [("uid", "\(uid)"), ("reason", "\(reason.rawValue)")]
        case .userInterrupted(let uid), .userResumed(let uid):
            return [("uid", "\(uid)")]
        case .tokenPrivilegeWillExpire(let token):
            return [("token", token)]
        case .renewTokenResult(let token, let code):
            return [("token", token), ("code", "\(code.rawValue)")]
        case .networkChanged(let network):
            return [("network", "\(network.rawValue)")]
        case .clientRoleChanged(let old, let role):
            return [("old_role", "\(old.rawValue)"), ("role", "\(role.rawValue)")]
        case .clientRoleChangeFailed(let reason, let role):
            return [("reason", "\(reason.rawValue)"), ("role", "\(role.rawValue)")]
        case .streamMessage(let uid, let streamId, let data):
            return [("uid", "\(uid)"), ("stream_id", "\(streamId)"), ("data", hex(data))]
        case .streamMessageError(let uid, let streamId, let missed):
            return [("uid", "\(uid)"), ("stream_id", "\(streamId)"), ("missed", "\(missed)")]
        case .eventsDropped(let count):
            return [("count", "\(count)")]
        case .attempt(let number, let outcome, let nextDelay):
            let delay = nextDelay.map(nanoseconds) ?? -1
            return [("number", "\(number)"), ("outcome", "\(outcome.rawValue)"), ("next_delay", "\(delay)")]
        case .didLeaveChannel, .stats, .connectionLost, .requestToken, .unknown:
            return []
        }
    }

    /// Its line.
    func line(client: String, lastHeard: Duration?) -> String {
        let words = ["event", client, "\(nanoseconds(time))", "\(lastHeard.map(nanoseconds) ?? 0)", name]
        return (words + fields.map { "\($0.name)=\(escaped($0.text))" }).joined(separator: "\t")
    }
}

func nanoseconds(_ duration: Duration) -> Int64 {
    let (seconds, attoseconds) = duration.components
    return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
}

private func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\\": escaped += "\\\\"
        case "\t": escaped += "\\t"
        case "\n": escaped += "\\n"
        default: escaped.unicodeScalars.append(scalar)
        }
    }
    return escaped
}

private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

func bytes(hex: String) -> [UInt8] {
    let digits = hex.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}
