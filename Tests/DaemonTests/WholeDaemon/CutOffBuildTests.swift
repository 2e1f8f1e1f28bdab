import Glibc
import Planning
import PostgresClient
import TestSupport
import Testing

/// CREATE INDEX CONCURRENTLY on a table with rows, cut off in its middle by the end of its backend, of its daemon, or of
/// both. What it leaves is an invalid index, and nobody may take that for a good one.
@Suite struct CutOffBuildTests {
    enum Victim: CaseIterable {
        case backend, daemon, both
    }

    @Test("an index is built anew after the end of its", arguments: Victim.allCases)
    func isBuiltAnew(_ victim: Victim) async throws {
        try await cutOff(victim, "CREATE INDEX CONCURRENTLY i ON t_001 (id);") { harness, database, job in
            #expect(try await harness.follow(job).state == .succeeded)
            try await database.awaitRow(
                """
                SELECT FROM pg_index HAVING bool_and(indisvalid)
                    AND count(*) FILTER (WHERE indrelid = 't_001'::regclass) = 1
                """)
            try await Aftermath.of(database).expect(["upgrade 001", "upgrade 002"], at: ["002"])
        }
    }

    @Test(
        "a unique index over duplicates fails, and nothing of it is left, after the end of its",
        arguments: Victim.allCases)
    func leavesNothing(_ victim: Victim) async throws {
        try await cutOff(victim, "CREATE UNIQUE INDEX CONCURRENTLY i ON t_001 ((id % 10));") { harness, database, job in
            let ended = try await harness.follow(job)
            #expect(ended.state == .failed && ended.failure?.sql?.sqlState == "23505", "\(ended)")
            try await database.awaitRow("SELECT WHERE to_regclass('i') IS NULL")
            let aftermath = try await Aftermath.of(database)
            #expect(aftermath.history == ["upgrade 001"] && aftermath.versions == ["001"] && aftermath.locks == 0)
        }
    }

    private func cutOff(
        _ victim: Victim, _ statement: String,
        _ check: @escaping @Sendable (DaemonHarness, TestDatabase, Job) async throws -> Void
    ) async throws {
        try await withDaemon(start: false) { harness, database in
            try await database.makeEffects()
            var chain = TestRevision.chain(2) { $0 == 1 }
            chain[0].upgrade = ["INSERT INTO t_001 SELECT generate_series(1, 1000);"]
            chain[1].upgrade = [statement]
            try harness.write(chain)
            try await harness.start()
            #expect(try await harness.follow(try await harness.queue(to: "001")).state == .succeeded)
            // A build waits for whoever has written to the table.
            let writer = try await database.connectAsSuperuser()
            try await writer.script("BEGIN; INSERT INTO t_001 VALUES (0)")
            let job = try await harness.queue()
            try await database.awaitRow("SELECT FROM pg_index WHERE indexrelid = to_regclass('i') AND NOT indisvalid")
            if victim != .daemon {
                try await writer.query(
                    """
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE datname = current_database() AND application_name = 'migrated worker'
                    """)
            }
            if victim != .backend {
                try await harness.end(SIGKILL)
                try await harness.start()
            }
            try await writer.script("ROLLBACK")
            await writer.close()
            try await check(harness, database, job)
        }
    }
}
