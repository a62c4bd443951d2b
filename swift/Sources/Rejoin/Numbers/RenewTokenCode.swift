/// What the edge said to a new token (S-20). Where it is not ``ok``, the old token stays in force.
public enum RenewTokenCode: OpenNumber {
    /// 0: It is in force.
    case ok
    /// 1: Refused without a reason of its own.
    case failure
    /// 2: It has run out.
    case expired
    /// 3: It is malformed or badly signed.
    case invalid
    /// 4: It is for another channel.
    case wrongChannel
    /// 5: It is another app's.
    case wrongAppId
    /// 6: A newer one was given meanwhile.
    case cancelled
    /// A number that this version has no case for.
    case unknown(Int32)

    /// The case of a number.
    public init(rawValue: Int32) {
        switch rawValue {
        case 0: self = .ok
        case 1: self = .failure
        case 2: self = .expired
        case 3: self = .invalid
        case 4: self = .wrongChannel
        case 5: self = .wrongAppId
        case 6: self = .cancelled
        default: self = .unknown(rawValue)
        }
    }

    /// The number of a case.
    public var rawValue: Int32 {
        switch self {
        case .ok: return 0
        case .failure: return 1
        case .expired: return 2
        case .invalid: return 3
        case .wrongChannel: return 4
        case .wrongAppId: return 5
        case .cancelled: return 6
        case .unknown(let number): return number
        }
    }

    /// Its name in words, such as "cancelled"; "unknown(99)" where there is none.
    public var description: String {
        switch self {
        case .ok: return "ok"
        case .failure: return "failure"
        case .expired: return "expired"
        case .invalid: return "invalid"
        case .wrongChannel: return "wrong channel"
        case .wrongAppId: return "wrong app id"
        case .cancelled: return "cancelled"
        case .unknown(let number): return "unknown(\(number))"
        }
    }
}
