import Planning
import PostgresClient

/// A table or an index at one moment, as a session sees it in the midst of its transaction.
struct RelationState: Sendable, Hashable {
    var name: String
    var kind: RelationMeasure.Kind
    /// Another file is another writing of the whole.
    var file: Int64
    var bytes: Int64
    var scans: Int64
    var rowsRead: Int64
    var rowsWritten: Int64

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
                    c.relfilenode::bigint AS file, coalesce(pg_catalog.pg_relation_size(c.oid), 0) AS bytes,
                    pg_catalog.pg_stat_get_xact_numscans(c.oid) AS scans,
                    pg_catalog.pg_stat_get_xact_tuples_returned(c.oid) AS rows_read,
                    pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid)
                        + pg_catalog.pg_stat_get_xact_tuples_updated(c.oid)
                        + pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid) AS rows_written
                FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relkind IN ('r', 'p', 'm', 'i', 'I') AND c.relpersistence <> 't'
                    AND n.nspname NOT IN ('pg_catalog', 'pg_toast', 'information_schema', 'migrated')
                    \(onlyLocked ? narrowed : "")
                """))
        var relations: [Int64: RelationState] = [:]
        for row in rows {
            let kind: String = try row.decode("kind")
            relations[try row.decode("oid")] = RelationState(
                name: try row.decode("name"),
                kind: kind == "m" ? .materializedView : kind == "i" || kind == "I" ? .index : .table,
                file: try row.decode("file"), bytes: try row.decode("bytes"), scans: try row.decode("scans"),
                rowsRead: try row.decode("rows_read"), rowsWritten: try row.decode("rows_written"))
        }
        return relations
    }

    /// What became of it since an earlier moment; without one, since it was made.
    func measure(since earlier: RelationState?) -> RelationMeasure {
        RelationMeasure(
            name: name, kind: kind,
            isRewritten: earlier.map { $0.file != file } ?? false,
            // Counters may have been handed in and begun anew between two transactions, never within one.
            sequentialScans: kind == .index ? 0 : max(0, scans - (earlier?.scans ?? 0)),
            rowsRead: max(0, rowsRead - (earlier?.rowsRead ?? 0)),
            rowsWritten: max(0, rowsWritten - (earlier?.rowsWritten ?? 0)),
            bytesBefore: earlier?.bytes ?? 0, bytesAfter: bytes)
    }
}
