// Every row of abi/events.def has a case of RtcEvent.Kind with its fields and a method of the delegate.
import CRejoin
import Testing

@testable import Rejoin

/// Writes down which method was called with what.
private final class Spy: RtcEngineDelegate {
    let calls = Locked<[String]>([])
    private func note(_ call: String) { calls.with { $0.append(call) } }

    func rtcEngine(
        _ engine: RtcEngineKit, connectionChangedTo state: ConnectionState, reason: ConnectionChangedReason
    ) { note("connectionChangedTo \(state) \(reason)") }
    func rtcEngine(_ engine: RtcEngineKit, didJoinChannel channel: String, withUid uid: UInt, elapsed: Int) {
        note("didJoinChannel \(channel) \(uid) \(elapsed)")
    }
    func rtcEngine(_ engine: RtcEngineKit, didRejoinChannel channel: String, withUid uid: UInt, elapsed: Int) {
        note("didRejoinChannel \(channel) \(uid) \(elapsed)")
    }
    func rtcEngine(_ engine: RtcEngineKit, didLeaveChannelWith stats: ChannelStats) {
        note("didLeaveChannelWith \(stats.members)")
    }
    func rtcEngine(_ engine: RtcEngineKit, reportRtcStats stats: ChannelStats) {
        note("reportRtcStats \(stats.members)")
    }
    func rtcEngineConnectionDidLost(_ engine: RtcEngineKit) { note("connectionDidLost") }
    func rtcEngineRequestToken(_ engine: RtcEngineKit) { note("requestToken") }
    func rtcEngine(_ engine: RtcEngineKit, didJoinedOfUid uid: UInt, elapsed: Int) {
        note("didJoinedOfUid \(uid) \(elapsed)")
    }
    func rtcEngine(_ engine: RtcEngineKit, didOfflineOfUid uid: UInt, reason: UserOfflineReason) {
        note("didOfflineOfUid \(uid) \(reason)")
    }
    func rtcEngine(_ engine: RtcEngineKit, didInterruptedOfUid uid: UInt) { note("didInterruptedOfUid \(uid)") }
    func rtcEngine(_ engine: RtcEngineKit, didResumedOfUid uid: UInt) { note("didResumedOfUid \(uid)") }
    func rtcEngine(_ engine: RtcEngineKit, tokenPrivilegeWillExpire token: String) {
        note("tokenPrivilegeWillExpire \(token)")
    }
    func rtcEngine(_ engine: RtcEngineKit, renewTokenResult token: String, code: RenewTokenCode) {
        note("renewTokenResult \(token) \(code)")
    }
    func rtcEngine(_ engine: RtcEngineKit, networkTypeChangedTo type: NetworkType) {
        note("networkTypeChangedTo \(type)")
    }
    func rtcEngine(_ engine: RtcEngineKit, didClientRoleChanged oldRole: ClientRole, newRole: ClientRole) {
        note("didClientRoleChanged \(oldRole) \(newRole)")
    }
    func rtcEngine(
        _ engine: RtcEngineKit, didClientRoleChangeFailed reason: ConnectionChangedReason, role: ClientRole
    ) { note("didClientRoleChangeFailed \(reason) \(role)") }
    func rtcEngine(
        _ engine: RtcEngineKit, receiveStreamMessageFromUid uid: UInt, streamId: Int, data: [UInt8]
    ) { note("receiveStreamMessageFromUid \(uid) \(streamId) \(data)") }
    func rtcEngine(
        _ engine: RtcEngineKit, didOccurStreamMessageErrorFromUid uid: UInt, streamId: Int, missed: UInt64
    ) { note("didOccurStreamMessageErrorFromUid \(uid) \(streamId) \(missed)") }
    func rtcEngine(_ engine: RtcEngineKit, didDropEvents count: UInt64) { note("didDropEvents \(count)") }
    func rtcEngine(
        _ engine: RtcEngineKit, didAttempt number: Int, outcome: AttemptOutcome, nextDelay: Duration?
    ) { note("didAttempt \(number) \(outcome) \(nextDelay.map { "\($0)" } ?? "nil")") }
}

/// A delegate needs no method.
private final class Silent: RtcEngineDelegate {}

@Suite struct EventRowsTests {
    /// An event of a kind, with another value in each field.
    private func event(_ kind: Int32) -> RtcEvent {
        let event = UnsafeMutablePointer<rj_event>.allocate(capacity: 1)
        defer { event.deallocate() }
        event.initialize(to: rj_event())
        event.pointee.kind = kind
        event.pointee.sequence = 7
        event.pointee.time_ns = 1_500_000_000
        event.pointee.old_state = 2
        event.pointee.state = 3
        event.pointee.reason = 1
        event.pointee.uid = .max
        event.pointee.elapsed_ms = 12
        event.pointee.code = 2
        event.pointee.network = 3
        event.pointee.old_role = 1
        event.pointee.role = 2
        event.pointee.stream_id = 4
        event.pointee.attempt = 5
        event.pointee.outcome = 3
        event.pointee.next_delay_ns = 250_000_000
        event.pointee.count = 6
        event.pointee.stats.members = 8
        event.pointee.text_length = 2
        let text = UnsafeMutablePointer(mutating: rj_event_text(event))
        text[0] = 104
        text[1] = 105
        return RtcEvent(event)
    }

    private let expected: [(slot: String, call: String)] = [
        ("connection_changed", "connectionChangedTo connected join success"),
        ("did_join_channel", "didJoinChannel hi 4294967295 12"),
        ("did_rejoin_channel", "didRejoinChannel hi 4294967295 12"),
        ("did_leave_channel", "didLeaveChannelWith 8"),
        ("stats", "reportRtcStats 8"),
        ("connection_lost", "connectionDidLost"),
        ("request_token", "requestToken"),
        ("user_joined", "didJoinedOfUid 4294967295 12"),
        ("user_offline", "didOfflineOfUid 4294967295 dropped"),
        ("user_interrupted", "didInterruptedOfUid 4294967295"),
        ("user_resumed", "didResumedOfUid 4294967295"),
        ("token_privilege_will_expire", "tokenPrivilegeWillExpire hi"),
        ("renew_token_result", "renewTokenResult hi expired"),
        ("network_changed", "networkTypeChangedTo 2g"),
        ("client_role_changed", "didClientRoleChanged broadcaster audience"),
        ("client_role_change_failed", "didClientRoleChangeFailed join success audience"),
        ("stream_message", "receiveStreamMessageFromUid 4294967295 4 [104, 105]"),
        ("stream_message_error", "didOccurStreamMessageErrorFromUid 4294967295 4 6"),
        ("events_dropped", "didDropEvents 6"),
        ("attempt", "didAttempt 5 busy 0.25 seconds"),
    ]

    @Test func everyRowHasACaseAndADelegateMethod() throws {
        let table = try rows(of: "RJ_EVENT_ROW", in: "abi/events.def")
        let sim = try Simulation()
        let engine = try sim.client(config: RtcEngineConfig(url: "rejoin://10.0.0.1"))
        try #require(table.count == expected.count, "a row of events.def is missing here, or its delegate method")
        for (index, row) in table.enumerated() {
            let event = event(Int32(index + 1))
            #expect(event.name == row[0].lowercased())
            #expect(event.kind.number == Int32(index + 1))
            #expect(event.sequence == 7 && event.time == .milliseconds(1500))
            if case .unknown = event.kind { Issue.record("\(row[0]) has no case") }
            let spy = Spy()
            event.kind.tell(spy, engine)
            #expect(row[1] == expected[index].slot)
            #expect(spy.calls.with { $0 } == [expected[index].call])
            event.kind.tell(Silent(), engine)
        }
    }

    @Test func connectionChangedTellsTheOldState() {
        #expect(event(1).kind == .connectionChanged(old: .connecting, state: .connected, reason: .joinSuccess))
    }

    @Test func anEventOfANewerLibraryIsUnknownAndHarmless() throws {
        let event = event(4711)
        #expect(event.kind == .unknown(4711))
        #expect(event.name == "unknown(4711)")
        let sim = try Simulation()
        let spy = Spy()
        event.kind.tell(spy, try sim.client(config: RtcEngineConfig(url: "rejoin://10.0.0.1")))
        #expect(spy.calls.with { $0.isEmpty })
    }
}
