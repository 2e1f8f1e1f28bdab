import Glibc
import Planning
import PostgresClient
import TestSupport
import Testing

@testable import Engine

/// Who may be in the way of a table lock, each shown for what it is: that decides whether one waits for it or ends it.
@Suite(.timeLimit(.minutes(15))) struct BlockerTests {
    private static let samples = [
        Sample("a", up: "CREATE TABLE t_a (n integer);\nINSERT INTO t_a SELECT generate_series(1, 2000);"),
        Sample("b", after: "a", up: "ALTER TABLE t_a ADD COLUMN m integer;"),
    ]

    @Test func aLongReader() async throws {
        try await EngineFixture.with(Self.samples) { fixture in
            let reader = try await fixture.database.connect(applicationName: "a report")
            try await fixture.expectBlocker(containing: "(a report, postgres, ", " active): SELECT pg_sleep(?)") {
                Task { try await reader.execute("SELECT pg_sleep(600) FROM t_a") }
                try await fixture.waitUntil(
                    "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'a report' AND wait_event = 'PgSleep')"
                )
            } removing: {
                try await fixture.endSessions("application_name = 'a report'")
                await reader.close()
            }
        }
    }

    @Test func anIdleTransaction() async throws {
        try await EngineFixture.with(Self.samples) { fixture in
            let session = try await fixture.database.connect(applicationName: "psql")
            try await fixture.expectBlocker(containing: "(psql, postgres, ", " idle in transaction): SELECT") {
                try await session.script("BEGIN")
                try await session.script("SELECT * FROM t_a LIMIT 1")
            } removing: {
                await session.close()
            }
        }
    }

    /// A real pg_dump, whose output nobody takes.
    @Test func aDumpOfSomebodyElse() async throws {
        try await EngineFixture.with(Self.samples) { fixture in
            let pipe = fixture.directory("pipe")
            #expect(mkfifo(pipe, 0o666) == 0)
            let stuck = open(pipe, O_RDWR | O_CLOEXEC)
            defer { close(stuck) }
            try await fixture.expectBlocker(containing: "(pg_dump, postgres, ", ", a dump): COPY public.t_a") {
                try await fixture.admin.execute("INSERT INTO t_a SELECT generate_series(1, 200000)")
                _ = try await WholeProgram.start(
                    [
                        fixture.database.cluster.binaries + "/pg_dump", "-h", fixture.database.cluster.socketDirectory,
                        "-U", "postgres", "-f", pipe, fixture.database.name,
                    ], workingDirectory: "/")
                try await fixture.waitUntil(
                    "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'pg_dump' AND query LIKE 'COPY%')"
                )
            } removing: {
                try await fixture.endSessions("application_name = 'pg_dump'")
            }
        }
    }

    /// An ordinary autovacuum gives way; one to prevent wraparound does not.
    @Test func anAutovacuumToPreventWraparound() async throws {
        let cluster = try await TestCluster.make(settings: [
            "autovacuum_naptime": "1s", "synchronous_commit": "off",
        ])
        try await EngineFixture.with(Self.samples, Setting(cluster: cluster)) { fixture in
            // It has to freeze every page, and waits for the one that somebody reads.
            let reader = try await fixture.database.connect(applicationName: "a reader")
            try await fixture.expectBlocker(containing: " autovacuum to prevent wraparound, which does not give way)") {
                // As old as that at once; no other autovacuum comes first, and makes it young again.
                try await fixture.admin.execute(
                    """
                    ALTER TABLE t_a SET (autovacuum_enabled = false, autovacuum_freeze_max_age = 100000,
                        autovacuum_freeze_table_age = 0, autovacuum_freeze_min_age = 0)
                    """)
                try await fixture.admin.execute(
                    "DO $$ BEGIN FOR i IN 1..90000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$")
                try await reader.script("BEGIN; DECLARE page CURSOR FOR SELECT FROM t_a; FETCH page")
                try await fixture.admin.execute(
                    "DO $$ BEGIN FOR i IN 1..20000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$")
                try await fixture.waitUntil(
                    """
                    SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'BufferPin'
                        AND query LIKE 'autovacuum: %t_a (to prevent wraparound)')
                    """)
            } removing: {
                await reader.close()
            }
        }
        await cluster.destroy()
    }
}

extension EngineFixture {
    /// Applies `a`, lets somebody get in the way of `b`, and looks at how that is told; then goes on without.
    fileprivate func expectBlocker(
        containing parts: String..., placing place: () async throws -> Void, removing remove: () async throws -> Void,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        #expect(try await engine.outcome(of: try await engine.upgrade(to: "a")).state == .succeeded)
        try await place()
        let job = try await engine.upgrade()
        let event = try await engine.event(of: job) { $0.kind == .blockersSeen && $0.message.hasPrefix("waits for") }
        for part in parts {
            #expect(event.message.contains(part), "\(event.message)", sourceLocation: sourceLocation)
        }
        let retried = try await engine.event(of: job) { $0.kind == .stepRetried && $0.message.contains("held by") }
        #expect(retried.message.contains(parts[0]), "\(retried.message)", sourceLocation: sourceLocation)
        try await remove()
        #expect(try await engine.outcome(of: job).state == .succeeded, sourceLocation: sourceLocation)
    }

    /// Ends other people's sessions on this database.
    fileprivate func endSessions(_ condition: String) async throws {
        try await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND \(condition)"
        )
    }
}
