// The engine for Swift concurrency: events as streams, and calls that wait for what comes of them.

extension RtcEngineKit {
    /// The events from now on, as a stream of your own: `for await event in engine.events`. Each access makes another
    /// stream, and each of them has every event, in order.
    ///
    /// It ends when the engine is destroyed or goes, and when the task that reads it is cancelled. A stream keeps the
    /// 100,000 newest events that were not read yet; who falls behind further sees
    /// ``RtcEvent/Kind/eventsDropped(count:)`` in the place of the older ones.
    public var events: AsyncStream<RtcEvent> { addBuffer().stream() }

    /// Join a channel, and return once it is joined.
    ///
    /// It goes on trying as long as the library does, 20 minutes (N-5). Cancelling the task leaves the channel again.
    /// The delegate's queue must be served meanwhile, and a simulation must run on another task.
    ///
    /// - Parameters:
    ///   - channel: as for ``joinChannel(byToken:channelId:info:uid:joinSuccess:)``.
    ///   - token: printable ASCII, up to 4,096 characters; nil where the app is in testing mode.
    ///   - uid: 1 to 2^32-1, 0 lets the edge choose; nil: ``RtcEngineConfig/uid``.
    /// - Returns: channel, uid and how long it took.
    /// - Throws: ``RejoinError`` with a ``RejoinError/reason`` when it ended without success (S-6, S-7, S-26); with the
    ///   codes of `joinChannel` when the call itself failed, and ``StatusCode/notInitialized`` when the engine was
    ///   destroyed meanwhile. `CancellationError`.
    @discardableResult
    public func join(channel: String, token: String? = nil, uid: UInt? = nil) async throws -> JoinedChannel {
        try Task.checkCancellation()
        let waiter = Waiter<JoinedChannel>()
        let stay = try beginJoin(channel, token, uid ?? config.uid) { waiter.end($0.widened) }
        return try await withTaskCancellationHandler {
            try await waiter.value()
        } onCancel: {
            if waiter.end(.failure(CancellationError())) { _ = try? beginLeave(nil, stay: stay) }
        }
    }

    /// Leave, or stop trying to join, and return the stay in numbers once that is heard (S-25 to S-28). Does not wait
    /// for the network.
    ///
    /// - Returns: nil where there was nothing to leave (S-29).
    /// - Throws: ``RejoinError`` with ``StatusCode/notInitialized``: it is destroyed, or was meanwhile.
    @discardableResult
    public func leave() async throws -> ChannelStats? {
        let waiter = Waiter<ChannelStats>()
        guard try beginLeave({ waiter.end($0.widened) }) else { return nil }
        return try await waiter.value()
    }
}
