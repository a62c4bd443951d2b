import CRejoin

/// The kind of network that a device uses.
public enum NetworkType: OpenNumber {
    /// -1: Not known.
    case unknownNetwork
    /// 0: None.
    case disconnected
    /// 1: A cable.
    case lan
    /// 2: Wi-Fi.
    case wifi
    /// 3: 2G.
    case mobile2G
    /// 4: 3G.
    case mobile3G
    /// 5: 4G.
    case mobile4G
    /// 6: 5G.
    case mobile5G
    /// A number that this version has no case for.
    case unknown(Int32)

    /// The case of a number.
    public init(rawValue: Int32) {
        switch rawValue {
        case -1: self = .unknownNetwork
        case 0: self = .disconnected
        case 1: self = .lan
        case 2: self = .wifi
        case 3: self = .mobile2G
        case 4: self = .mobile3G
        case 5: self = .mobile4G
        case 6: self = .mobile5G
        default: self = .unknown(rawValue)
        }
    }

    /// The number of a case.
    public var rawValue: Int32 {
        switch self {
        case .unknownNetwork: return -1
        case .disconnected: return 0
        case .lan: return 1
        case .wifi: return 2
        case .mobile2G: return 3
        case .mobile3G: return 4
        case .mobile4G: return 5
        case .mobile5G: return 6
        case .unknown(let number): return number
        }
    }

    /// Its name in words, such as "wifi"; "unknown(99)" where there is none.
    public var description: String { String(cString: rj_network_name(rawValue)) }
}
