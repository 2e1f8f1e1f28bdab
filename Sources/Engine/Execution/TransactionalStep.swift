import Planning
import PostgresClient
import Revisions
import SQLText

/// A revision in one transaction: its statements, the version rows and the history row commit together or not at all.
extension Executor {
    /// Applies the revision up to its COMMIT, which goes with what is sent next: one trip to the server a revision.
    func applyTransactional(_ work: Work) async throws {
        try await withLockRetries(work) { lockTimeout in
            try await record(work, statements: work.section.statements.indices, lockTimeout: lockTimeout)
        }
    }

    /// Runs statements of the revision and records it as applied in one transaction, and leaves that open.
    ///
    /// - Parameters:
    ///   - elapsed: How long the revision took; nil for the time that the transaction took.
    ///   - cleaning: What is forgotten as soon as the revision is recorded.
    func record(
        _ work: Work, statements: Range<Int>, lockTimeout: Duration?, elapsed: Duration? = nil, cleaning: [Query] = []
    ) async throws {
        let history = HistoryStore(database: configuration.name, session: worker)
        let entry = HistoryStore.Entry(
            job: job.id.number, step: work.step, meaningDigest: work.section.meaningDigest, elapsed: elapsed,
            progress: work.progress)
        let creation = makesVersionTable ? [Query(raw: sessions.versions.creation)] : []
        let recording = try HistoryStore.recording(entry, in: sessions.versions, identity: sessions.identity)
        try await transaction(
            work, statements: statements, lockTimeout: lockTimeout, record: cleaning + creation + [recording]
        ) { result in
            let recorded = try history.recorded(entry, result)
            try check(recorded, work)
            uncommitted = Uncommitted(work: work, event: recorded.event)
        }
    }

    /// One transaction of the worker, up to its COMMIT: statements of the revision, then what we record once our own rights
    /// and names are back. The COMMIT of the revision before goes with it.
    ///
    /// - Parameter check: Judges the answer to the last query of `record`; where it throws, all is rolled back.
    func transaction(
        _ work: Work, statements: Range<Int>, lockTimeout: Duration?, record: [Query],
        check: (QueryResult) throws -> Void
    ) async throws {
        var trip = Trip()
        if uncommitted != nil { trip.add(.commit, Self.commit) }
        for command in SessionSettings.beforeRevision + [SessionSettings.begin] {
            trip.add(.begin, Query(raw: command))
        }
        trip.add(.begin, TransactionMark.setting)
        let settings = SessionSettings.forStatements(
            scope: "LOCAL", role: configuration.role, statementTimeout: configuration.statementTimeout,
            lockTimeout: lockTimeout)
        for setting in settings { trip.add(.begin, Query(raw: setting)) }
        for index in statements {
            trip.add(work.section.statements[index], number: index + 1, of: work.section.statements.count)
        }
        for command in SessionSettings.beforeRecording { trip.add(.leave, Query(raw: command)) }
        for query in record { trip.add(.record, query) }
        do {
            try check(try await send(trip, work))
        } catch {
            // Before the COMMIT has gone, what is open is the transaction of the revision before.
            if uncommitted == nil { await rollBack() }
            throw error
        }
    }

    private func check(_ recorded: HistoryStore.Recorded, _ work: Work) throws(Failure) {
        guard recorded.isSameTransaction else { throw escaped(work, "it ended its own transaction") }
        guard recorded.holdsLock else { throw escaped(work, "it dropped the lock of migrated") }
        for (change, hit) in zip(work.step.rowChanges, recorded.rowsHit) where hit != 1 {
            throw Failure(
                .versionChanged,
                "cannot record revision \"\(work.step.revision)\": the version table is not what the plan was made for",
                hint: "somebody else changed it; look at it and queue the job again",
                notes: ["\(change) hit \(hit) rows"])
        }
    }

    func escaped(_ work: Work, _ reason: String) -> Failure {
        Failure(
            .transactionEscaped, "cannot record revision \"\(work.step.revision)\": \(reason)",
            hint:
                "take COMMIT, ROLLBACK and unlocking out of its functions and procedures; look at what it left behind",
            location: Failure.Location(path: work.revision.path))
    }
}
