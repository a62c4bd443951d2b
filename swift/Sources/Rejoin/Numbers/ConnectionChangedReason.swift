import CRejoin

/// Why a client's state changed (SPEC section 1).
public enum ConnectionChangedReason: OpenNumber {
    /// 0: Join was called.
    case connecting
    /// 1: Joined; in dialect 3x also rejoined.
    case joinSuccess
    /// 2: Silence for 4 s.
    case interrupted
    /// 3: Kicked or banned.
    case bannedByServer
    /// 4: 20 minutes without success.
    case joinFailed
    /// 5: The app left.
    case leaveChannel
    /// 6: The edge does not know the app id.
    case invalidAppId
    /// 7: The edge refuses the channel's name.
    case invalidChannelName
    /// 8: The token is malformed, badly signed, for another channel or user, or missing.
    case invalidToken
    /// 9: The token or its privilege to join ran out.
    case tokenExpired
    /// 10: Any other lasting refusal.
    case rejectedByServer
    /// 11: Reserved.
    case settingProxyServer
    /// 12: A new token revived the stay after ``tokenExpired`` (dialect 4x).
    case renewToken
    /// 13: The address changed, and the connection could not move along.
    case clientIpAddressChanged
    /// 14: The edge does not know us any more, or is restarting.
    case keepAliveTimeout
    /// 15: Rejoined (dialect 4x).
    case rejoinSuccess
    /// 16: 10 s of silence (dialect 4x).
    case lost
    /// 17: Reserved.
    case echoTest
    /// 18: Reserved.
    case clientIpAddressChangedByUser
    /// 19: The same uid joined from elsewhere; the newer one wins.
    case sameUidLogin
    /// 20: The channel has all the broadcasters that it may have.
    case tooManyBroadcasters
    /// 21: Reserved.
    case licenseValidationFailure
    /// 22: The edge's certificate could not be verified.
    case certificationVerifyFailure
    /// 23: Reserved.
    case streamChannelNotAvailable
    /// 24: The token is another app's.
    case inconsistentAppId
    /// A number that this version has no case for.
    case unknown(Int32)

    /// The case of a number.
    public init(rawValue: Int32) {
        switch rawValue {
        case 0: self = .connecting
        case 1: self = .joinSuccess
        case 2: self = .interrupted
        case 3: self = .bannedByServer
        case 4: self = .joinFailed
        case 5: self = .leaveChannel
        case 6: self = .invalidAppId
        case 7: self = .invalidChannelName
        case 8: self = .invalidToken
        case 9: self = .tokenExpired
        case 10: self = .rejectedByServer
        case 11: self = .settingProxyServer
        case 12: self = .renewToken
        case 13: self = .clientIpAddressChanged
        case 14: self = .keepAliveTimeout
        case 15: self = .rejoinSuccess
        case 16: self = .lost
        case 17: self = .echoTest
        case 18: self = .clientIpAddressChangedByUser
        case 19: self = .sameUidLogin
        case 20: self = .tooManyBroadcasters
        case 21: self = .licenseValidationFailure
        case 22: self = .certificationVerifyFailure
        case 23: self = .streamChannelNotAvailable
        case 24: self = .inconsistentAppId
        default: self = .unknown(rawValue)
        }
    }

    /// The number of a case.
    public var rawValue: Int32 {
        switch self {
        case .connecting: return 0
        case .joinSuccess: return 1
        case .interrupted: return 2
        case .bannedByServer: return 3
        case .joinFailed: return 4
        case .leaveChannel: return 5
        case .invalidAppId: return 6
        case .invalidChannelName: return 7
        case .invalidToken: return 8
        case .tokenExpired: return 9
        case .rejectedByServer: return 10
        case .settingProxyServer: return 11
        case .renewToken: return 12
        case .clientIpAddressChanged: return 13
        case .keepAliveTimeout: return 14
        case .rejoinSuccess: return 15
        case .lost: return 16
        case .echoTest: return 17
        case .clientIpAddressChangedByUser: return 18
        case .sameUidLogin: return 19
        case .tooManyBroadcasters: return 20
        case .licenseValidationFailure: return 21
        case .certificationVerifyFailure: return 22
        case .streamChannelNotAvailable: return 23
        case .inconsistentAppId: return 24
        case .unknown(let number): return number
        }
    }

    /// Its name in words, such as "token expired"; "unknown(99)" where there is none.
    public var description: String { String(cString: rj_reason_name(rawValue)) }
}
