// A view of a channel, on the systems that have SwiftUI.
#if canImport(SwiftUI) && canImport(Observation)
    import Rejoin
    import SwiftUI

    /// Shows a connection's state and peers, with a button to join and to leave.
    @available(macOS 14, iOS 17, tvOS 17, watchOS 10, *)
    public struct ChannelView: View {
        private let channel: String
        @State private var model: ChannelModel

        /// A view of `model` that joins `channel`.
        public init(channel: String, model: ChannelModel) {
            self.channel = channel
            _model = State(initialValue: model)
        }

        /// The view.
        public var body: some View {
            VStack(alignment: .leading, spacing: 12) {
                Label(model.state.description, systemImage: symbol)
                if let problem = model.problem { Text(problem).foregroundStyle(.secondary) }
                ForEach(model.peers, id: \.self) { Text(verbatim: "uid \($0)") }
                Button(model.state == .disconnected ? "Join" : "Leave") {
                    Task {
                        if model.state == .disconnected {
                            await model.join(channel)
                        } else {
                            await model.leave()
                        }
                    }
                }
            }
            .task { await model.follow() }
        }

        private var symbol: String {
            switch model.state {
            case .connected: return "wifi"
            case .connecting, .reconnecting: return "wifi.exclamationmark"
            case .disconnected, .failed, .unknown: return "wifi.slash"
            }
        }
    }
#endif
