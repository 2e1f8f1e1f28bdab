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
    }

    /// Writes the history row, moves the version rows and checks the transaction and the lock, in one statement. It fails
    /// with a SQLSTATE of `TransactionMark.Refusal` where it must not be committed; so does a change of the version table
    /// that did not hit exactly one row.
    static func recording(_ entry: Entry, in versions: VersionTable, identity: ServerIdentity) -> Query {
        var text = Query.StringInterpolation(literalCapacity: 2048, interpolationCount: 16)
        text.appendLiteral(
            """
            WITH history AS (INSERT INTO migrated.history (elapsed_ms, transaction_id, job, revision, direction, \
            content_digest, meaning_digest, rows_after, system_identifier, timeline, database_oid) SELECT coalesce(
            """)
        text.appendInterpolation(entry.elapsed.map { $0.seconds * 1000 })
        text.appendLiteral(
            """
            ::double precision, extract(epoch FROM \
            pg_catalog.clock_timestamp() - pg_catalog.transaction_timestamp()) * 1000), \
            pg_catalog.pg_current_xact_id()::text
            """)
        let values: [(any PostgresEncodable, String)] = [
            (entry.job, "bigint"), (entry.step.revision.rawValue, "text"), (entry.step.direction.rawValue, "text"),
            (entry.step.contentDigest.description, "text"), (entry.meaningDigest.description, "text"),
            (entry.step.rowsAfter.map(\.rawValue), "text[]"), (identity.systemIdentifier, "text"),
            (identity.timeline, "int"), (identity.databaseOID, "bigint"),
        ]
        for (value, type) in values {
            text.appendLiteral(", ")
            text.appendInterpolation(value.postgresParameter)
            text.appendLiteral("::\(type)")
        }
        text.appendLiteral(")")
        for (index, change) in entry.step.rowChanges.enumerated() {
            text.appendLiteral(", change_\(index) AS (")
            append(change, of: versions, to: &text)
            text.appendLiteral(" RETURNING 1)")
        }
        text.appendLiteral(" SELECT CASE \(TransactionMark.conditions)")
        for index in entry.step.rowChanges.indices {
            let count = "(SELECT count(*) FROM change_\(index))"
            text.appendLiteral(
                """
                 WHEN \(count) <> 1 THEN migrated.refuse('\(TransactionMark.Refusal.versionRows.rawValue)', \
                'change \(index + 1) of its rows hit ' || \(count))
                """)
        }
        text.appendLiteral(" END")
        return Query(stringInterpolation: text)
    }

    private static func append(
        _ change: VersionRowChange, of versions: VersionTable, to text: inout Query.StringInterpolation
    ) {
        switch change {
        case .insert(let id):
            text.appendLiteral("INSERT INTO \(versions.qualifiedName) (version_num) SELECT ")
            text.appendInterpolation(id.rawValue)
            text.appendLiteral("::text")
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

    /// Both of them, in one trip: the number of the latest entry, and the rows that the version table should have.
    func standing() async throws -> (lastNumber: Int64, expectedRows: [RevisionID]?) {
        let row = try await session.query(
            """
            SELECT coalesce((SELECT max(number) FROM migrated.history), 0) AS last, (
                SELECT rows_after FROM (
                    (SELECT number, rows_after FROM migrated.history ORDER BY number DESC LIMIT 1) UNION ALL
                    (SELECT number, rows_after FROM migrated.stamp WHERE number IS NOT NULL
                        ORDER BY number DESC LIMIT 1)) latest
                ORDER BY number DESC LIMIT 1) AS rows_after
            """
        ).first
        let rows = try row?.decode("rows_after", as: [String]?.self)
        return (try row?.decode("last") ?? 0, rows?.map { RevisionID($0) }.sorted())
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
