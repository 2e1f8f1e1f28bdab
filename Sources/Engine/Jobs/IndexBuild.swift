import Planning
import PostgresClient

/// How far a session has come that builds an index (PostgreSQL manual, "CREATE INDEX Progress Reporting").
enum IndexBuild {
    /// Nil where it builds none.
    static func progress(of pid: Int32, on observer: any PostgresSession) async throws -> JobEvent.Progress? {
        try await observer.query(
            """
            SELECT phase, blocks_done, blocks_total, tuples_done, tuples_total, lockers_done, lockers_total
            FROM pg_catalog.pg_stat_progress_create_index WHERE pid = \(pid)
            """
        ).first.map { try progress($0, phase: try $0.decode("phase")) }
    }

    /// How far all those have come that build indexes in the database, added up where they count the same; nil where nobody
    /// builds one. The indexes have no names yet for others to see: their tables have.
    static func progress(on session: any PostgresSession) async throws -> JobEvent.Progress? {
        let builds = try await session.query(
            """
            SELECT pg_catalog.format('index on %I.%I', n.nspname, c.relname) AS name,
                blocks_done, blocks_total, tuples_done, tuples_total, lockers_done, lockers_total
            FROM pg_catalog.pg_stat_progress_create_index p JOIN pg_catalog.pg_class c ON c.oid = p.relid
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE p.datname = current_database() ORDER BY 1
            """
        ).map { try progress($0, phase: try $0.decode("name")) }
        return builds.dropFirst().reduce(builds.first) { all, build in
            guard var all else { return nil }
            all.phase = [all.phase, build.phase].compactMap { $0 }.joined(separator: ", ")
            guard all.unit == build.unit else { return all }
            all.done += build.done
            all.total = all.total.flatMap { total in build.total.map { total + $0 } }
            return all
        }
    }

    private static func progress(_ row: Row, phase: String) throws -> JobEvent.Progress {
        let units: [(String, String)] = [("blocks", "blocks"), ("tuples", "tuples"), ("lockers", "sessions")]
        for (column, unit) in units {
            let total: Int64 = try row.decode("\(column)_total")
            guard total > 0 else { continue }
            return JobEvent.Progress(unit: unit, done: try row.decode("\(column)_done"), total: total, phase: phase)
        }
        return JobEvent.Progress(unit: "blocks", done: 0, phase: phase)
    }
}
