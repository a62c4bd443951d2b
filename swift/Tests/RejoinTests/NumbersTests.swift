// The enums are those of the contract: base/numbers.def is the one list.
import Testing

@testable import Rejoin

@Suite struct NumbersTests {
    private func check<Number: OpenNumber>(_ type: Number.Type, _ group: String) throws {
        let known = try rows(of: "RJ_NUMBER", in: "core/base/numbers.def").filter { $0[0] == group }
        #expect(!known.isEmpty)
        for row in known {
            let value = try #require(Int32(row[2]))
            let number = Number(rawValue: value)
            #expect(number.rawValue == value)
            #expect(number.description == row[3])
            #expect(!String(reflecting: number).contains("unknown("), "\(type) has no case for \(row)")
        }
        for value in [Int32.max, .min, 99] {
            let number = Number(rawValue: value)
            #expect(number.rawValue == value)
            #expect(number.description == "unknown(\(value))")
        }
    }

    @Test func everyNumberHasItsCaseAndName() throws {
        try check(ConnectionState.self, "STATE")
        try check(ConnectionChangedReason.self, "REASON")
        try check(UserOfflineReason.self, "OFFLINE")
        try check(NetworkType.self, "NETWORK")
        try check(ClientRole.self, "ROLE")
        try check(ChannelProfile.self, "PROFILE")
        try check(Dialect.self, "DIALECT")
        try check(StatusCode.self, "STATUS")
        try check(AttemptOutcome.self, "ATTEMPT")
    }

    @Test func unknownNumbersStayWhatTheyAre() {
        #expect(ConnectionChangedReason(rawValue: 77) == .unknown(77))
        switch ConnectionState(rawValue: 6) {
        case .unknown(let number): #expect(number == 6)
        default: Issue.record("6 is no state")
        }
    }
}
