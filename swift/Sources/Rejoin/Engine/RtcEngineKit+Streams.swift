// Messages to all others of a channel.
import CRejoin

extension RtcEngineKit {
    /// Create a stream for messages to all others of the channel (D-1). It lives as long as this stay: after leaving or
    /// ``ConnectionState/failed`` its id means nothing.
    ///
    /// - Parameters:
    ///   - reliable: each message exactly once, also over a rejoin within 20 s; else at most once, and not later than 1 s
    ///     (D-4).
    ///   - ordered: the same as `reliable`.
    /// - Returns: the stream's id, 1 to 5.
    /// - Throws: ``RejoinError`` with ``StatusCode/invalidArgument`` (only one of both), ``StatusCode/notInChannel``
    ///   (disconnected or failed), ``StatusCode/tooManyDataStreams`` (there are 5), ``StatusCode/noPermission`` (audience
    ///   in live broadcasting), ``StatusCode/notInitialized``; looked at in this order.
    public func createDataStream(reliable: Bool = true, ordered: Bool = true) throws(RejoinError) -> Int {
        let client = try living()
        var id: UInt32 = 0
        let status = rj_client_create_data_stream(client.pointer, reliable ? 1 : 0, ordered ? 1 : 0, &id)
        if status < 0 { throw client.error(status, names: ["reliable": "reliable", "ordered": "ordered"]) }
        return Int(id)
    }

    /// Send a message on a stream (D-2); the others hear it as `receiveStreamMessageFromUid`. While
    /// ``ConnectionState/reconnecting`` a reliable one waits for the rejoin, and an unreliable one is discarded.
    ///
    /// - Parameters:
    ///   - streamId: from ``createDataStream(reliable:ordered:)`` of this stay.
    ///   - data: 1 to 1,024 bytes: `[UInt8]`, `Data`, `string.utf8`.
    /// - Returns: 0, or -114 (not 1 to 1,024 bytes), -113 (not in a channel), -2 (no such stream), -9 (audience in live
    ///   broadcasting), -115 (more than 60 messages or 30 KB in some second, or too many wait), -7 once destroyed; looked at
    ///   in this order; the text is in ``lastError``.
    @discardableResult
    public func sendStreamMessage(_ streamId: Int, data: some Collection<UInt8>) -> Int32 {
        let bytes = Array(data)
        // What is no id of the library's is no stream either.
        let id = UInt32(exactly: streamId) ?? .max
        return call(names: ["stream_id": "streamId", "stream": "streamId"]) { client in
            bytes.withUnsafeBufferPointer { bytes in
                rj_client_send_stream_message(client, id, bytes.baseAddress, bytes.count)
            }
        }
    }
}
