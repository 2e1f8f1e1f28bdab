import Glibc
import Planning
import PostgresClient
import Synchronization

@testable import Engine

/// Ends an engine's sessions at a moment that the pipeline passes, as the death of the server's processes would: the test
/// may send signals to them, and a signal needs no session.
final class SessionLoss: Sendable {
    private let engine = Mutex<DatabaseEngine?>(nil)
    private let left: Mutex<Int>
    private let state: JobState

    /// - Parameter times: How often it happens.
    init(entering state: JobState, times: Int = 1) {
        self.state = state
        left = Mutex(times)
    }

    var faults: FaultPlan { FaultPlan { self.entered($0) } }

    func arm(_ engine: DatabaseEngine) { self.engine.withLock { $0 = engine } }

    private func entered(_ state: JobState) {
        guard state == self.state, let engine = engine.withLock({ $0 }),
            case .connected(let sessions, _) = engine.connection,
            left.withLock({ left in
                defer { left -= 1 }
                return left > 0
            })
        else { return }
        kill(sessions.worker.backendPID, SIGTERM)
        kill(sessions.observer.backendPID, SIGTERM)
    }
}
