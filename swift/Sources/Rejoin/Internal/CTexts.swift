// Texts that C reads during one call or while an options struct is used.
#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Copies of Swift texts as C strings, freed together.
final class CTexts {
    private var texts: [UnsafeMutablePointer<CChar>] = []
    private var lists: [UnsafeMutableRawPointer] = []

    deinit {
        texts.forEach { free($0) }
        lists.forEach { $0.deallocate() }
    }

    /// The text, until this object goes.
    func copy(_ text: String) -> UnsafePointer<CChar> {
        guard let copy = strdup(text) else { fatalError("out of memory") }
        texts.append(copy)
        return UnsafePointer(copy)
    }

    /// The same; nil stays NULL.
    func text(_ text: String?) -> UnsafePointer<CChar>? { text.map { copy($0) } }

    /// An array of them, NULL for none.
    func list(_ strings: [String]) -> UnsafePointer<UnsafePointer<CChar>>? {
        if strings.isEmpty { return nil }
        let list = UnsafeMutablePointer<UnsafePointer<CChar>>.allocate(capacity: strings.count)
        for (index, string) in strings.enumerated() { list[index] = copy(string) }
        lists.append(UnsafeMutableRawPointer(list))
        return UnsafePointer(list)
    }

    /// The same where a text may be missing.
    func list(optional strings: [String?]) -> UnsafePointer<UnsafePointer<CChar>?>? {
        if strings.isEmpty { return nil }
        let list = UnsafeMutablePointer<UnsafePointer<CChar>?>.allocate(capacity: strings.count)
        for (index, string) in strings.enumerated() { list[index] = text(string) }
        lists.append(UnsafeMutableRawPointer(list))
        return UnsafePointer(list)
    }
}
