import Planning
import PostgresClient
import Revisions

/// What a stamp was asked to do: pinned when it is queued.
struct StampRequest: Sendable {
    /// None asks for the version table only, with the rows that it has.
    var targets: [RevisionTarget]
    var purge: Bool
}

/// Stamps in the registry: rows of the version table that were moved without a revision being run.
struct StampStore: Sendable {
    let session: any PostgresSession

    /// What the job was asked to do; nil where it is done.
    func open(_ job: Int64) async throws -> StampRequest? {
        let row = try await session.query(
            "SELECT targets, purge FROM migrated.stamp WHERE job = \(job) AND number IS NULL"
        ).first
        guard let row else { return nil }
        do {
            let targets = try row.decode("targets", as: [String].self)
                .map { text throws(RevisionError) in try RevisionTarget(parsing: text) }
            return StampRequest(targets: targets, purge: try row.decode("purge"))
        } catch let error as RevisionError {
            throw Failure(error)
        }
    }

    /// Writes that a job has emptied the database, version table and all, in the transaction that does it.
    func add(emptyingBy job: Int64, rowsBefore: [RevisionID], identity: ServerIdentity) async throws {
        _ = try await session.query(
            """
            INSERT INTO migrated.stamp (job, targets, purge, number, stamped_at, rows_before, rows_after,
                system_identifier, timeline, database_oid)
            VALUES (\(job), '{}', true, nextval('migrated.history_number_seq'), clock_timestamp(),
                \(rowsBefore.map(\.rawValue)), '{}', \(identity.systemIdentifier), \(identity.timeline)::int,
                \(identity.databaseOID)::bigint)
            """)
        _ = try await session.query("DELETE FROM migrated.standalone_statement")
    }

    /// Writes what came of it, in the transaction that does it, and forgets the halves of revisions that are whole now
    /// by a person's word.
    func close(_ job: Int64, _ plan: Plan, applied: Set<RevisionID>, identity: ServerIdentity) async throws {
        _ = try await session.query(
            """
            UPDATE migrated.stamp SET number = nextval('migrated.history_number_seq'), stamped_at = clock_timestamp(),
                rows_before = \(plan.rowsBefore.map(\.rawValue)), rows_after = \(plan.rowsAfter.map(\.rawValue)),
                system_identifier = \(identity.systemIdentifier), timeline = \(identity.timeline)::int,
                database_oid = \(identity.databaseOID)::bigint
            WHERE job = \(job)
            """)
        _ = try await session.query(
            """
            DELETE FROM migrated.standalone_statement
            WHERE (direction = 'upgrade') = (revision = ANY (\(applied.map(\.rawValue))))
            """)
    }
}
