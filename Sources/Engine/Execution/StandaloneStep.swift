import Digest
import Planning
import PostgresClient
import Revisions
import SQLText

/// A `transaction: off` revision, statement by statement. What the server allows in a transaction commits together with
/// its own row; for the rest an intent is written before, and the result after. What is found half done is probed.
extension Executor {
    func applyStandalone(_ work: Work) async throws {
        let key = StandaloneKey(revision: work.step.revision, direction: work.step.direction)
        let store = StandaloneStore(session: worker)
        try await worker.script(Self.cleaning.joined(separator: "; "))
        let begun = try await store.entries(of: key.revision, key.direction)
        var elapsed = Duration.zero
        for (index, statement) in work.section.statements.enumerated() {
            try Task.checkCancellation()
            if activity.isStopping { throw CancellationError() }
            let digest = SHA256Digest.of(statement.text)
            if let entry = begun[index] {
                guard entry.statementDigest == digest else { throw edited(statement, work) }
                if entry.isDone { continue }
                if !entry.mayBeRepeated, try await settle(statement, index: index, key, work) { continue }
            }
            elapsed += try await runStandalone(statement, index: index, digest: digest, key, work)
        }
        var trip = Trip()
        addBeginning(of: work, to: &trip, lockTimeout: nil)
        addRecord(of: work, to: &trip, makesVersionTable: makesVersionTable, elapsed: elapsed)
        trip.add(.record, StandaloneStore.clearing(key), work)
        trip.addCommit(of: work)
        try await send(trip)
    }

    private static let cleaning = SessionSettings.beforeRevision

    private func runStandalone(
        _ statement: Statement, index: Int, digest: SHA256Digest, _ key: StandaloneKey, _ work: Work
    ) async throws -> Duration {
        if statement.kind.refusedInTransaction != .yes {
            do {
                return try await inTransaction(statement, index: index, digest: digest, key, work)
            } catch let failure as Failure where failure.sql?.sqlState == "25001" {
                // active_sql_transaction: the text did not tell, the server does.
            }
        }
        return try await withLockRetries(work) { lockTimeout in
            try await alone(
                statement, index: index, digest: digest, key, work,
                lockTimeout: statement.kind.patience == .concurrent ? nil : lockTimeout)
        }
    }

    /// The statement and the row that says it is done, in one transaction.
    private func inTransaction(
        _ statement: Statement, index: Int, digest: SHA256Digest, _ key: StandaloneKey, _ work: Work
    ) async throws -> Duration {
        let done = StandaloneStore.done(index, digest, of: key, job: job.id.number)
        return try await withLockRetries(work) { lockTimeout in
            let start = ContinuousClock.now
            var trip = Trip()
            addBeginning(of: work, to: &trip, lockTimeout: lockTimeout)
            addStatements(index..<index + 1, of: work, to: &trip)
            trip.add(.leave, SessionSettings.beforeRecording, work)
            trip.add(.record, TransactionMark.confirmation, work)
            trip.add(.record, done, work)
            trip.add(.record, Query(raw: "COMMIT"), work)
            try await send(trip)
            return ContinuousClock.now - start
        }
    }

    /// The statement by itself, between its intent and its result.
    private func alone(
        _ statement: Statement, index: Int, digest: SHA256Digest, _ key: StandaloneKey, _ work: Work,
        lockTimeout: Duration?
    ) async throws -> Duration {
        let store = StandaloneStore(session: worker)
        if case .createIndex = statement.kind.probe {
            // IF NOT EXISTS would be content with the invalid index of a build that was cut off: it goes first.
            _ = try await StepProbe(session: worker).look(at: statement)
        }
        try await store.intend(index, digest, of: key, job: job.id.number)
        let settings = SessionSettings.forStatements(
            scope: "SESSION", role: configuration.role, statementTimeout: configuration.statementTimeout,
            lockTimeout: lockTimeout)
        let before = Self.cleaning.joined(separator: "; ")
        try await worker.script((Self.cleaning + settings).joined(separator: "; "))
        let clock = ContinuousClock()
        let start = clock.now
        do {
            try await runAlone(statement, number: index + 1, of: work)
        } catch let refused as StatementError {
            // The server has answered: the statement failed. The probe clears away what it left behind. What looks as if it
            // had taken effect was there before, unless it is a detaching that the probe itself has finished.
            await Task { [worker] in try? await worker.script(before) }.value
            let found = try await StepProbe(session: worker).look(at: statement)
            if case .detachPartition = statement.kind.probe, found == .applied { throw refused.failure(in: work) }
            try await store.withdraw(index, of: key)
            throw refused
        } catch {
            // Cut off: its intent stays, and whoever goes on with the revision looks at what it left behind first.
            await Task { [worker, reporter, job] in
                try? await worker.script(before)
                await reporter.event(
                    job.id.number, .stepProgress,
                    "\(statement.kind.verb) of \(key.revision) was cut off; the next upgrade sees to what it left behind",
                    revision: key.revision)
            }.value
            throw error
        }
        try await worker.script(before)
        try await store.settle(index, of: key, by: "result")
        return clock.now - start
    }

    /// Settles a statement that was intended and never answered. Returns whether it is done.
    private func settle(_ statement: Statement, index: Int, _ key: StandaloneKey, _ work: Work) async throws -> Bool {
        let store = StandaloneStore(session: worker)
        let found = try await withLockRetries(work) { lockTimeout in
            do {
                return try await StepProbe(session: worker, role: configuration.role, lockTimeout: lockTimeout)
                    .look(at: statement)
            } catch let error as ServerError where LockRetry.retried.contains(error.sqlState) {
                throw StatementError(statement: statement, error: error)
            }
        }
        switch found {
        case .applied:
            try await store.settle(index, of: key, by: "probe")
            await reporter.event(
                job.id.number, .stepProgress, "found done: \(statement.kind.verb) of \(key.revision)",
                revision: key.revision)
            return true
        case .notApplied, .repeatable:
            return false
        case .unknown:
            try await store.claim(index, of: key, job: job.id.number)
            throw Failure(
                .needsDecision,
                "cannot tell whether a statement of revision \"\(key.revision)\" took effect before it was cut off",
                hint: "look at it, then say: migratectl resolve \(job.id) --applied | --not-applied | --retry",
                location: Failure.Location(
                    path: work.revision.path, line: statement.position.line, column: statement.position.column),
                notes: [Secrets.hidden(in: statement.text)])
        }
    }

    private func edited(_ statement: Statement, _ work: Work) -> Failure {
        Failure(
            .editedAfterApply,
            "cannot go on with revision \"\(work.step.revision)\": a statement was changed after it had been run",
            hint: "put the statement back as it was, and add what is new behind the ones that were run",
            location: Failure.Location(
                path: work.revision.path, line: statement.position.line, column: statement.position.column))
    }
}
