import PostgresClient
import TestSupport

/// Something in the way of a revision for as long as the test wants it there.
enum Obstacle {
    /// A statement that does not end before the table "obstacle" is empty.
    static let statement = """
        DO $$ BEGIN
            WHILE EXISTS (SELECT FROM obstacle) LOOP PERFORM pg_sleep(0.02); END LOOP;
        END $$;
        """

    static func put(in database: TestDatabase) async throws {
        try await database.run("CREATE TABLE IF NOT EXISTS obstacle (id int)")
        try await database.run("INSERT INTO obstacle VALUES (1)")
    }

    static func remove(from database: TestDatabase) async throws {
        try await database.run("DELETE FROM obstacle")
    }

    /// Waits until a revision has come to it.
    static func awaitRevision(in database: TestDatabase) async throws {
        try await database.awaitRow(
            """
            SELECT FROM pg_stat_activity WHERE application_name = 'migrated worker' AND state = 'active'
                AND datname = current_database() AND query LIKE '%obstacle%'
            """)
    }
}

/// A daemon whose database is prepared for counted effects, with a chain of revisions.
func withChain<R: Sendable>(
    _ count: Int, obstructed: Int? = nil, _ options: DaemonHarness.Options = .init(), start: Bool = true,
    _ body: @Sendable (DaemonHarness, TestDatabase) async throws -> R
) async throws -> R {
    try await withDaemon(options, start: false) { harness, database in
        try await database.makeEffects()
        var chain = TestRevision.chain(count)
        if let obstructed {
            try await Obstacle.put(in: database)
            chain[obstructed - 1].upgrade = [Obstacle.statement]
        }
        try harness.write(chain)
        if start { try await harness.start() }
        return try await body(harness, database)
    }
}
