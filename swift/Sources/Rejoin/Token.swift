// Tokens: what an app's own server makes, and what explains one that is refused.
import CRejoin

/// Building and explaining tokens (SPEC section 6). Neither needs an engine. Any thread.
public enum Token {
    /// The two formats.
    public enum Version: Int32, Sendable, Hashable {
        /// 006, which older servers make.
        case v006 = 6
        /// 007.
        case v007 = 7
    }

    /// Make a token; the business of an app's own server, and of tests.
    ///
    /// - Parameters:
    ///   - appId: the app's; in 006 exactly 32 characters.
    ///   - certificate: what the app's tokens are signed with, 1 to 256 bytes.
    ///   - channel: 1 to 64 bytes of the channel alphabet.
    ///   - uid: whose token it is, 1 to 2^32-1; 0: anybody's.
    ///   - issuedAt: seconds since 1970.
    ///   - expire: seconds after `issuedAt` in which one may join with the token.
    ///   - privileges: up to 16, each with the seconds after `issuedAt` that it lasts; 0: no limit of its own. Without
    ///     ``TokenPrivilege/join`` nobody can join with it.
    ///   - salt: best a random number.
    ///   - version: the format.
    /// - Returns: never more than 4,096 characters.
    /// - Throws: ``RejoinError`` with ``StatusCode/invalidArgument``, ``StatusCode/invalidUserId`` or
    ///   ``StatusCode/invalidChannelName``: the part and its rule.
    public static func build(
        appId: String, certificate: String, channel: String, uid: UInt = 0, issuedAt: UInt32, expire: UInt32,
        privileges: [TokenPrivilege: UInt32] = [.join: 0], salt: UInt32 = .random(in: 1 ... .max),
        version: Version = .v007
    ) throws(RejoinError) -> String {
        try checkedText(appId, "appId")
        try checkedText(certificate, "certificate")
        try checkedText(channel, "channel", .invalidChannelName)
        let uid = try checkedUid(uid)
        let texts = CTexts()
        var grants: [rj_token_privilege] = []
        for (privilege, seconds) in privileges {
            guard let number = UInt32(exactly: privilege.rawValue) else {
                throw RejoinError(
                    code: .invalidArgument, argument: "privileges", text: "privileges: \(privilege) is none")
            }
            grants.append(rj_token_privilege(privilege: number, seconds: seconds))
        }
        var options = rj_token_options_empty()
        options.version = version.rawValue
        options.app_id = texts.text(appId)
        options.certificate = texts.copy(certificate)
        options.channel = texts.copy(channel)
        options.uid = uid
        options.issued_at = issuedAt
        options.expire = expire
        options.salt = salt
        options.privilege_count = UInt32(grants.count)
        var bytes = [CChar](repeating: 0, count: 4097)
        var length = 0
        let status = grants.withUnsafeBufferPointer { grants in
            options.privileges = grants.baseAddress
            return withExtendedLifetime(texts) { rj_token_build(&options, &bytes, bytes.count, &length) }
        }
        try check(status, rj_runtime_error_text(nil), names: names)
        return String(decoding: bytes.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Explain a token at a moment. Never tells what the right signature would be.
    ///
    /// - Parameters:
    ///   - token: any text; what is no token is explained too.
    ///   - certificate: the app's; nil: the signature is not looked at.
    ///   - channel: where it should let somebody in; nil: where it says. 006 does not carry it, so there it is needed
    ///     for the signature.
    ///   - uid: whom it should let in; nil: whom it says. As the channel.
    ///   - now: seconds since 1970.
    /// - Throws: ``RejoinError`` with ``StatusCode/invalidArgument``: a text with a NUL.
    public static func inspect(
        _ token: String, certificate: String? = nil, channel: String? = nil, uid: UInt? = nil, now: Int64
    ) throws(RejoinError) -> TokenInfo {
        try checkedText(token, "token")
        try checkedText(certificate, "certificate")
        try checkedText(channel, "channel", .invalidChannelName)
        let info = UnsafeMutablePointer<rj_token_info>.allocate(capacity: 1)
        defer { info.deallocate() }
        info.initialize(to: rj_token_info())
        info.pointee.size = UInt32(MemoryLayout<rj_token_info>.size)
        let status = rj_token_inspect(token, certificate, channel, uid.map { String($0) }, now, info)
        try check(status, rj_runtime_error_text(nil), names: names)
        return TokenInfo(info)
    }

    private static let names = [
        "version": "version", "app_id": "appId", "certificate": "certificate", "channel": "channel", "uid": "uid",
        "issued_at": "issuedAt", "expire": "expire", "salt": "salt", "privileges": "privileges",
        "privilege_count": "privileges",
    ]
}

/// What a token says, and whether it lets its member join. Moments are seconds since 1970.
public struct TokenInfo: Sendable, Hashable {
    /// It lets its member join at that moment; only ever true where the signature was looked at.
    public let isValid: Bool
    /// In words: what it grants and until when, or all that is wrong with it.
    public let reason: String
    /// nil: the signature was not looked at, since something needed was not given.
    public let isSignatureValid: Bool?
    /// nil: this is no token, and nothing below is known.
    public let version: Token.Version?
    /// The app's.
    public let appId: String
    /// nil: 006 does not carry it.
    public let channel: String?
    /// In decimal, or an account's name; nil: anybody's, or 006, which carries none.
    public let uid: String?
    /// nil: 006 does not say.
    public let issuedAt: Int64?
    /// When the token itself ends; nil: no token.
    public let expiresAt: Int64?
    /// When each privilege ends; nil: no limit of its own.
    public let privileges: [TokenPrivilege: Int64?]

    init(_ info: UnsafePointer<rj_token_info>) {
        let token = info.pointee
        version = Token.Version(rawValue: token.version)
        isValid = token.valid == 1
        reason = String(cString: rj_token_info_reason(info))
        isSignatureValid = token.signature_valid < 0 ? nil : token.signature_valid == 1
        appId = String(cString: rj_token_info_app_id(info))
        let channel = String(cString: rj_token_info_channel(info))
        self.channel = channel.isEmpty ? nil : channel
        let uid = String(cString: rj_token_info_uid(info))
        self.uid = uid.isEmpty ? nil : uid
        issuedAt = version == .v007 ? token.issued_at : nil
        expiresAt = version == nil ? nil : token.expires_at
        privileges = withUnsafeBytes(of: token.privileges) { keys in
            withUnsafeBytes(of: token.privileges_expire_at) { ends in
                let keys = keys.bindMemory(to: UInt32.self)
                let ends = ends.bindMemory(to: Int64.self)
                return (0..<Int(token.privileges_known)).reduce(into: [:]) { known, index in
                    let privilege = TokenPrivilege(rawValue: Int32(truncatingIfNeeded: keys[index]))
                    known[privilege] = .some(ends[index] == 0 ? nil : ends[index])
                }
            }
        }
    }
}
