import Digest
import Planning
import PostgresClient

/// Consent to what rehearsals found, in the registry.
struct FindingsApprovalStore: Sendable {
    let database: String
    let session: any PostgresSession

    private static let columns = """
        findings_digest, job, \(Person.columns), (extract(epoch FROM given_at) * 1000000)::bigint AS given_at
        """

    /// Records the consent of one person; one that stands already is left as it is.
    func approve(_ digest: SHA256Digest, shownBy job: Int64, by person: Person) async throws {
        _ = try await session.query(
            """
            INSERT INTO migrated.findings_approval (findings_digest, job, uid, user_name, login_uid, machine_id)
            VALUES (\(digest.description), \(job), \(Int64(person.uid)), \(person.userName),
                \(person.loginUID.map(Int64.init)), \(person.machineID))
            ON CONFLICT DO NOTHING
            """)
    }

    /// Takes a person's consent back. Returns whether there was any.
    func revoke(_ digest: SHA256Digest, by person: Person) async throws -> Bool {
        try await !session.query(
            """
            UPDATE migrated.findings_approval SET revoked_at = clock_timestamp()
            WHERE findings_digest = \(digest.description) AND revoked_at IS NULL
                AND uid = \(Int64(person.uid)) AND (uid = 0 OR machine_id = \(person.machineID))
            RETURNING number
            """
        ).isEmpty
    }

    /// All that stand, newest first; or those for one set of findings.
    func standing(for digest: SHA256Digest? = nil) async throws -> [FindingsApproval] {
        try await session.query(
            """
            SELECT \(raw: Self.columns) FROM migrated.findings_approval
            WHERE revoked_at IS NULL AND (\(digest == nil) OR findings_digest = \(digest?.description))
            ORDER BY number DESC
            """
        ).map(approval)
    }

    private func approval(_ row: Row) throws -> FindingsApproval {
        guard let digest = SHA256Digest(hex: try row.decode("findings_digest")) else {
            throw Failure(.registryTooNew, "cannot read an approval of the registry: it is damaged")
        }
        return FindingsApproval(
            digest: digest, job: JobID(database: database, number: try row.decode("job")), person: try Person(row),
            givenAt: Timestamp(microseconds: try row.decode("given_at")))
    }
}
