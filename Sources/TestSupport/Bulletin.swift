import Synchronization

/// A state that others wait for: each change wakes those who wait, and whoever is cancelled stops waiting.
public final class Bulletin<State: Sendable>: Sendable {
    private struct Board {
        var state: State
        var generation = 0
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter = 0
    }

    private let board: Mutex<Board>

    /// Posts the first state.
    public init(_ state: State) {
        board = Mutex(Board(state: state))
    }

    /// The state at this moment.
    public var state: State { board.withLock { $0.state } }

    /// Changes the state and wakes everybody.
    @discardableResult
    public func change<R: Sendable>(_ body: @Sendable (inout State) -> R) -> R {
        let (result, waiters) = board.withLock { board in
            let result = body(&board.state)
            board.generation += 1
            defer { board.waiters = [:] }
            return (result, Array(board.waiters.values))
        }
        for waiter in waiters { waiter.resume() }
        return result
    }

    /// Waits until `find` finds something in the state.
    ///
    /// - Throws: `CancellationError`.
    @discardableResult
    public func first<R: Sendable>(_ find: @Sendable (State) throws -> R?) async throws -> R {
        while true {
            try Task.checkCancellation()
            let (state, generation) = board.withLock { ($0.state, $0.generation) }
            if let found = try find(state) { return found }
            await wait(since: generation)
        }
    }

    private func wait(since generation: Int) async {
        let number = board.withLock { board in
            board.nextWaiter += 1
            return board.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = board.withLock { board in
                    if board.generation != generation || Task.isCancelled { return true }
                    board.waiters[number] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            board.withLock { $0.waiters.removeValue(forKey: number) }?.resume()
        }
    }
}

/// What was waited for has not come.
public struct TookTooLong: Error, CustomStringConvertible {
    /// What was waited for, and what there was instead.
    public var description: String
}

/// Gives something that must happen a generous time to happen in, more of it where a sanitizer watches; tests assert no
/// times.
@discardableResult
public func within<R: Sendable>(
    _ limit: Duration = .seconds(60), _ what: @autoclosure @escaping @Sendable () -> String,
    _ body: @escaping @Sendable () async throws -> R
) async throws -> R {
    let limit = limit * Instrumentation.slowness
    return try await withThrowingTaskGroup(of: R?.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: limit)
            return nil
        }
        defer { group.cancelAll() }
        guard let first = try await group.next(), let result = first else {
            throw TookTooLong(description: "waited for \(limit) in vain: \(what())")
        }
        return result
    }
}
