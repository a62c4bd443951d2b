/// Which reasons are told.
public enum Dialect: OpenNumber {
    /// 3: What the connection-state page describes; the default.
    case v3x
    /// 4: Adds ``ConnectionChangedReason/renewToken``, ``ConnectionChangedReason/rejoinSuccess`` and
    /// ``ConnectionChangedReason/lost``.
    case v4x
    /// A number that this version has no case for.
    case unknown(Int32)

    /// The case of a number.
    public init(rawValue: Int32) {
        switch rawValue {
        case 3: self = .v3x
        case 4: self = .v4x
        default: self = .unknown(rawValue)
        }
    }

    /// The number of a case.
    public var rawValue: Int32 {
        switch self {
        case .v3x: return 3
        case .v4x: return 4
        case .unknown(let number): return number
        }
    }

    /// Its name in words, such as "4x"; "unknown(99)" where there is none.
    public var description: String {
        switch self {
        case .v3x: return "3x"
        case .v4x: return "4x"
        case .unknown(let number): return "unknown(\(number))"
        }
    }
}
