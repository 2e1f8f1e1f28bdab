import Liveness
import Planning
import PostgresClient
import Revisions
import SQLText

/// Waiting for table locks: the whole transaction again and again, inside a budget.
extension Executor {
    /// Tries the transaction again while table locks cannot be had, and names who is in the way.
    func withLockRetries<Result>(_ work: Work, _ attempt: (Duration?) async throws -> Result) async throws -> Result {
        let clock = ContinuousClock()
        let start = clock.now
        var number = 0
        var isPreparedAnew = false
        // Those seen last: a short attempt may end between two looks at who is in its way.
        var blockers: [Blocker] = []
        while true {
            do {
                return try await attempt(
                    retry.timeout(attempt: number, elapsed: clock.now - start, patience: patience(for: work)))
            } catch let refused as StatementError {
                if refused.isStale, !isPreparedAnew {
                    isPreparedAnew = true
                    continue
                }
                guard LockRetry.retried.contains(refused.error.sqlState) else { throw refused.failure(in: work) }
                let seen = activity.takeBlockers()
                if !seen.isEmpty { blockers = seen }
                guard let pause = retry.pause(afterAttempt: number, elapsed: clock.now - start) else {
                    throw lockFailure(refused, work, attempts: number + 1, blockers)
                }
                number += 1
                let names = blockers.map(\.description).joined(separator: "; ")
                await reporter.event(
                    job.id.number, .stepRetried,
                    """
                    no lock for \(refused.statement?.kind.verb ?? "the version row") of \(work.step.revision), attempt \(number), next in \
                    \(pause.milliseconds) ms\(names.isEmpty ? "" : "; held by \(names)")
                    """, revision: work.step.revision)
                if activity.isStopping { throw CancellationError() }
                try await Vigil.waiting { try await Task.sleep(for: pause) }
            }
        }
    }

    private func lockFailure(
        _ refused: StatementError, _ work: Work, attempts: Int, _ blockers: [Blocker]
    ) -> Failure {
        var failure = refused.failure(in: work)
        failure.code = .tableLockTimeout
        failure.message = """
            cannot \(work.step.direction == .upgrade ? "apply" : "downgrade") revision "\(work.step.revision)": no table \
            lock within \(Int(retry.settings.budget.seconds)) s (\(attempts) attempts)
            """
        failure.hint = "end those sessions, or retry at a quieter hour: migratectl retry \(job.id)"
        failure.notes += blockers.map { "held by \($0.description)" }
        return failure
    }
}
