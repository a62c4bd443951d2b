// A kick that is in force.
import CRejoin

/// A kick that is in force: joins that fit all that it names are refused.
public struct Kick: Sendable, Hashable {
    /// For ``Edge/changeKick(_:for:)`` and ``Edge/liftKick(_:)``.
    public let id: UInt64
    /// The app's.
    public let appId: String
    /// nil: in all channels.
    public let channel: String?
    /// nil: not named.
    public let uid: UInt?
    /// nil: not named.
    public let ip: String?
    /// When it is over, on the clock of ``Edge/now``.
    public let until: Duration

    init(_ info: UnsafePointer<rj_kick_info>) {
        id = info.pointee.id
        appId = String(cString: rj_kick_info_app_id(info))
        let channel = String(cString: rj_kick_info_channel(info))
        self.channel = channel.isEmpty ? nil : channel
        uid = info.pointee.uid == 0 ? nil : UInt(info.pointee.uid)
        let ip = String(cString: rj_kick_info_ip(info))
        self.ip = ip.isEmpty ? nil : ip
        until = .nanoseconds(info.pointee.until_ns)
    }
}
