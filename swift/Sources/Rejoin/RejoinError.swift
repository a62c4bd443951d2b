// What is thrown when a call fails, and how the argument that was wrong is found.
import CRejoin

/// A call failed and changed nothing; or a join ended without success, and then ``reason`` says why.
public struct RejoinError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The library's number for it, such as ``StatusCode/invalidChannelName``.
    public let code: StatusCode
    /// The name of the argument or option that was wrong; nil where it was none of them.
    public let argument: String?
    /// What was given, what rule it breaks and what to do.
    public let text: String
    /// Why a join ended without success (S-6, S-7, S-26); nil where a call itself failed.
    public let reason: ConnectionChangedReason?

    /// The text with its code: "channel name is 65 bytes long; a name has 1 to 64 (invalid channel name, -102)".
    public var description: String { "\(text) (\(code), \(code.rawValue))" }

    init(code: StatusCode, argument: String? = nil, text: String, reason: ConnectionChangedReason? = nil) {
        self.code = code
        self.argument = argument
        self.text = text
        self.reason = reason
    }

    /// The error for a negative status with the library's text.
    ///
    /// - Parameter names: what the library's text may call an argument, and what it is called here; for where the
    ///   status does not tell which one it is.
    init(status: Int32, text: UnsafePointer<CChar>, names: [String: String] = [:]) {
        let code = StatusCode(rawValue: status)
        let text = String(cString: text)
        self.init(
            code: code,
            argument: Self.argument(of: code) ?? firstName(in: text, names: names),
            text: text.isEmpty ? code.description : text)
    }

    private static func argument(of code: StatusCode) -> String? {
        switch code {
        case .invalidChannelName: return "channel"
        case .invalidUserId: return "uid"
        case .invalidToken: return "token"
        default: return nil
        }
    }

    /// The error of every call on what was destroyed.
    static let destroyed = RejoinError(
        code: .notInitialized, text: "the object was destroyed; make a new one")

    /// The error of a join that ended without success.
    static func joinEnded(_ channel: String, _ reason: ConnectionChangedReason) -> RejoinError {
        RejoinError(code: .refused, text: "could not join \"\(channel)\": \(reason)", reason: reason)
    }
}

/// What the names that stand in a text as whole words are called here, whether it writes them with underscores or with
/// spaces; of several the first to stand in it, and of two in one place the longer.
func firstName(in text: String, names: [String: String]) -> String? {
    let words = text.split { !$0.isLetter && !$0.isNumber }
    for start in words.indices {
        let fits = names.filter { words[start...].starts(with: $0.key.split(separator: "_")) }
        if let longest = fits.max(by: { $0.key.count < $1.key.count }) { return longest.value }
    }
    return nil
}

/// A status as the error that it is; `text` is asked for at once, since the next failing call of this thread replaces
/// it.
func check(
    _ status: Int32, _ text: @autoclosure () -> UnsafePointer<CChar>, names: [String: String] = [:]
) throws(RejoinError) {
    if status < 0 { throw RejoinError(status: status, text: text(), names: names) }
}

/// A uid in the library's form.
func checkedUid(_ uid: UInt, zero: Bool = true) throws(RejoinError) -> UInt32 {
    guard let number = UInt32(exactly: uid), zero || number > 0 else {
        throw RejoinError(
            code: .invalidUserId, argument: "uid",
            text: "uid is \(uid); it must be 1 to 4294967295" + (zero ? ", or 0: the edge chooses" : ""))
    }
    return number
}

/// A text that goes to C, where a NUL would end it.
func checkedText(_ text: String?, _ argument: String, _ code: StatusCode = .invalidArgument) throws(RejoinError) {
    if let text, text.utf8.contains(0) {
        throw RejoinError(code: code, argument: argument, text: "\(argument) has a NUL in it")
    }
}
