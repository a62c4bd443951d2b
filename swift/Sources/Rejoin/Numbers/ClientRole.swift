import CRejoin

/// What a member may do in its channel.
public enum ClientRole: OpenNumber {
    /// 1: Is visible to all, and may send.
    case broadcaster
    /// 2: In the live broadcasting profile: sees the broadcasters and is not seen.
    case audience
    /// A number that this version has no case for.
    case unknown(Int32)

    /// The case of a number.
    public init(rawValue: Int32) {
        switch rawValue {
        case 1: self = .broadcaster
        case 2: self = .audience
        default: self = .unknown(rawValue)
        }
    }

    /// The number of a case.
    public var rawValue: Int32 {
        switch self {
        case .broadcaster: return 1
        case .audience: return 2
        case .unknown(let number): return number
        }
    }

    /// Its name in words, such as "audience"; "unknown(99)" where there is none.
    public var description: String { String(cString: rj_role_name(rawValue)) }
}
