// What clients and edges do; each answers with what the call returned.
import Rejoin

/// What a call that throws would have returned.
private func status(_ call: () throws(RejoinError) -> Void) -> Int32 {
    do throws(RejoinError) {
        try call()
        return 0
    } catch {
        return error.code.rawValue
    }
}

extension RtcEngineKit {
    /// Does a step; nil: there is no such verb.
    func take(_ verb: String, _ v: PlanValues) -> Int32? {
        switch verb {
        case "join":
            return joinChannel(
                byToken: v.text("token"), channelId: v.text("channel") ?? "", uid: v.number("uid") ?? config.uid)
        case "leave": return leaveChannel()
        case "renew": return renewToken(v.text("token") ?? "")
        case "role": return setClientRole(ClientRole(rawValue: v.number("role") ?? 0))
        case "network": return networkChanged(to: NetworkType(rawValue: v.number("network") ?? -1))
        case "stream":
            let isOn = v.isTrue("reliable")
            return status { () throws(RejoinError) in _ = try createDataStream(reliable: isOn, ordered: isOn) }
        case "send": return sendStreamMessage(v.number("stream") ?? 0, data: bytes(hex: v.text("data") ?? ""))
        case "suspend":
            return status { () throws(RejoinError) in try suspend(for: v.duration("seconds_ns") ?? .zero) }
        case "state": return getConnectionState().rawValue
        default: return link.take(verb, v)
        }
    }
}

extension Link {
    fileprivate func take(_ verb: String, _ v: PlanValues) -> Int32? {
        switch verb {
        case "faults":
            let direction = Direction(rawValue: v.number("direction") ?? 0)
            return status { () throws(RejoinError) in try set(Faults(v), direction) }
        case "follow":
            return status { () throws(RejoinError) in try follow(v.text("name")) }
        case "rebind":
            return status { () throws(RejoinError) in
                if v.isTrue("address") { try rebindAddress() } else { try rebindPort() }
            }
        case "move":
            return status { () throws(RejoinError) in try changeAddress(AddressChange(v)) }
        default: return nil
        }
    }
}

extension Link.Faults {
    /// prefix: of the values' names.
    fileprivate init(_ v: PlanValues, _ prefix: String = "") {
        self.init(
            blackhole: v.isTrue(prefix + "blackhole"), loss: v.real(prefix + "loss") ?? 0,
            delay: v.duration(prefix + "delay_ns") ?? .zero)
        jitter = v.duration(prefix + "jitter_ns") ?? .zero
        burst = v.real(prefix + "burst") ?? 0
        duplicate = v.real(prefix + "duplicate") ?? 0
        reorder = v.real(prefix + "reorder") ?? 0
        corrupt = v.real(prefix + "corrupt") ?? 0
        rate = v.number(prefix + "rate") ?? 0
        queue = v.number(prefix + "queue") ?? 0
        mtu = v.number(prefix + "mtu") ?? 0
        natIdle = v.duration(prefix + "nat_idle_ns") ?? .zero
    }
}

extension BusFaults {
    fileprivate init(_ v: PlanValues) {
        self.init()
        up = Link.Faults(v, "up_")
        down = Link.Faults(v, "down_")
        side = v.number("side") ?? 0
        isGone = v.isTrue("gone")
    }
}

extension Link.AddressChange {
    fileprivate init(_ v: PlanValues) {
        self.init()
        network = NetworkType(rawValue: v.number("network") ?? -1)
        overlap = v.duration("overlap_ns") ?? .zero
        isDead = v.isTrue("dead")
    }
}

extension Edge {
    /// Does a step; nil: there is no such verb.
    func take(_ verb: String, _ v: PlanValues) -> Int32? {
        let span = v.duration("seconds_ns")
        switch verb {
        case "crash": return status { () throws(RejoinError) in try crash() }
        case "restart": return status { () throws(RejoinError) in try restart() }
        case "pause": return status { () throws(RejoinError) in try pause(for: span ?? .zero) }
        case "drain": return status { () throws(RejoinError) in try drain(over: span ?? .zero) }
        case "kick":
            return status { () throws(RejoinError) in
                try kick(
                    channel: v.text("channel"), uid: v.number("uid"), for: span ?? .seconds(3600),
                    appId: v.text("app_id") ?? "")
            }
        case "bus": return status { () throws(RejoinError) in try set(BusFaults(v)) }
        default: return nil
        }
    }

    /// The members of a channel, or a status.
    func members(_ v: PlanValues) -> [Int] {
        do throws(RejoinError) {
            return try members(channel: v.text("channel") ?? "", appId: v.text("app_id") ?? "").map { Int($0) }
        } catch {
            return [Int(error.code.rawValue)]
        }
    }
}

extension Simulation {
    /// Does the one step of a wall clock.
    func take(_ v: PlanValues) -> Int32 {
        status { () throws(RejoinError) in try stepWallClock(by: v.duration("seconds_ns") ?? .zero) }
    }
}
