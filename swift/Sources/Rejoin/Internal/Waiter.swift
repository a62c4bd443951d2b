// One task that waits for one result, which comes once, from any thread, perhaps before the task waits.

final class Waiter<Value: Sendable>: Sendable {
    private enum Stage {
        case open
        case waiting(CheckedContinuation<Value, any Error>)
        case ended(Result<Value, any Error>)
    }

    private let stage = Locked(Stage.open)

    /// The first result counts; false: there was one.
    @discardableResult
    func end(_ result: Result<Value, any Error>) -> Bool {
        let (isFirst, continuation) = stage.with { stage -> (Bool, CheckedContinuation<Value, any Error>?) in
            switch stage {
            case .open:
                stage = .ended(result)
                return (true, nil)
            case .waiting(let continuation):
                stage = .ended(result)
                return (true, continuation)
            case .ended:
                return (false, nil)
            }
        }
        continuation?.resume(with: result)
        return isFirst
    }

    func value() async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let result = stage.with { stage -> Result<Value, any Error>? in
                if case .ended(let result) = stage { return result }
                stage = .waiting(continuation)
                return nil
            }
            if let result { continuation.resume(with: result) }
        }
    }
}

extension Result {
    /// The same with any error.
    var widened: Result<Success, any Error> { mapError { $0 as any Error } }
}
