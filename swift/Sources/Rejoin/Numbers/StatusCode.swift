import CRejoin

/// What a call answers: 0, or why it failed (SPEC section 1).
public enum StatusCode: OpenNumber {
    /// 0: Nothing failed.
    case ok
    /// -1: A failure without a number of its own.
    case failed
    /// -2: An argument or option breaks its rule.
    case invalidArgument
    /// -3: Something is to be done first.
    case notReady
    /// -4: This version or this kind of object does not do that.
    case notSupported
    /// -5: Somebody else said no: the system, or the edge.
    case refused
    /// -6: The answer needs more room.
    case bufferTooSmall
    /// -7: The object was destroyed.
    case notInitialized
    /// -8: Not in this state, or not here.
    case invalidState
    /// -9: Not in this role.
    case noPermission
    /// -10: It did not come in time.
    case timedOut
    /// -17: Joining in another state than disconnected.
    case joinChannelRejected
    /// -18: Leaving is not possible.
    case leaveChannelRejected
    /// -22: Memory, descriptors, threads, or a bound of the library.
    case resourceLimited
    /// -102: A name has 1 to 64 bytes of the channel alphabet.
    case invalidChannelName
    /// -109: The token ran out.
    case tokenExpired
    /// -110: Not a token that is valid here.
    case invalidToken
    /// -113: Only in a channel.
    case notInChannel
    /// -114: A message has 1 to 1,024 bytes.
    case sizeTooLarge
    /// -115: 60 messages and 30 KB a second, and 64 waiting.
    case bitrateLimit
    /// -116: A client has up to 5 streams.
    case tooManyDataStreams
    /// -121: A uid is 1 to 2^32-1, or 0: the edge chooses.
    case invalidUserId
    /// A number that this version has no case for.
    case unknown(Int32)

    /// The case of a number.
    public init(rawValue: Int32) {
        switch rawValue {
        case 0: self = .ok
        case -1: self = .failed
        case -2: self = .invalidArgument
        case -3: self = .notReady
        case -4: self = .notSupported
        case -5: self = .refused
        case -6: self = .bufferTooSmall
        case -7: self = .notInitialized
        case -8: self = .invalidState
        case -9: self = .noPermission
        case -10: self = .timedOut
        case -17: self = .joinChannelRejected
        case -18: self = .leaveChannelRejected
        case -22: self = .resourceLimited
        case -102: self = .invalidChannelName
        case -109: self = .tokenExpired
        case -110: self = .invalidToken
        case -113: self = .notInChannel
        case -114: self = .sizeTooLarge
        case -115: self = .bitrateLimit
        case -116: self = .tooManyDataStreams
        case -121: self = .invalidUserId
        default: self = .unknown(rawValue)
        }
    }

    /// The number of a case.
    public var rawValue: Int32 {
        switch self {
        case .ok: return 0
        case .failed: return -1
        case .invalidArgument: return -2
        case .notReady: return -3
        case .notSupported: return -4
        case .refused: return -5
        case .bufferTooSmall: return -6
        case .notInitialized: return -7
        case .invalidState: return -8
        case .noPermission: return -9
        case .timedOut: return -10
        case .joinChannelRejected: return -17
        case .leaveChannelRejected: return -18
        case .resourceLimited: return -22
        case .invalidChannelName: return -102
        case .tokenExpired: return -109
        case .invalidToken: return -110
        case .notInChannel: return -113
        case .sizeTooLarge: return -114
        case .bitrateLimit: return -115
        case .tooManyDataStreams: return -116
        case .invalidUserId: return -121
        case .unknown(let number): return number
        }
    }

    /// Its name in words, such as "invalid argument"; "unknown(99)" where there is none.
    public var description: String { String(cString: rj_status_name(rawValue)) }
}
