/// What a token may grant; the edge asks for the first, the others are for apps.
public enum TokenPrivilege: OpenNumber {
    /// 1: To join the channel.
    case join
    /// 2: To publish audio.
    case audio
    /// 3: To publish video.
    case video
    /// 4: To publish data.
    case data
    /// A number that this version has no case for.
    case unknown(Int32)

    /// The case of a number.
    public init(rawValue: Int32) {
        switch rawValue {
        case 1: self = .join
        case 2: self = .audio
        case 3: self = .video
        case 4: self = .data
        default: self = .unknown(rawValue)
        }
    }

    /// The number of a case.
    public var rawValue: Int32 {
        switch self {
        case .join: return 1
        case .audio: return 2
        case .video: return 3
        case .data: return 4
        case .unknown(let number): return number
        }
    }

    /// Its name in words, such as "data"; "unknown(99)" where there is none.
    public var description: String {
        switch self {
        case .join: return "join"
        case .audio: return "audio"
        case .video: return "video"
        case .data: return "data"
        case .unknown(let number): return "unknown(\(number))"
        }
    }
}
