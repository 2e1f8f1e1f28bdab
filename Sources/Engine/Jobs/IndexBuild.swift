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
        ).first.map { row in
            let units: [(String, String)] = [("blocks", "blocks"), ("tuples", "tuples"), ("lockers", "sessions")]
            for (column, unit) in units {
                let total: Int64 = try row.decode("\(column)_total")
                guard total > 0 else { continue }
                return JobEvent.Progress(
                    unit: unit, done: try row.decode("\(column)_done"), total: total, phase: try row.decode("phase"))
            }
            return JobEvent.Progress(unit: "blocks", done: 0, phase: try row.decode("phase"))
        }
    }
}
