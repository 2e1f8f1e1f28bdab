import Liveness
import Planning
import PostgresClient

/// The lock that makes one runner of many: an advisory lock of the session that applies. It is polled, never waited for
/// in the server: a session that waits for it would deadlock with CREATE INDEX CONCURRENTLY of the one that has it.
struct MigrationLock: Sendable {
    /// `migrated` in ASCII. One key for all: a registry has one runner, however many version tables.
    static let key: Int64 = 0x6d69_6772_6174_6564

    /// A query with a row exactly if this backend holds the lock (PostgreSQL manual, `pg_locks`: the key's halves are
    /// in `classid` and `objid`, and `objsubid` is 1).
    static let isHeldByThisBackend = """
        SELECT FROM pg_catalog.pg_locks l WHERE l.locktype = 'advisory' AND l.granted \
        AND l.pid = pg_catalog.pg_backend_pid() AND l.classid = \(key >> 32) AND l.objid = \(key & 0xffff_ffff) \
        AND l.objsubid = 1
        """

    let session: Connection

    /// Tries once.
    func tryAcquire() async throws -> Bool {
        try await session.query("SELECT pg_catalog.pg_try_advisory_lock(\(Self.key)) AS locked")
            .first?.decode("locked") ?? false
    }

    func release() async throws {
        _ = try await session.query("SELECT pg_catalog.pg_advisory_unlock(\(Self.key))")
    }

    /// Polls until the lock is had. `report` is told whenever another session is seen to hold it.
    func acquire(report: (LockHolder) async throws -> Void) async throws {
        var reported: LockHolder?
        while try await !tryAcquire() {
            if let holder = try await holder(), holder != reported {
                reported = holder
                try await report(holder)
            }
            try await Vigil.waiting { try await Task.sleep(for: .milliseconds(Int.random(in: 100...400))) }
        }
    }

    /// Who holds the lock now; nil where nobody does.
    func holder() async throws -> LockHolder? {
        try await session.query(
            """
            SELECT a.pid, coalesce(a.usename, '') AS user_name, coalesce(a.application_name, '') AS application,
                coalesce(a.wait_event_type || '/' || a.wait_event, '') AS waits, coalesce(a.state, '') AS state
            FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a USING (pid)
            WHERE l.locktype = 'advisory' AND l.granted AND l.classid = \(raw: String(Self.key >> 32))
                AND l.objid = \(raw: String(Self.key & 0xffff_ffff)) AND l.objsubid = 1
                AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
            """
        ).first.map { row in
            LockHolder(
                pid: try row.decode("pid"), user: try row.decode("user_name"),
                application: try row.decode("application"), state: try row.decode("state"),
                waitEvent: try row.decode("waits"))
        }
    }
}

/// The session that holds the migration lock.
struct LockHolder: Sendable, Hashable {
    var pid: Int
    var user: String
    var application: String
    var state: String
    var waitEvent: String

    var description: String {
        let waits = waitEvent.isEmpty ? "" : ", waits for \(waitEvent)"
        return "pid \(pid) (\(application.isEmpty ? user : application), \(state)\(waits))"
    }
}
