/// The kind of a channel; its first member fixes it.
public enum ChannelProfile: OpenNumber {
    /// 0: Every member is visible to every other.
    case communication
    /// 1: Only broadcasters are visible to others.
    case liveBroadcasting
    /// A number that this version has no case for.
    case unknown(Int32)

    /// The case of a number.
    public init(rawValue: Int32) {
        switch rawValue {
        case 0: self = .communication
        case 1: self = .liveBroadcasting
        default: self = .unknown(rawValue)
        }
    }

    /// The number of a case.
    public var rawValue: Int32 {
        switch self {
        case .communication: return 0
        case .liveBroadcasting: return 1
        case .unknown(let number): return number
        }
    }

    /// Its name in words, such as "live broadcasting"; "unknown(99)" where there is none.
    public var description: String {
        switch self {
        case .communication: return "communication"
        case .liveBroadcasting: return "live broadcasting"
        case .unknown(let number): return "unknown(\(number))"
        }
    }
}
