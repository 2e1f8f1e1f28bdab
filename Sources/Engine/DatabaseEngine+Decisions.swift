public import Planning
import PostgresClient

/// What only a person can decide: about a statement that was cut off, and about a session that nobody answers for.
extension DatabaseEngine {
    /// What a person says who has looked.
    public enum Decision: String, Sendable, Hashable {
        /// The statement took effect: it is not run again.
        case applied
        /// Nothing of it is left: it is run again, and should it be cut off once more, it is asked about once more.
        case notApplied = "not applied"
        /// Running it again does no harm: it is run until it was not cut off.
        case retry = "to be run again, whatever came of it"
        /// The job ends as failed, and the statement stays in doubt.
        case abandon = "abandoned"
        /// The job's session is to be ended, whatever it does.
        case endSession = "its session is ended"
    }

    /// Settles a job that needs a decision, or ends the session of one that another daemon has left behind; who decided and
    /// why is kept with it.
    ///
    /// - Throws: `Failure` `no-such-job`, `invalid-state`.
    public func resolve(_ number: Int64, _ decision: Decision, reason: String, by person: Person) async throws -> Job {
        let sessions = try await sessions()
        let job = try await job(number)
        let record = "\(person.userName) (uid \(person.uid)): \(reason)"
        if decision == .endSession {
            try await endRunner(of: job, record, sessions)
        } else {
            try await settle(job, decision, record, sessions)
        }
        await notifyOthers(sessions)
        return try await self.job(number)
    }

    private func settle(_ job: Job, _ decision: Decision, _ record: String, _ sessions: SessionPair) async throws {
        guard job.state == .needsDecision else {
            throw Failure(
                .invalidState, "cannot resolve job \"\(job.id)\": it is \(job.state.rawValue)",
                hint: job.state.isRunning ? "to end the session that works on it, add --end-session" : nil)
        }
        let store = StandaloneStore(session: sessions.observer)
        let number = job.id.number
        switch decision {
        case .applied: try await store.settleOpen(of: number, by: record)
        case .notApplied: try await store.withdrawOpen(of: number)
        case .retry: try await store.allowRepeating(of: number, by: record)
        case .abandon, .endSession: break
        }
        var move = JobStore.Move(from: .needsDecision, to: decision == .abandon ? .failed : .queued)
        if decision == .abandon { move.failure = job.failure }
        let kind: JobEvent.Kind = decision == .abandon ? .jobFailed : .jobStateChanged
        let event = try await jobs(sessions).move(
            number, move, runner: nil, event: kind, message: "decided by \(record): \(decision.rawValue)")
        if let event { reporter(sessions).announce(event) }
        own(number)
    }

    /// The session takes what it has not committed with it; the job is brought back as any other whose runner is gone.
    private func endRunner(of job: Job, _ record: String, _ sessions: SessionPair) async throws {
        guard job.state.isRunning, activity.current?.job != job.id.number else {
            throw Failure(
                .invalidState,
                "cannot end the session of job \"\(job.id)\": \(job.state.isRunning ? "it is this daemon's" : "it is \(job.state.rawValue)")",
                hint: job.state.isRunning ? "cancel it: migratectl cancel \(job.id)" : nil)
        }
        let ended: Int32?
        do {
            ended = try await jobs(sessions).endRunner(of: job.id.number, except: sessions.runner.pid)
        } catch let error as ServerError where error.sqlState == "42501" {
            throw Failure(
                .permissionDenied, "cannot end the session of job \"\(job.id)\": \(error.message)",
                hint: "GRANT pg_signal_backend TO the user that migrated connects as, or end it as a superuser")
        }
        guard let ended else {
            throw Failure(
                .invalidState, "cannot end the session of job \"\(job.id)\": it is gone",
                hint: "watch it go on: migratectl watch \(job.id)")
        }
        await reporter(sessions).event(
            job.id.number, .jobStateChanged, "decided by \(record): \(Decision.endSession.rawValue), pid \(ended)")
        signal.raise()
    }
}
