import Planning
import PostgresClient

/// A named place in the write-ahead log, to which an archive of it can be played back (PostgreSQL manual,
/// `pg_create_restore_point`, `recovery_target_name`).
struct RestorePoint: Sendable {
    var name: String
    var position: String

    /// - Throws: `Failure` `backup-failed` where the server refuses it.
    static func make(for job: JobID, on session: any PostgresSession) async throws -> RestorePoint {
        let name = "migrated-\(job)"
        do {
            let position: String = try await session.query(
                "SELECT pg_catalog.pg_create_restore_point(\(name))::text AS position"
            ).single().decode("position")
            return RestorePoint(name: name, position: position)
        } catch let error as ServerError where !error.endsSession {
            throw Failure(
                .backupFailed, "cannot make restore point \"\(name)\": \(error.message)",
                hint: error.sqlState == "42501"
                    ? "grant it: GRANT EXECUTE ON FUNCTION pg_create_restore_point(text) TO the user that migrated connects as"
                    : error.hint ?? "archive the write-ahead log, or choose policy = \"dump\"")
        }
    }
}
