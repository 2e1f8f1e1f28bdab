import Digest
import Planning
import PostgresClient
import Revisions

/// Approvals in the registry.
struct ApprovalStore: Sendable {
    let session: any PostgresSession

    private static let columns = """
        revision, direction, content_digest, \(Person.columns), \
        (extract(epoch FROM given_at) * 1000000)::bigint AS given_at
        """

    /// What is approved: content, and which bytes hold it.
    struct Item: Sendable {
        var revision: RevisionID
        var direction: Direction
        var contentDigest: SHA256Digest
        var sourceDigest: SHA256Digest
    }

    /// Records approvals of one person; one that stands already is left as it is.
    func approve(_ items: [Item], by person: Person) async throws {
        _ = try await session.query(
            """
            INSERT INTO migrated.approval
                (revision, direction, content_digest, source_digest, uid, user_name, login_uid, machine_id)
            SELECT revision, direction, content, source, \(Int64(person.uid)), \(person.userName),
                \(person.loginUID.map(Int64.init)), \(person.machineID)
            FROM unnest(\(items.map(\.revision.rawValue))::text[], \(items.map(\.direction.rawValue))::text[],
                \(items.map(\.contentDigest.description))::text[], \(items.map(\.sourceDigest.description))::text[])
                AS item (revision, direction, content, source)
            ON CONFLICT DO NOTHING
            """)
    }

    /// Takes back what one person approved. Returns how many approvals were taken back.
    func revoke(_ items: [(revision: RevisionID, direction: Direction, digest: SHA256Digest)], by person: Person)
        async throws
        -> Int
    {
        try await session.query(
            """
            UPDATE migrated.approval SET revoked_at = clock_timestamp()
            FROM unnest(\(items.map(\.revision.rawValue))::text[], \(items.map(\.direction.rawValue))::text[],
                \(items.map(\.digest.description))::text[]) AS item (revision, direction, content)
            WHERE approval.revision = item.revision AND approval.direction = item.direction
                AND approval.content_digest = item.content AND revoked_at IS NULL
                AND uid = \(Int64(person.uid)) AND (uid = 0 OR machine_id = \(person.machineID))
            RETURNING number
            """
        ).count
    }

    /// All approvals that stand, newest first.
    func standing() async throws -> [Approval] {
        try await session.query(
            """
            SELECT \(raw: Self.columns) FROM migrated.approval WHERE revoked_at IS NULL ORDER BY number DESC
            """
        ).map(Self.approval)
    }

    /// The approvals that stand for these contents.
    func standing(for digests: [SHA256Digest]) async throws -> [Approval] {
        guard !digests.isEmpty else { return [] }
        return try await session.query(
            """
            SELECT \(raw: Self.columns) FROM migrated.approval
            WHERE revoked_at IS NULL AND content_digest = ANY (\(digests.map(\.description))::text[])
            """
        ).map(Self.approval)
    }

    private static func approval(_ row: Row) throws -> Approval {
        let direction: String = try row.decode("direction")
        let digest: String = try row.decode("content_digest")
        guard let direction = Direction(rawValue: direction), let digest = SHA256Digest(hex: digest) else {
            throw Failure(
                .registryTooNew, "cannot read an approval of the registry: it is damaged or of a newer version")
        }
        return Approval(
            revision: RevisionID(try row.decode("revision", as: String.self)), direction: direction,
            contentDigest: digest, person: try Person(row),
            givenAt: Timestamp(microseconds: try row.decode("given_at")))
    }
}
