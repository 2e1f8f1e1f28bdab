import Synchronization

/// Passes Ctrl-C on to those who can do something about it at the moment.
final class InterruptRelay: Sendable {
    private struct State {
        var listeners: [Int: AsyncStream<Void>.Continuation] = [:]
        var next = 0
    }

    private let state = Mutex(State())

    /// From now on, each interruption is an element.
    func stream() -> AsyncStream<Void> {
        AsyncStream { continuation in
            let number = state.withLock { state in
                state.next += 1
                state.listeners[state.next] = continuation
                return state.next
            }
            continuation.onTermination = { @Sendable _ in
                self.state.withLock { _ = $0.listeners.removeValue(forKey: number) }
            }
        }
    }

    /// Tells all who listen; false where nobody does.
    func send() -> Bool {
        let listeners = state.withLock { Array($0.listeners.values) }
        for listener in listeners { listener.yield() }
        return !listeners.isEmpty
    }
}
