import Digest
import PostgresClient
import Revisions

/// The statements of `transaction: off` revisions: what was intended and what is known to be done. A revision's rows
/// live until the revision is recorded as applied; a later job goes on where an earlier one ended.
struct StandaloneStore: Sendable {
    let session: any PostgresSession

    /// What the registry knows of one statement.
    struct Entry: Sendable {
        var statementDigest: SHA256Digest?
        var isDone: Bool
        /// A person has said that running it again does no harm.
        var mayBeRepeated = false
    }

    /// The statements of a revision that were begun, by their place in the revision.
    func entries(of revision: RevisionID, _ direction: Direction) async throws -> [Int: Entry] {
        var entries: [Int: Entry] = [:]
        let rows = try await session.query(
            """
            SELECT ordinal, statement_digest, done_at IS NOT NULL AS done,
                done_at IS NULL AND settled_by IS NOT NULL AS repeatable FROM migrated.standalone_statement
            WHERE revision = \(revision.rawValue) AND direction = \(direction.rawValue)
            """)
        for row in rows {
            let digest: String = try row.decode("statement_digest")
            entries[try row.decode("ordinal")] = Entry(
                statementDigest: SHA256Digest(hex: digest), isDone: try row.decode("done"),
                mayBeRepeated: try row.decode("repeatable"))
        }
        return entries
    }

    /// Whether a revision was begun and is not recorded as applied.
    func isMidway() async throws -> Bool {
        try await session.query("SELECT EXISTS (SELECT FROM migrated.standalone_statement)").scalar()
    }

    /// Writes that a statement is about to run. What a person has said about repeating it stays.
    func intend(_ ordinal: Int, _ digest: SHA256Digest, of step: StandaloneKey, job: Int64) async throws {
        _ = try await session.query(
            """
            INSERT INTO migrated.standalone_statement (revision, direction, ordinal, statement_digest, job)
            VALUES (\(step.revision.rawValue), \(step.direction.rawValue), \(ordinal)::int, \(digest.description), \(job))
            ON CONFLICT (revision, direction, ordinal) DO UPDATE
                SET job = excluded.job, statement_digest = excluded.statement_digest,
                    intended_at = clock_timestamp(), done_at = NULL
            """)
    }

    /// What says that a statement took effect; for the transaction that it runs in.
    static func done(_ ordinal: Int, _ digest: SHA256Digest, of step: StandaloneKey, job: Int64) -> Query {
        """
        INSERT INTO migrated.standalone_statement
            (revision, direction, ordinal, statement_digest, job, done_at, settled_by)
        VALUES (\(step.revision.rawValue), \(step.direction.rawValue), \(ordinal)::int, \(digest.description), \(job),
            clock_timestamp(), 'result')
        ON CONFLICT (revision, direction, ordinal) DO UPDATE
            SET job = excluded.job, statement_digest = excluded.statement_digest, intended_at = clock_timestamp(),
                done_at = excluded.done_at, settled_by = excluded.settled_by
        """
    }

    /// Writes that a statement took effect, and how that is known: `result`, `probe`, or a person's word.
    func settle(_ ordinal: Int, of step: StandaloneKey, by evidence: String) async throws {
        _ = try await session.query(
            """
            UPDATE migrated.standalone_statement SET done_at = clock_timestamp(), settled_by = \(evidence)
            WHERE revision = \(step.revision.rawValue) AND direction = \(step.direction.rawValue)
                AND ordinal = \(ordinal)::int
            """)
    }

    /// Writes that a statement left nothing behind and may be run again.
    func withdraw(_ ordinal: Int, of step: StandaloneKey) async throws {
        _ = try await session.query(
            """
            DELETE FROM migrated.standalone_statement WHERE revision = \(step.revision.rawValue)
                AND direction = \(step.direction.rawValue) AND ordinal = \(ordinal)::int
            """)
    }

    /// Makes a statement that is in doubt this job's, so that the decision about the job is one about the statement.
    func claim(_ ordinal: Int, of step: StandaloneKey, job: Int64) async throws {
        _ = try await session.query(
            """
            UPDATE migrated.standalone_statement SET job = \(job)
            WHERE revision = \(step.revision.rawValue) AND direction = \(step.direction.rawValue)
                AND ordinal = \(ordinal)::int
            """)
    }

    /// Writes a person's word: the statement of this job that is in doubt took effect.
    func settleOpen(of job: Int64, by evidence: String) async throws {
        _ = try await session.query(
            """
            UPDATE migrated.standalone_statement SET done_at = clock_timestamp(), settled_by = \(evidence)
            WHERE job = \(job) AND done_at IS NULL
            """)
    }

    /// Writes a person's word: running the statement of this job that is in doubt again does no harm, however often.
    func allowRepeating(of job: Int64, by evidence: String) async throws {
        _ = try await session.query(
            "UPDATE migrated.standalone_statement SET settled_by = \(evidence) WHERE job = \(job) AND done_at IS NULL")
    }

    /// Writes a person's word: the statement of this job that is in doubt left nothing behind.
    func withdrawOpen(of job: Int64) async throws {
        _ = try await session.query(
            "DELETE FROM migrated.standalone_statement WHERE job = \(job) AND done_at IS NULL")
    }

    /// Forgets a revision's statements; for the transaction that records it as applied.
    static func clearing(_ step: StandaloneKey) -> Query {
        """
        DELETE FROM migrated.standalone_statement
        WHERE revision = \(step.revision.rawValue) AND direction = \(step.direction.rawValue)
        """
    }
}

/// Which revision, in which direction.
struct StandaloneKey: Sendable, Hashable {
    var revision: RevisionID
    var direction: Direction
}
