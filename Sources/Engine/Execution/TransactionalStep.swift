import Planning
import PostgresClient
import Revisions
import SQLText

/// A revision in one transaction: its statements, the version rows and the history row commit together or not at all.
extension Executor {
    func applyTransactional(_ work: Work) async throws -> Applied {
        try await withLockRetries(work) { lockTimeout in
            try await transaction(work, lockTimeout: lockTimeout) { begun in
                for (index, statement) in work.section.statements.enumerated() {
                    try await run(statement, number: index + 1, of: work)
                }
                return { elapsed in try await record(work, in: begun, elapsed: elapsed) }
            }
        }
    }

    /// What a transaction did: how long the revision's statements took, and the event that was written with them.
    struct Applied: Sendable {
        var elapsed: Duration
        var event: JobEvent?
    }

    /// Records what the revision's statements did, and how long they took, in their transaction.
    typealias Recording = (_ elapsed: Duration) async throws -> JobEvent?

    /// One transaction of the worker. `body` runs the revision's statements and returns what to record once our own
    /// rights and names are back.
    func transaction(
        _ work: Work, lockTimeout: Duration?, _ body: (_ begun: String) async throws -> Recording
    ) async throws -> Applied {
        let settings = SessionSettings.forStatements(
            scope: "LOCAL", role: configuration.role, statementTimeout: configuration.statementTimeout,
            lockTimeout: lockTimeout)
        let begin = [SessionSettings.beforeRevision, SessionSettings.begin, settings]
        do {
            try await start(begin.filter { !$0.isEmpty }.joined(separator: "; "), work)
            let begun = try await worker.query("SELECT pg_catalog.pg_current_xact_id()::text AS id")
                .first?.decode("id", as: String.self)
            let clock = ContinuousClock()
            let start = clock.now
            let record = try await body(begun ?? "")
            let elapsed = clock.now - start
            try await leave(work)
            let event = try await record(elapsed)
            try await commit(work)
            return Applied(elapsed: elapsed, event: event)
        } catch {
            await rollBack()
            throw error
        }
    }

    private func start(_ script: String, _ work: Work) async throws {
        do {
            try await worker.script(script)
        } catch let error as ServerError where !error.endsSession {
            if Task.isCancelled { throw CancellationError() }
            throw Failure(
                .permissionDenied, "cannot begin revision \"\(work.step.revision)\": \(error.message)",
                hint: configuration.role.map { "see that the role \"\($0)\" exists, and grant it: GRANT \($0) TO …" },
                notes: [error.detail].compactMap { $0 })
        }
    }

    /// Ends the revision's part of the transaction: what it deferred is done now, as the role and with the names that the
    /// revision has, and then our own are back.
    private func leave(_ work: Work) async throws {
        do {
            try await worker.script(SessionSettings.beforeRecording)
        } catch let error as ServerError {
            if Task.isCancelled { throw CancellationError() }
            guard !error.endsSession else { throw ConnectionError(error) }
            guard !LockRetry.retried.contains(error.sqlState) else {
                throw StatementError(statement: nil, error: error)
            }
            throw Self.failure(error, ending: work)
        }
    }

    /// Moves the version rows and writes the history, after the server has confirmed that this is still the transaction in
    /// which the step began and that this backend still holds the lock: a stray COMMIT is caught here.
    func record(_ work: Work, in begun: String, elapsed: Duration) async throws -> JobEvent? {
        let history = HistoryStore(database: configuration.name, session: worker)
        let entry = HistoryStore.Entry(
            job: job.id.number, step: work.step, meaningDigest: work.section.meaningDigest,
            elapsedMilliseconds: elapsed.seconds * 1000, message: Self.sentence(work.step, elapsed),
            progress: work.progress)
        let recorded: HistoryStore.Recorded
        do {
            if makesVersionTable { try await sessions.versions.create(on: worker) }
            recorded = try await history.record(
                entry, transaction: begun, in: sessions.versions, identity: sessions.identity)
        } catch let error as ServerError where LockRetry.retried.contains(error.sqlState) {
            throw StatementError(statement: nil, error: error)
        } catch let error as ServerError where error.sqlState == "23505" {
            throw Failure(
                .versionChanged, "cannot record revision \"\(work.step.revision)\": \(error.message)",
                hint: "look at what else changes the version table", notes: [error.detail].compactMap { $0 })
        }
        guard recorded.isSameTransaction else { throw escaped(work, "it ended its own transaction") }
        guard recorded.holdsLock else { throw escaped(work, "it dropped the lock of migrated") }
        for (change, hit) in zip(work.step.rowChanges, recorded.rowsHit) where hit != 1 {
            throw Failure(
                .versionChanged,
                "cannot record revision \"\(work.step.revision)\": the version table is not what the plan was made for",
                hint: "somebody else changed it; look at it and queue the job again",
                notes: ["\(change) hit \(hit) rows"])
        }
        return recorded.event
    }

    func escaped(_ work: Work, _ reason: String) -> Failure {
        Failure(
            .transactionEscaped, "cannot record revision \"\(work.step.revision)\": \(reason)",
            hint:
                "take COMMIT, ROLLBACK and unlocking out of its functions and procedures; look at what it left behind",
            location: Failure.Location(path: work.revision.path))
    }

    /// Tries the whole transaction again while table locks cannot be had, inside the budget, and names who is in the way.
    func withLockRetries(_ work: Work, _ attempt: (Duration?) async throws -> Applied) async throws -> Applied {
        let clock = ContinuousClock()
        let start = clock.now
        var number = 0
        // Those seen last: a short attempt may end between two looks at who is in its way.
        var blockers: [Blocker] = []
        while true {
            do {
                return try await attempt(retry.timeout(attempt: number, elapsed: clock.now - start))
            } catch let refused as StatementError {
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
                try await Task.sleep(for: pause)
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
        failure.hint = "end those sessions, or retry at a quieter hour"
        failure.notes += blockers.map { "held by \($0.description)" }
        return failure
    }
}
