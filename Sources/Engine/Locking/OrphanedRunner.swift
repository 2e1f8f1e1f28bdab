import Planning
import PostgresClient
import SQLText

/// The backend of a daemon that is gone: it still runs a job's statement, and holds the lock until that ends. What will
/// have come of it nobody knows before.
struct OrphanedRunner: Sendable, Hashable {
    var job: Int64
    var pid: Int32
    /// How long its statement runs already, in seconds.
    var seconds: Double
    /// What it waits for on the server, such as `Lock/relation`; empty where it works.
    var waitEvent: String
    var query: String
    var progress: JobEvent.Progress?

    /// Whether it is in the same place as when it was looked at before.
    func isWhere(_ other: OrphanedRunner?) -> Bool {
        guard let other else { return false }
        return (job, pid, waitEvent) == (other.job, other.pid, other.waitEvent) && progress == other.progress
    }

    var description: String {
        let doing = waitEvent.isEmpty ? "works" : "waits for \(waitEvent)"
        return """
            outcome unknown: its daemon is gone, and its session, pid \(pid), \(doing) since \(Int(seconds)) s: \
            \(query)\(progress.map { "; \(Self.words($0))" } ?? "")
            """
    }

    private static func words(_ progress: JobEvent.Progress) -> String {
        let share = progress.total.map { ", \(progress.done) of \($0) \(progress.unit)" } ?? ""
        return "\(progress.phase ?? "building an index")\(share)"
    }

    /// The one of this database, if there is one.
    static func find(on observer: any PostgresSession) async throws -> OrphanedRunner? {
        let found = try await observer.query(
            """
            SELECT j.number, a.pid,
                coalesce(extract(epoch FROM clock_timestamp() - a.query_start), 0)::double precision AS seconds,
                coalesce(a.wait_event_type || '/' || a.wait_event, '') AS waits,
                left(regexp_replace(coalesce(a.query, ''), '\\s+', ' ', 'g'), 120) AS query
            FROM migrated.job j JOIN pg_catalog.pg_stat_activity a ON a.pid = j.runner_pid
            WHERE j.state IN (\(raw: JobStore.running)) AND a.pid <> pg_catalog.pg_backend_pid()
                AND \(raw: JobStore.isRunner("a", of: "j")) AND NOT \(raw: RunnerSign.isGiven(for: "j.runner_pid"))
            """
        ).first.map { row in
            OrphanedRunner(
                job: try row.decode("number"), pid: try row.decode("pid"), seconds: try row.decode("seconds"),
                waitEvent: try row.decode("waits"), query: Secrets.withoutValues(in: try row.decode("query")))
        }
        guard var found else { return nil }
        found.progress = try await IndexBuild.progress(of: found.pid, on: observer)
        return found
    }
}
