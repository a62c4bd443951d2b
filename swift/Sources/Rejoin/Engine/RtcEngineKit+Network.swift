// Networks that change: the app's own hint, and what tests let happen to a client.
import CRejoin

extension RtcEngineKit {
    /// Tell the engine that its network is another one now, or has another address (S-10): the app's own hint, beside what
    /// the system says. `networkTypeChangedTo` is heard in every state.
    ///
    /// Connected, the connection moves and stays; if 4 s of silence pass before the new path is proved, it is reconnecting
    /// with ``ConnectionChangedReason/clientIpAddressChanged``. Connecting and reconnecting, an attempt is made at once,
    /// at most one a second.
    ///
    /// - Parameter type: ``NetworkType/unknownNetwork`` where the app cannot tell; ``NetworkType/disconnected``: there is
    ///   none, and nothing but the event follows.
    /// - Returns: 0, or -2 (not a network), -7 once destroyed; the text is in ``lastError``.
    @discardableResult
    public func networkChanged(to type: NetworkType = .unknownNetwork) -> Int32 {
        call(names: ["network": "type"]) { rj_client_network_changed($0, type.rawValue) }
    }

    /// Let a simulated client's device sleep from now on. Time passes and nothing of the client does: its timers stand,
    /// what comes for it is lost. After 4 s or more its overdue timers run when it wakes, each once and in due order
    /// (SPEC section 2).
    ///
    /// - Parameter duration: more than 0; what was left of an earlier sleep does not count.
    /// - Throws: ``RejoinError`` with ``StatusCode/invalidArgument`` (the duration), ``StatusCode/notSupported`` (not in a
    ///   simulation) or ``StatusCode/notInitialized``.
    public func suspend(for duration: Duration) throws(RejoinError) {
        let client = try living()
        let status = rj_client_suspend(client.pointer, duration.wholeNanoseconds)
        if status < 0 { throw client.error(status, names: ["span_ns": "duration"]) }
    }
}

extension Link {
    /// How a client's own address changes (``Link/changeAddress(_:)``).
    public struct AddressChange: Sendable, Hashable {
        /// The kind of the new network.
        public var network = NetworkType.unknownNetwork
        /// For so long the old address works, too, 0 to 1 h; 0: a hard swap.
        public var overlap = Duration.zero
        /// The new one, numeric, with a port or without; nil: any.
        public var address: String?
        /// Over the new address nothing ever passes.
        public var isDead = false

        /// Another address, of an unknown network, at once.
        public init() {}
    }

    /// Let a NAT on the way forget its mapping and make another one: the edge sees packets come from another port, and
    /// nobody tells the client.
    ///
    /// - Throws: ``RejoinError`` with ``StatusCode/resourceLimited``, ``StatusCode/notSupported`` (not here) or
    ///   ``StatusCode/notInitialized``.
    public func rebindPort() throws(RejoinError) {
        try rebind(Int32(RJ_REBIND_PORT), nil)
    }

    /// The same with another address.
    ///
    /// - Parameter address: the one that the edge shall see, numeric, with a port or without; nil: any.
    /// - Throws: as ``rebindPort()``; ``StatusCode/invalidArgument`` (no address), ``StatusCode/refused`` (it is taken, or
    ///   cannot be used here).
    public func rebindAddress(to address: String? = nil) throws(RejoinError) {
        try checkedText(address, "address")
        try rebind(Int32(RJ_REBIND_ADDRESS), address)
    }

    private func rebind(_ what: Int32, _ address: String?) throws(RejoinError) {
        let client = try engine.living()
        let status = rj_client_rebind(client.pointer, what, address)
        if status < 0 { throw client.error(status, names: ["address": "address"]) }
    }

    /// Let the client's device take another interface: its own address changes, and the engine is told (S-10). Faults of
    /// the link stay.
    ///
    /// - Throws: ``RejoinError`` with ``StatusCode/invalidArgument`` (a field and its rule), ``StatusCode/refused`` (the
    ///   address is taken, or cannot be used here), ``StatusCode/resourceLimited``, ``StatusCode/notSupported`` (not here)
    ///   or ``StatusCode/notInitialized``.
    public func changeAddress(_ change: AddressChange = AddressChange()) throws(RejoinError) {
        try checkedText(change.address, "address")
        let client = try engine.living()
        let texts = CTexts()
        var c = rj_address_change()
        c.size = UInt32(MemoryLayout<rj_address_change>.size)
        c.network = change.network.rawValue
        c.overlap_ns = change.overlap.wholeNanoseconds
        c.address = texts.text(change.address)
        c.dead = change.isDead ? 1 : 0
        let status = withExtendedLifetime(texts) { rj_client_change_address(client.pointer, &c) }
        if status < 0 {
            throw client.error(
                status, names: ["network": "network", "overlap_ns": "overlap", "address": "address", "dead": "isDead"])
        }
    }

    /// Let the link follow a ready profile from now on: a network over time, whose faults come beside those of
    /// ``set(_:_:)`` and end the profile that it followed before. A step of it that falls due while a simulated device
    /// sleeps is taken when it wakes. Its times are not scaled.
    ///
    /// - Parameter profile: "3g", "lift", "train-tunnel", "hotel-wifi", "wifi-to-cellular", "uplink-dies" or "flapping"
    ///   (docs/networks.md has their numbers); nil: none any more.
    /// - Throws: ``RejoinError`` with ``StatusCode/invalidArgument`` (there is no such profile; the text lists those that
    ///   there are) or ``StatusCode/notInitialized``.
    public func follow(_ profile: String?) throws(RejoinError) {
        try checkedText(profile, "profile")
        let client = try engine.living()
        let status = rj_client_follow_network(client.pointer, profile)
        if status < 0 { throw client.error(status, names: ["name": "profile", "profile": "profile"]) }
    }
}
