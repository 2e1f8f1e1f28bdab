import Planning
import PostgresClient

/// A table or an index at one moment, as a session sees it in the midst of its transaction.
struct RelationState: Sendable, Hashable {
    var name: String
    /// None for what has no rows of its own: only its name is of use, for its locks.
    var kind: RelationMeasure.Kind?
    /// Another file is another writing of the whole.
    var file: Int64
    var bytes: Int64
    var scans: Int64
    var rowsRead: Int64
    var rowsWritten: Int64

    /// Rows of our own transaction are counted apart from those that were handed in. The sum is right at any moment, and has
    /// the rows that parallel workers read; before 15 it would come late.
    private static func counter(_ name: String, on session: Connection) -> String {
        let own = "pg_catalog.pg_stat_get_xact_\(name)(c.oid)"
        return session.serverVersion >= 150_000 ? "\(own) + pg_catalog.pg_stat_get_\(name)(c.oid)" : own
    }

    private static let kinds: [String: RelationMeasure.Kind] = [
        "r": .table, "p": .table, "m": .materializedView, "i": .index, "I": .index,
    ]

    /// Reads those of users, by their numbers; or only those on which the transaction has a lock, which are all that it can
    /// have changed.
    static func read(on session: Connection, onlyLocked: Bool) async throws -> [Int64: RelationState] {
        let narrowed = """
            AND c.oid IN (SELECT relation FROM pg_catalog.pg_locks
                WHERE pid = pg_catalog.pg_backend_pid() AND locktype = 'relation')
            """
        let rows = try await session.query(
            Query.once(
                """
                SELECT c.oid::bigint AS oid, n.nspname || '.' || c.relname AS name, c.relkind::text AS kind,
                    c.relfilenode::bigint AS file, coalesce(CASE WHEN c.relkind IN ('i', 'I') THEN pg_catalog.pg_relation_size(c.oid)
                        ELSE pg_catalog.pg_table_size(c.oid) END, 0) AS bytes,
                    \(counter("numscans", on: session)) AS scans,
                    \(counter("tuples_returned", on: session)) AS rows_read,
                    \(counter("tuples_inserted", on: session)) + \(counter("tuples_updated", on: session))
                        + \(counter("tuples_deleted", on: session)) AS rows_written
                FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relkind IN ('r', 'p', 'm', 'i', 'I', 'v', 'S', 'f') AND c.relpersistence <> 't'
                    AND n.nspname NOT IN ('pg_catalog', 'pg_toast', 'information_schema', 'migrated')
                    \(onlyLocked ? narrowed : "")
                """))
        var relations: [Int64: RelationState] = [:]
        for row in rows {
            let kind: String = try row.decode("kind")
            relations[try row.decode("oid")] = RelationState(
                name: try row.decode("name"),
                kind: kinds[kind],
                file: try row.decode("file"), bytes: try row.decode("bytes"), scans: try row.decode("scans"),
                rowsRead: try row.decode("rows_read"), rowsWritten: try row.decode("rows_written"))
        }
        return relations
    }

    /// What became of it since an earlier moment; without one, since it was made. None for what has no rows.
    func measure(since earlier: RelationState?) -> RelationMeasure? {
        guard let kind else { return nil }
        return RelationMeasure(
            name: name, kind: kind,
            isRewritten: earlier.map { $0.file != file } ?? false,
            // Counters may have been handed in and begun anew between two transactions, never within one.
            sequentialScans: kind == .index ? 0 : max(0, scans - (earlier?.scans ?? 0)),
            rowsRead: max(0, rowsRead - (earlier?.rowsRead ?? 0)),
            rowsWritten: max(0, rowsWritten - (earlier?.rowsWritten ?? 0)),
            bytesBefore: earlier?.bytes ?? 0, bytesAfter: bytes)
    }
}
