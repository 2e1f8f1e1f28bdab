import Control
import Planning
import PostgresClient
import TestSupport
import Testing

/// What a database says of itself when all is over, read past the daemon.
struct Aftermath: Sendable {
    /// What was done, in its order: `upgrade 001`.
    var effects: [String]
    /// The same as the registry's history tells it.
    var history: [String]
    /// The rows of the version table.
    var versions: [String]
    /// How many sessions hold a lock such as ours, of one key, in this database.
    var locks: Int
    /// The states of all jobs.
    var states: [String]

    static func of(_ database: TestDatabase) async throws -> Aftermath {
        let session = try await database.connectAsSuperuser()
        func column(_ query: Query) async throws -> [String] {
            try await session.query(query).map { try $0.decode("what", as: String.self) }
        }
        // The lock is given back when the schema that the job left is read.
        try await session.awaitMigrationLock()
        // It is made with the first revision that is applied.
        let hasVersions = try await !session.query("SELECT FROM pg_class WHERE relname = 'alembic_version'").isEmpty
        let versions: Query = "SELECT version_num AS what FROM alembic_version ORDER BY 1"
        let aftermath = Aftermath(
            effects: try await column("SELECT direction || ' ' || revision AS what FROM effect ORDER BY number"),
            history: try await column(
                "SELECT direction || ' ' || revision AS what FROM migrated.history ORDER BY number"),
            versions: hasVersions ? try await column(versions) : [],
            locks: try await column(
                """
                SELECT pid::text AS what FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND granted
                    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                """
            ).count,
            states: try await column("SELECT state AS what FROM migrated.job ORDER BY number"))
        await session.close()
        return aftermath
    }

    /// Everything was done exactly once, in order, and everybody agrees about it.
    func expect(
        _ effects: [String], at versions: [String], sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(self.effects == effects, sourceLocation: sourceLocation)
        #expect(history == effects, sourceLocation: sourceLocation)
        #expect(self.versions == versions, sourceLocation: sourceLocation)
        #expect(locks == 0, sourceLocation: sourceLocation)
    }
}
