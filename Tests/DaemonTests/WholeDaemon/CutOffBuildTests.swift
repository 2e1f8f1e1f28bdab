import Planning
import PostgresClient
import TestSupport
import Testing

/// CREATE INDEX CONCURRENTLY on a table with rows, cut off in its middle by the end of its backend, of its daemon, or of
/// both. What it leaves is an invalid index, and nobody may take that for a good one.
@Suite struct CutOffBuildTests {
    @Test(
        "an index is built anew after the end of its", arguments: CutOff.Victim.allCases, ["", "IF NOT EXISTS "])
    func isBuiltAnew(_ victim: CutOff.Victim, _ condition: String) async throws {
        let build = CutOff(statement: "CREATE INDEX CONCURRENTLY \(condition)i ON t_001 (id);")
        try await build.perform(victim) { harness, database, job in
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
        arguments: CutOff.Victim.allCases)
    func leavesNothing(_ victim: CutOff.Victim) async throws {
        let build = CutOff(statement: "CREATE UNIQUE INDEX CONCURRENTLY i ON t_001 ((id % 10));")
        try await build.perform(victim) { harness, database, job in
            let ended = try await harness.follow(job)
            #expect(ended.state == .failed && ended.failure?.sql?.sqlState == "23505", "\(ended)")
            try await database.awaitRow("SELECT WHERE to_regclass('i') IS NULL")
            let aftermath = try await Aftermath.of(database)
            #expect(aftermath.history == ["upgrade 001"] && aftermath.versions == ["001"] && aftermath.locks == 0)
        }
    }
}
