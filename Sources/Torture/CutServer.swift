import Synchronization
import TestSupport

/// The server behind a proxy that cuts, and what becomes of it at a cut: nobody is let through until it is back, or until its
/// standby has taken over.
final class CutServer: Sendable {
    private struct State {
        var primary: TestCluster
        var standby: TestCluster?
    }

    private let state: Mutex<State>

    init(primary: TestCluster, standby: TestCluster?) {
        state = Mutex(State(primary: primary, standby: standby))
    }

    /// Who takes changes.
    var present: TestCluster { state.withLock { $0.primary } }

    func suffer(_ aftermath: CommitCuts.Aftermath, behind proxy: CuttingProxy) async throws {
        switch aftermath {
        case .nothing:
            break
        case .crash:
            try await present.restart(.immediate)
            proxy.open(to: present)
        case .promotion:
            guard let heir = state.withLock({ $0.standby.take() }) else { break }
            let dead = present
            await dead.stop(.immediate)
            try await heir.promote()
            state.withLock { $0.primary = heir }
            proxy.open(to: heir)
            await dead.destroy()
        }
    }
}
