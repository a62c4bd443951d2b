import CRejoin

/// Why a peer went offline (SPEC section 4).
public enum UserOfflineReason: OpenNumber {
    /// 0: It left, or the edge removed it.
    case quit
    /// 1: The edge has not heard it for 20 s.
    case dropped
    /// 2: It stopped broadcasting.
    case becomeAudience
    /// A number that this version has no case for.
    case unknown(Int32)

    /// The case of a number.
    public init(rawValue: Int32) {
        switch rawValue {
        case 0: self = .quit
        case 1: self = .dropped
        case 2: self = .becomeAudience
        default: self = .unknown(rawValue)
        }
    }

    /// The number of a case.
    public var rawValue: Int32 {
        switch self {
        case .quit: return 0
        case .dropped: return 1
        case .becomeAudience: return 2
        case .unknown(let number): return number
        }
    }

    /// Its name in words, such as "dropped"; "unknown(99)" where there is none.
    public var description: String { String(cString: rj_offline_reason_name(rawValue)) }
}
