/// What became of an attempt to join or rejoin.
public enum AttemptOutcome: OpenNumber {
    /// 0: It begins.
    case started
    /// 1: The edge accepted it.
    case accepted
    /// 2: The edge refused it for good.
    case refused
    /// 3: The edge has no room now.
    case busy
    /// 4: No answer within 5 s.
    case timedOut
    /// 5: Another way was faster, or the app left.
    case abandoned
    /// A number that this version has no case for.
    case unknown(Int32)

    /// The case of a number.
    public init(rawValue: Int32) {
        switch rawValue {
        case 0: self = .started
        case 1: self = .accepted
        case 2: self = .refused
        case 3: self = .busy
        case 4: self = .timedOut
        case 5: self = .abandoned
        default: self = .unknown(rawValue)
        }
    }

    /// The number of a case.
    public var rawValue: Int32 {
        switch self {
        case .started: return 0
        case .accepted: return 1
        case .refused: return 2
        case .busy: return 3
        case .timedOut: return 4
        case .abandoned: return 5
        case .unknown(let number): return number
        }
    }

    /// Its name in words, such as "abandoned"; "unknown(99)" where there is none.
    public var description: String {
        switch self {
        case .started: return "started"
        case .accepted: return "accepted"
        case .refused: return "refused"
        case .busy: return "busy"
        case .timedOut: return "timed out"
        case .abandoned: return "abandoned"
        case .unknown(let number): return "unknown(\(number))"
        }
    }
}
