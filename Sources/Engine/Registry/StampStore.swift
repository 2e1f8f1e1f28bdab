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

    /// The latest stamps, newest first.
    func latest(limit: Int?, database: String) async throws -> [StampEntry] {
        try await session.query(
            """
            SELECT s.job, (extract(epoch FROM s.stamped_at) * 1000000)::bigint AS stamped_at, s.rows_before,
                s.rows_after, j.uid, j.user_name, j.login_uid, j.machine_id
            FROM migrated.stamp s JOIN migrated.job j ON j.number = s.job
            WHERE s.number IS NOT NULL ORDER BY s.number DESC LIMIT \(limit)::bigint
            """
        ).map { row in
            StampEntry(
                stampedAt: Timestamp(microseconds: try row.decode("stamped_at")), person: try Person(row),
                job: JobID(database: database, number: try row.decode("job")),
                rowsBefore: try row.decode("rows_before", as: [String].self).map { RevisionID($0) },
                rowsAfter: try row.decode("rows_after", as: [String].self).map { RevisionID($0) })
        }
    }

    /// Writes that a job has made the database another one, version table and all, in the transaction that does it: it was
    /// emptied, or one that was restored took its place.
    func add(
        by job: Int64, rowsBefore: [RevisionID], rowsAfter: [RevisionID], identity: ServerIdentity
    ) async throws {
        _ = try await session.query(
            """
            INSERT INTO migrated.stamp (job, targets, purge, number, stamped_at, rows_before, rows_after,
                system_identifier, timeline, database_oid)
            VALUES (\(job), '{}', true, nextval('migrated.history_number_seq'), clock_timestamp(),
                \(rowsBefore.map(\.rawValue)), \(rowsAfter.map(\.rawValue)), \(identity.systemIdentifier),
                \(identity.timeline)::int, \(identity.databaseOID)::bigint)
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
