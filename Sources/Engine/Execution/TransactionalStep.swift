import Planning
import PostgresClient
import Revisions

/// Revisions in one transaction each: statements, version rows and history row commit together or not at all.
extension Executor {
    /// Applies a revision, again and again while table locks cannot be had.
    func applyTransactional(_ work: Work) async throws {
        try await withLockRetries(work) { lockTimeout in
            var trip = Trip()
            add(work, to: &trip, lockTimeout: lockTimeout, makesVersionTable: makesVersionTable)
            try await send(trip)
        }
    }

    /// Applies several revisions in one trip, each in its transaction. The server runs nothing of what follows a failure, so
    /// that what was applied is always a beginning of `works`.
    func applyTogether(_ works: ArraySlice<Work>) async throws {
        var trip = Trip()
        for work in works {
            add(
                work, to: &trip,
                lockTimeout: retry.timeout(attempt: 0, elapsed: .zero, patience: patience(for: work)),
                makesVersionTable: makesVersionTable && work.number == works.first?.number)
        }
        try await send(trip)
    }

    private func add(
        _ work: Work, to trip: inout Trip, lockTimeout: Duration?, makesVersionTable: Bool
    ) {
        addBeginning(of: work, to: &trip, lockTimeout: lockTimeout)
        addStatements(work.section.statements.indices, of: work, to: &trip)
        addRecord(of: work, to: &trip, makesVersionTable: makesVersionTable)
        trip.addCommit(of: work)
    }

    /// Begins a transaction in which statements of the revision can run.
    func addBeginning(of work: Work, to trip: inout Trip, lockTimeout: Duration?) {
        trip.add(.begin, SessionSettings.beforeRevision + [SessionSettings.begin], work)
        trip.add(
            .begin,
            TransactionMark.setting(
                role: configuration.role, statementTimeout: configuration.statementTimeout, lockTimeout: lockTimeout),
            work)
    }

    /// Gets our own rights and names back, and records the revision as applied.
    ///
    /// - Parameter elapsed: How long it took; nil for the time since the transaction began.
    func addRecord(
        of work: Work, to trip: inout Trip, makesVersionTable: Bool, elapsed: Duration? = nil
    ) {
        let entry = HistoryStore.Entry(
            job: job.id.number, step: work.step, meaningDigest: work.section.meaningDigest, elapsed: elapsed)
        trip.add(.leave, SessionSettings.beforeRecording, work)
        if makesVersionTable { trip.add(.record, [sessions.versions.creation], work) }
        trip.add(
            .record, HistoryStore.recording(entry, in: sessions.versions, identity: sessions.identity), work)
    }
}
