import Planning
import PostgresClient

/// Brings back what a daemon that ended left behind. Runs when a worker starts, and whenever it finds a running job whose
/// runner is gone from the server.
struct Recovery: Sendable {
    let sessions: SessionPair
    let reporter: Reporter
    let backups: any BackupProvider
    let configuration: DatabaseConfiguration

    /// How often a job is brought back before it is taken to be the cause of it.
    static let attemptLimit = 10

    /// Takes the lock, so that nobody else recovers at the same time, and puts abandoned jobs back into the queue. What
    /// they did is in the version table and the history; planning from there makes running them again harmless.
    ///
    /// - Returns: whether the lock was to be had; where not, somebody else is at work.
    func run() async throws -> Bool {
        let lock = MigrationLock(session: sessions.worker)
        guard try await lock.tryAcquire() else { return false }
        do {
            for (job, attempts) in try await reporter.jobs.abandoned() {
                try await bringBack(job, attempts: attempts)
            }
            await backups.removeUnfinished()
            await Rehearsal.removeAbandoned(configuration.rehearsal, database: configuration.name)
        } catch {
            await Task { try? await lock.release() }.value
            throw error
        }
        try await lock.release()
        return true
    }

    private func bringBack(_ job: Job, attempts: Int) async throws {
        guard job.state.onRestart != .leave else { return }
        await reporter.tellApplied(job.id.number)
        let applied = try await HistoryStore(database: job.id.database, session: sessions.observer)
            .applied(by: job.id.number)
        let found =
            job.state.onRestart == .reconcile && job.kind.direction != nil
            ? ", \(applied) of its revisions are applied" : ""
        var move = JobStore.Move(from: job.state, to: .queued, isRecovery: true)
        var kind = JobEvent.Kind.jobStateChanged
        var message = "found in state \(job.state.rawValue) without its runner\(found): back in the queue"
        if attempts >= Self.attemptLimit {
            move.to = .failed
            move.failure = Failure(
                .sessionLost, "cannot finish \(job.id): its session was lost \(attempts) times",
                hint: "see the server's log for what ends it, then queue the job again")
            kind = .jobFailed
            message = "lost its session \(attempts) times: given up"
        }
        let event = try await reporter.jobs.move(job.id.number, move, runner: nil, event: kind, message: message)
        if let event { reporter.announce(event, failure: move.failure) }
    }
}
