import CRejoin

/// Where a client stands (SPEC section 1).
public enum ConnectionState: OpenNumber {
    /// 1: Not in a channel and not trying.
    case disconnected
    /// 2: Join was called; there is no answer yet.
    case connecting
    /// 3: In the channel.
    case connected
    /// 4: The edge was not heard for 4 s, or does not know us any more; rejoining by itself.
    case reconnecting
    /// 5: Refused, removed, or 20 minutes without success: leave, then join again.
    case failed
    /// A number that this version has no case for.
    case unknown(Int32)

    /// The case of a number.
    public init(rawValue: Int32) {
        switch rawValue {
        case 1: self = .disconnected
        case 2: self = .connecting
        case 3: self = .connected
        case 4: self = .reconnecting
        case 5: self = .failed
        default: self = .unknown(rawValue)
        }
    }

    /// The number of a case.
    public var rawValue: Int32 {
        switch self {
        case .disconnected: return 1
        case .connecting: return 2
        case .connected: return 3
        case .reconnecting: return 4
        case .failed: return 5
        case .unknown(let number): return number
        }
    }

    /// Its name in words, such as "connected"; "unknown(99)" where there is none.
    public var description: String { String(cString: rj_state_name(rawValue)) }
}
