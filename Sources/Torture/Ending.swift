import Glibc
import Planning
import PostgresClient
import TestSupport

/// How a database and a daemon's directory must look when all is over, whatever happened on the way.
struct Ending: Sendable {
    /// What was done, counted by what the revisions themselves left behind.
    var effects: [String]
    /// The revisions whose work must be there, and no other's.
    var applied: [TestRevision]
    /// The rows of the version table.
    var versions: [String]
    /// The states of all jobs, in their order; nil for "all are over".
    var states: [JobState]?
    /// How many backups there are at least.
    var backups: PartialRangeFrom<Int>
    /// What else has to be looked at.
    var more: (@Sendable (TestDatabase) async throws -> [String])?

    /// What is not as it must be.
    func violations(in database: TestDatabase, _ harness: DaemonHarness) async throws -> [String] {
        var found = try await Self.leftovers(in: database)
        let session = try await database.connectAsSuperuser()
        let done = try await session.texts("SELECT direction || ' ' || revision FROM effect ORDER BY number")
        if done != effects { found.append("the effects are \(done), not \(effects)") }
        found += try await Handiwork.violations(of: applied, seenBy: session)
        let versionTable = try await session.texts("SELECT to_regclass('public.alembic_version')::text")
        let rows =
            versionTable.isEmpty ? [] : try await session.texts("SELECT version_num FROM alembic_version ORDER BY 1")
        if rows != versions { found.append("the version table has \(rows), not \(versions)") }
        let jobs = try await session.texts("SELECT state FROM migrated.job ORDER BY number")
        if let states, jobs != states.map(\.rawValue) { found.append("the jobs are \(jobs)") }
        found += try await backupViolations(session, harness)
        found += Self.copies(in: harness)
        await session.close()
        if let more { found += try await more(database) }
        return found
    }

    /// What must never be left, whatever was done: history that disagrees with the effects, jobs in limbo, doubts, invalid
    /// indexes, sessions, locks.
    static func leftovers(in database: TestDatabase) async throws -> [String] {
        var found: [String] = []
        try await database.awaitEnd(of: "migrated%", orElse: { found.append("sessions of ours are left: \($0)") })
        let session = try await database.connectAsSuperuser()
        let done = try await session.texts("SELECT direction || ' ' || revision FROM effect ORDER BY number")
        let history = try await session.texts(
            "SELECT direction || ' ' || revision FROM migrated.history ORDER BY number")
        if done != history { found.append("the history is \(history), the effects are \(done)") }
        // It is given back when the schema that the job left is read.
        try await session.awaitMigrationLock()
        for (what, query) in doubts {
            let rows = try await session.texts(query)
            if !rows.isEmpty { found.append("\(what): \(rows)") }
        }
        await session.close()
        return found
    }

    private static let doubts: [(String, Query)] = [
        (
            "jobs in limbo",
            "SELECT number || ' ' || state FROM migrated.job WHERE state NOT IN ('succeeded', 'failed', 'cancelled')"
        ),
        ("statements in doubt", "SELECT revision || ' ' || ordinal FROM migrated.standalone_statement"),
        ("invalid indexes", "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid"),
        (
            "locks that are held",
            """
            SELECT pid::text FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            """
        ),
        (
            "revisions that the events tell of never or twice",
            """
            SELECT h.job || ' ' || h.revision FROM migrated.history h WHERE 1 <> (SELECT count(*) FROM migrated.job_event e
                WHERE e.job = h.job AND e.revision = h.revision AND e.kind = 'step-applied')
            """
        ),
    ]

    private func backupViolations(_ session: Connection, _ harness: DaemonHarness) async throws -> [String] {
        let shelf = harness.backups + "/main"
        var found = BackupAudit.defects(in: shelf)
        let whole = TestFiles.names(in: shelf)
        let known = try await session.texts("SELECT name FROM migrated.backup WHERE removed_at IS NULL")
        for name in known where !whole.contains(name) { found.append("the backup \(name) is not there") }
        if !(backups ~= known.count) { found.append("only \(known.count) backups are on record") }
        return found
    }

    /// What a rehearsal has left on the disk: a copy, or the files of new clusters that were never finished.
    private static func copies(in harness: DaemonHarness) -> [String] {
        let copies = TestFiles.names(in: harness.rehearsals + "/main")
        let unfinished = TestFiles.names(in: harness.clusterTemplates).filter { $0.hasPrefix(".") }
        return (copies.isEmpty ? [] : ["copies of rehearsals are left: \(copies)"])
            + (unfinished.isEmpty ? [] : ["unfinished files of clusters are left: \(unfinished)"])
    }
}

extension Connection {
    /// The first column as texts.
    func texts(_ query: Query) async throws -> [String] {
        try await self.query(query).compactMap { try $0.decode(0, as: String?.self) }
    }
}

extension TestDatabase {
    /// Waits until no session of that name is left; says which are where they stay.
    func awaitEnd(of application: String, orElse complain: ([String]) -> Void) async throws {
        let session = try await connectAsSuperuser()
        var left: [String] = []
        for _ in 0..<500 {
            left = try await session.texts(
                """
                SELECT concat_ws(' ', pid, application_name, state, query) FROM pg_stat_activity
                WHERE datname = current_database() AND application_name LIKE \(application)
                """)
            if left.isEmpty { break }
            try await Task.sleep(for: .milliseconds(20))
        }
        await session.close()
        if !left.isEmpty { complain(left) }
    }
}
