// A view model over one engine: what a SwiftUI view shows of a channel.
#if canImport(Observation)
    import Observation
    import Rejoin

    /// One channel connection as a view sees it. Views follow it with `.task { await model.follow() }`.
    @available(macOS 14, iOS 17, tvOS 17, watchOS 10, *)
    @MainActor @Observable
    public final class ChannelModel {
        /// Where the connection stands.
        public private(set) var state = ConnectionState.disconnected
        /// Why it stands there.
        public private(set) var reason = ConnectionChangedReason.leaveChannel
        /// The channel that it is in; nil: none.
        public private(set) var channel: String?
        /// The peers that are there, ascending.
        public private(set) var peers: [UInt] = []
        /// What the user should be told; nil: nothing.
        public private(set) var problem: String?

        private let engine: RtcEngineKit
        private let events: AsyncStream<RtcEvent>

        /// - Throws: `RejoinError` as `RtcEngineKit(config:delegate:)`.
        public init(config: RtcEngineConfig) throws {
            engine = try RtcEngineKit(config: config)
            events = engine.events  // from the first one on
        }

        /// Keep up with the engine until the task is cancelled; once in a model's life.
        public func follow() async {
            for await event in events { hear(event.kind) }
        }

        /// Join, and show what came of it.
        public func join(_ channel: String, token: String? = nil) async {
            problem = nil
            do {
                try await engine.join(channel: channel, token: token)
            } catch let error as RejoinError {
                problem = error.text
            } catch {}  // cancelled: it has left again
        }

        /// Leave.
        public func leave() async {
            _ = try? await engine.leave()
        }

        private func hear(_ kind: RtcEvent.Kind) {
            switch kind {
            case .connectionChanged(_, let state, let reason):
                self.state = state
                self.reason = reason
                if state == .failed || state == .disconnected {
                    channel = nil
                    peers = []
                }
            case .didJoinChannel(let channel, _, _), .didRejoinChannel(let channel, _, _):
                self.channel = channel
            case .userJoined(let uid, _):
                peers = (peers + [uid]).sorted()
            case .userOffline(let uid, _):
                peers.removeAll { $0 == uid }
            case .connectionLost:
                problem = "The network is gone; joining again by itself."
            default:
                break
            }
            if state == .connected { problem = nil }
        }
    }
#endif
