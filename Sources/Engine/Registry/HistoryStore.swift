import Digest
import Planning
import PostgresClient
import Revisions

/// The history: what was applied, when and on which server. Append-only.
struct HistoryStore: Sendable {
    let database: String
    let session: any PostgresSession

    /// What is recorded of an applied step, in the transaction that applies it.
    struct Entry: Sendable {
        var job: Int64
        var step: Step
        var meaningDigest: SHA256Digest
        /// Nil for the time since the transaction began.
        var elapsed: Duration?
        /// How far the job has come with it.
        var progress: JobEvent.Progress
    }

    /// What the server found when it was asked to record a step.
    struct Recorded: Sendable {
        /// The transaction is the one in which the step began.
        var isSameTransaction: Bool
        /// This backend still holds the migration lock.
        var holdsLock: Bool
        /// How many rows each change of the version table hit.
        var rowsHit: [Int64]
        /// The event `step-applied`, which commits with the step.
        var event: JobEvent?
    }

    /// Reads the server's answer to `recording`.
    func recorded(_ entry: Entry, _ result: QueryResult) throws -> Recorded {
        guard let row = result.first else {
            throw Failure(.internalError, "cannot record the step: the server gave no answer")
        }
        return Recorded(
            isSameTransaction: try row.decode("same_transaction"), holdsLock: try row.decode("has_lock"),
            rowsHit: try entry.step.rowChanges.indices.map { try row.decode("hit_\($0)") },
            event: try row.decode("sequence", as: Int64?.self) == nil ? nil : EventStore.event(row, database: database))
    }

    /// Checks the transaction and the lock, moves the version rows and writes the history row, in one statement. Writes
    /// nothing unless the transaction is the one that `TransactionMark` marked and the lock is held; the caller rolls back
    /// unless every change hit exactly one row.
    static func recording(
        _ entry: Entry, in versions: VersionTable, identity: ServerIdentity
    ) throws -> Query {
        let changes = entry.step.rowChanges
        var text = Query.StringInterpolation(literalCapacity: 2048, interpolationCount: 16)
        text.appendLiteral(
            """
            WITH guard AS MATERIALIZED (SELECT \(TransactionMark.isStanding) AS same_transaction, \
            EXISTS (\(MigrationLock.isHeldByThisBackend)) AS has_lock, coalesce(
            """)
        text.appendInterpolation(entry.elapsed.map { $0.seconds * 1000 })
        text.appendLiteral(
            """
            ::double precision, extract(epoch FROM \
            pg_catalog.clock_timestamp() - pg_catalog.transaction_timestamp()) * 1000) AS elapsed), \
            history AS (INSERT INTO migrated.history (job, revision, direction, content_digest, \
            meaning_digest, rows_after, system_identifier, timeline, database_oid, transaction_id, elapsed_ms) SELECT
            """)
        let values: [(any PostgresEncodable, String)] = [
            (entry.job, "bigint"), (entry.step.revision.rawValue, "text"), (entry.step.direction.rawValue, "text"),
            (entry.step.contentDigest.description, "text"), (entry.meaningDigest.description, "text"),
            (entry.step.rowsAfter.map(\.rawValue), "text[]"), (identity.systemIdentifier, "text"),
            (identity.timeline, "int"), (identity.databaseOID, "bigint"),
        ]
        for (index, (value, type)) in values.enumerated() {
            text.appendLiteral(index == 0 ? " " : ", ")
            text.appendInterpolation(value.postgresParameter)
            text.appendLiteral("::\(type)")
        }
        text.appendLiteral(
            ", pg_catalog.pg_current_xact_id()::text, elapsed FROM guard WHERE same_transaction AND has_lock)")
        for (index, change) in changes.enumerated() {
            text.appendLiteral(", change_\(index) AS (")
            append(change, of: versions, to: &text)
            text.appendLiteral(" AND (SELECT same_transaction AND has_lock FROM guard) RETURNING 1)")
        }
        try append(eventOf: entry, to: &text)
        text.appendLiteral(" SELECT same_transaction, has_lock, event.*")
        for index in changes.indices {
            text.appendLiteral(", (SELECT count(*) FROM change_\(index)) AS hit_\(index)")
        }
        text.appendLiteral(" FROM guard LEFT JOIN event ON true")
        return Query(stringInterpolation: text)
    }

    /// The event that the step was applied. Its lock on the job's row is held only until the COMMIT that follows.
    private static func append(eventOf entry: Entry, to text: inout Query.StringInterpolation) throws {
        text.appendLiteral(
            """
            , told AS (UPDATE migrated.job SET event_count = event_count + 1, applied_count = applied_count + 1 \
            FROM guard WHERE same_transaction AND has_lock AND number =
            """)
        text.appendLiteral(" ")
        text.appendInterpolation(entry.job)
        text.appendLiteral(
            """
            ::bigint RETURNING number, state, event_count, elapsed), event AS (INSERT INTO migrated.job_event \
            (job, sequence, kind, state, revision, message, progress) \
            SELECT number, event_count, '\(JobEvent.Kind.stepApplied.rawValue)', state,
            """)
        text.appendLiteral(" ")
        text.appendInterpolation(entry.step.revision.rawValue)
        text.appendLiteral("::text, ")
        let verb = entry.step.direction == .upgrade ? "applied" : "downgraded"
        text.appendInterpolation("\(verb) \(entry.step.revision), \(entry.step.description)")
        text.appendLiteral(
            """
            ::text || CASE WHEN elapsed < 1000 THEN ' (' || greatest(1, trunc(elapsed)) || ' ms)' \
            ELSE ' (' || trunc((elapsed / 1000)::numeric, 1) || ' s)' END,
            """)
        text.appendLiteral(" ")
        text.appendInterpolation(try RegistryJSON.encode(entry.progress))
        text.appendLiteral("::jsonb FROM told RETURNING \(EventStore.columns))")
    }

    private static func append(
        _ change: VersionRowChange, of versions: VersionTable, to text: inout Query.StringInterpolation
    ) {
        switch change {
        case .insert(let id):
            text.appendLiteral("INSERT INTO \(versions.qualifiedName) (version_num) SELECT ")
            text.appendInterpolation(id.rawValue)
            text.appendLiteral("::text WHERE true")
        case .delete(let id):
            text.appendLiteral("DELETE FROM \(versions.qualifiedName) WHERE version_num = ")
            text.appendInterpolation(id.rawValue)
        case .update(let from, let to):
            text.appendLiteral("UPDATE \(versions.qualifiedName) SET version_num = ")
            text.appendInterpolation(to.rawValue)
            text.appendLiteral(" WHERE version_num = ")
            text.appendInterpolation(from.rawValue)
        }
    }

    /// The latest entries, newest first.
    func latest(limit: Int?) async throws -> [HistoryEntry] {
        try await session.query(
            """
            SELECT h.revision, h.direction, (extract(epoch FROM h.applied_at) * 1000000)::bigint AS applied_at,
                h.elapsed_ms, h.content_digest, h.meaning_digest, h.rows_after, h.job,
                j.uid, j.user_name, j.login_uid, j.machine_id
            FROM migrated.history h JOIN migrated.job j ON j.number = h.job
            ORDER BY h.number DESC LIMIT \(limit)::bigint
            """
        ).map(entry)
    }

    /// The rows that the version table should have by the history and the stamps among it; nil where we never wrote any.
    func expectedRows() async throws -> [RevisionID]? {
        try await session.query(
            """
            (SELECT number, rows_after FROM migrated.history ORDER BY number DESC LIMIT 1) UNION ALL
            (SELECT number, rows_after FROM migrated.stamp WHERE number IS NOT NULL ORDER BY number DESC LIMIT 1)
            ORDER BY number DESC LIMIT 1
            """
        )
        .first?.decode("rows_after", as: [String].self).map { RevisionID($0) }.sorted()
    }

    /// The number of the latest entry; 0 where there is none. A cheap way to see whether anything was applied.
    func lastNumber() async throws -> Int64 {
        try await session.query("SELECT coalesce(max(number), 0) AS last FROM migrated.history")
            .first?.decode("last") ?? 0
    }

    /// What each revision meant when it was upgraded to; not those that were taken back since.
    func meaningOfApplied() async throws -> [RevisionID: SHA256Digest] {
        var meanings: [RevisionID: SHA256Digest] = [:]
        let rows = try await session.query(
            """
            SELECT revision, meaning_digest FROM (
                SELECT DISTINCT ON (revision) revision, direction, meaning_digest FROM migrated.history
                ORDER BY revision, number DESC) latest
            WHERE direction = 'upgrade'
            """)
        for row in rows {
            let digest: String = try row.decode("meaning_digest")
            meanings[RevisionID(try row.decode("revision", as: String.self))] = SHA256Digest(hex: digest)
        }
        return meanings
    }

    /// Which of the job's steps the history has.
    func applied(by job: Int64) async throws -> Int {
        try await session.query("SELECT count(*) AS applied FROM migrated.history WHERE job = \(job)")
            .first?.decode("applied") ?? 0
    }

    private func entry(_ row: Row) throws -> HistoryEntry {
        let direction: String = try row.decode("direction")
        let content: String = try row.decode("content_digest")
        let meaning: String = try row.decode("meaning_digest")
        guard let direction = Direction(rawValue: direction), let content = SHA256Digest(hex: content),
            let meaning = SHA256Digest(hex: meaning)
        else { throw Failure(.registryTooNew, "cannot read the history: it is damaged or of a newer version") }
        let rows: [String] = try row.decode("rows_after")
        return HistoryEntry(
            revision: RevisionID(try row.decode("revision", as: String.self)), direction: direction,
            appliedAt: Timestamp(microseconds: try row.decode("applied_at")),
            elapsedMilliseconds: try row.decode("elapsed_ms"), person: try Person(row),
            job: JobID(database: database, number: try row.decode("job")), contentDigest: content,
            meaningDigest: meaning, rowsAfter: rows.map { RevisionID($0) })
    }
}
