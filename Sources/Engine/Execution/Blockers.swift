import PostgresClient
import SQLText

/// A session in the way of ours.
struct Blocker: Sendable, Hashable {
    var pid: Int
    var user: String
    var application: String
    var state: String
    /// How long it has been in that state, in seconds.
    var seconds: Double
    /// What it is at or was at last, without values.
    var query: String
    /// `autovacuum worker`, `client backend`, …
    var backendType: String

    /// `pid 4121 (psql, app, 3 min idle in transaction): SELECT …`
    var description: String {
        // Of somebody else's session one who may not see more sees who it is.
        let what = occupation.isEmpty ? "" : "\(Self.age(seconds)) \(occupation)"
        let who = [application, user, what].filter { !$0.isEmpty }.joined(separator: ", ")
        return "pid \(pid) (\(who))\(query.isEmpty ? "" : ": \(query)")"
    }

    /// What it is at, as far as that helps to decide whether to wait for it or to end it.
    private var occupation: String {
        if backendType == "autovacuum worker" {
            // An ordinary one gives way by itself (PostgreSQL manual, "Automatic Vacuuming").
            return query.contains("(to prevent wraparound)")
                ? "autovacuum to prevent wraparound, which does not give way" : "autovacuum"
        }
        guard backendType == "client backend" else { return backendType }
        return application == "pg_dump" || application == DumpBackup.session ? "\(state), a dump" : state
    }

    private static func age(_ seconds: Double) -> String {
        switch seconds {
        case ..<1: "\(Int(seconds * 1000)) ms"
        case ..<120: "\(Int(seconds)) s"
        default: "\(Int(seconds / 60)) min"
        }
    }

    /// Who is in the way of a backend right now (PostgreSQL manual, `pg_blocking_pids`).
    static func of(pid: Int32, on observer: any PostgresSession) async throws -> [Blocker] {
        try await sessions(
            "FROM unnest(pg_catalog.pg_blocking_pids(\(pid)::int)) AS blocker (pid) JOIN pg_catalog.pg_stat_activity a USING (pid)",
            on: observer)
    }

    /// Other sessions on this database that may come to be in the way: dumps, and transactions older than a minute.
    static func bystanders(of pid: Int32, on observer: any PostgresSession) async throws -> [Blocker] {
        try await sessions(
            """
            FROM pg_catalog.pg_stat_activity a WHERE a.datname = current_database() AND a.pid <> \(pid)::int
                AND (a.xact_start < clock_timestamp() - interval '1 minute'
                    OR (a.application_name = 'pg_dump' AND a.xact_start IS NOT NULL))
            """, on: observer)
    }

    private static func sessions(_ from: Query, on observer: any PostgresSession) async throws -> [Blocker] {
        let columns: Query = """
            SELECT a.pid, coalesce(a.usename, '')::text AS user_name, coalesce(a.application_name, '') AS application,
                coalesce(a.state, '') AS state,
                coalesce(extract(epoch FROM clock_timestamp() - a.state_change), 0)::double precision AS seconds,
                CASE WHEN a.state IS NULL AND a.backend_type IS NULL THEN ''
                    ELSE left(regexp_replace(coalesce(a.query, ''), '\\s+', ' ', 'g'), 120) END AS query,
                coalesce(a.backend_type, '') AS backend_type
            """
        let query = Query(raw: "\(columns.text) \(from.text) ORDER BY a.pid", from.parameters)
        return try await observer.query(query).map { row in
            Blocker(
                pid: try row.decode("pid"), user: try row.decode("user_name"),
                application: try row.decode("application"), state: try row.decode("state"),
                seconds: try row.decode("seconds"), query: Secrets.withoutValues(in: try row.decode("query")),
                backendType: try row.decode("backend_type"))
        }
    }
}
