// The numbers of the contract as Swift enums. Each is open: a number that this version does not know is `.unknown(n)`.

/// A number of the contract that may get new values: known ones have a case, others are `.unknown(n)`.
public protocol OpenNumber: RawRepresentable<Int32>, Sendable, Hashable, CustomStringConvertible {
    /// Every number has a value, known or not.
    init(rawValue: Int32)
}
