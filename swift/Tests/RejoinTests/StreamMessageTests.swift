// Messages of members to each other.
import Foundation
import Testing

@testable import Rejoin

@Suite struct StreamMessageTests {
    @Test func messagesArriveInOrder() throws {  // D-1 D-2 D-3 D-4
        let sim = try Simulation(seed: 2)
        let edge = try sim.edge()
        let (first, second) = (Recorder(), Recorder())
        let one = try sim.client(edge, uid: 1, delegate: first)
        let two = try sim.client(edge, uid: 2, delegate: second)
        try joined(sim, [one, two], [first, second])
        let stream = try one.createDataStream()
        #expect(one.sendStreamMessage(stream, data: "hello".utf8) == 0)
        #expect(one.sendStreamMessage(stream, data: Data([0, 1, 255])) == 0)
        #expect(one.sendStreamMessage(stream, data: [UInt8](repeating: 7, count: 1024)) == 0)
        try sim.run(for: .seconds(1))
        #expect(
            second.kinds == [
                .streamMessage(uid: 1, streamId: stream, data: Array("hello".utf8)),
                .streamMessage(uid: 1, streamId: stream, data: [0, 1, 255]),
                .streamMessage(uid: 1, streamId: stream, data: [UInt8](repeating: 7, count: 1024)),
            ])
        #expect(first.kinds.isEmpty)
    }

    @Test func badInputGetsItsStatus() throws {  // D-1 D-2
        let sim = try Simulation()
        let engine = try sim.client(try sim.edge(), uid: 1)
        #expect(error { _ = try engine.createDataStream() }?.code == .notInChannel)
        #expect(error { _ = try engine.createDataStream(reliable: true, ordered: false) }?.code == .invalidArgument)
        #expect(engine.sendStreamMessage(1, data: [1]) == StatusCode.notInChannel.rawValue)
        try joined(sim, [engine], [])
        for id in 1...5 { #expect(try engine.createDataStream(reliable: false, ordered: false) == id) }
        #expect(error { _ = try engine.createDataStream() }?.code == .tooManyDataStreams)
        #expect(engine.sendStreamMessage(1, data: [UInt8]()) == StatusCode.sizeTooLarge.rawValue)
        #expect(engine.sendStreamMessage(1, data: [UInt8](repeating: 1, count: 1025)) == -114)
        for id in [0, 6, -1, Int.max] {
            #expect(engine.sendStreamMessage(id, data: [1]) == StatusCode.invalidArgument.rawValue)
        }
        #expect(engine.lastError?.argument == "streamId")
        var sent = 0
        while engine.sendStreamMessage(1, data: [1]) == 0, sent < 100 { sent += 1 }
        #expect(sent == 60)
        #expect(engine.lastError?.code == .bitrateLimit)
        engine.destroy()
        #expect(engine.sendStreamMessage(1, data: [1]) == StatusCode.notInitialized.rawValue)
        #expect(error { _ = try engine.createDataStream() }?.code == .notInitialized)
    }
}
