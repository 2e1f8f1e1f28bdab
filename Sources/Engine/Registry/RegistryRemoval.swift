import Planning
import PostgresClient
import SQLText

/// Takes the registry out of a database: the schema `migrated` with the tables that we made in it, and nothing that
/// somebody else has put there or built on it.
struct RegistryRemoval: Sendable {
    let database: String
    let session: Connection

    /// How long is waited for tables that somebody reads, and for the lock, in milliseconds.
    private static let lockTimeout = 5000

    func run() async throws {
        do {
            try await session.transaction { scope in
                try await scope.execute("SET LOCAL lock_timeout = \(Self.lockTimeout)")
                try await lock(in: scope)
                // Nothing can be queued from here on.
                try await scope.execute("LOCK TABLE migrated.job IN ACCESS EXCLUSIVE MODE")
                let open = try await scope.query(
                    """
                    SELECT number, state FROM migrated.job WHERE state NOT IN ('succeeded', 'failed', 'cancelled')
                    ORDER BY number LIMIT 1
                    """
                ).first
                if let open {
                    let job = JobID(database: database, number: try open.decode("number"))
                    let state: String = try open.decode("state")
                    throw refusal(
                        .invalidState, "job \"\(job)\" is \(state)", "wait for it, or end it: migratectl cancel \(job)")
                }
                try await drop(in: scope)
            }
        } catch let error as ServerError where error.sqlState == "2BP01" {
            throw refusal(
                .invalidState, error.message, "remove or move what is not ours, then release again", notes: error.detail
            )
        } catch let error as ServerError where error.sqlState == "42501" {
            throw refusal(.permissionDenied, error.message, "connect as the owner of the schema \"migrated\"")
        } catch let error as ServerError where error.sqlState == "55P03" {
            throw refusal(.tableLockTimeout, "its tables are in use", "release again at a quieter moment")
        }
    }

    /// A job gives the lock back a moment after its end; whoever keeps it for longer is at work.
    private func lock(in scope: TransactionScope) async throws {
        do {
            _ = try await scope.query("SELECT pg_catalog.pg_advisory_xact_lock(\(MigrationLock.key))")
        } catch let error as ServerError where error.sqlState == "55P03" {
            throw refusal(.sessionLost, "somebody works on it", "wait for that: migratectl watch")
        }
    }

    /// In one statement, since our tables refer to each other; without CASCADE, since others' may refer to ours.
    private func drop(in scope: TransactionScope) async throws {
        let ours = RegistrySchema.tables.map { "migrated.\(SQLIdentifier.quote($0))" }
        try await scope.execute("DROP TABLE IF EXISTS \(ours.joined(separator: ", "))")
        try await scope.execute("DROP FUNCTION IF EXISTS migrated.refuse(text, text)")
        try await scope.execute("DROP SCHEMA migrated")
    }

    private func refusal(_ code: Failure.Code, _ reason: String, _ hint: String, notes: String? = nil) -> Failure {
        Failure(code, "cannot release \"\(database)\": \(reason)", hint: hint, notes: notes.map { [$0] } ?? [])
    }
}
