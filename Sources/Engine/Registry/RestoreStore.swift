import Digest
import Planning
import PostgresClient

/// Restores in the registry: what they were asked to do, and which backup the database descends from.
struct RestoreStore: Sendable {
    let session: any PostgresSession

    /// What a job was asked to do.
    func request(of job: Int64) async throws -> RestoreRequest? {
        try await session.query("SELECT request::text AS request FROM migrated.restore WHERE job = \(job)")
            .first.map { try RegistryJSON.decode(RestoreRequest.self, from: try $0.decode("request")) }
    }

    /// The requests of restores that are not over.
    func open() async throws -> [RestoreRequest] {
        try await session.query(
            """
            SELECT r.request::text AS request FROM migrated.restore r JOIN migrated.job j ON j.number = r.job
            WHERE j.state NOT IN ('succeeded', 'failed', 'cancelled')
            """
        ).map { try RegistryJSON.decode(RestoreRequest.self, from: try $0.decode("request")) }
    }

    /// Which backup the database was made from; nil where it was not.
    func descent(database: String) async throws -> RestoreEntry? {
        try await session.query("SELECT \(raw: Self.descentColumns) FROM migrated.registry").first
            .flatMap { try Self.descent($0, database: database) }
    }

    static let descentColumns = """
        descends_from, descends_from_manifest, (extract(epoch FROM restored_at) * 1000000)::bigint AS restored_at, \
        restored_by, replaced_kept_as
        """

    /// The same, from the registry's row.
    static func descent(_ row: Row, database: String) throws -> RestoreEntry? {
        guard try row.decode("descends_from", as: String?.self) != nil,
            let digest = SHA256Digest(hex: try row.decode("descends_from_manifest"))
        else { return nil }
        return RestoreEntry(
            backup: try row.decode("descends_from"), manifestDigest: digest,
            restoredAt: Timestamp(microseconds: try row.decode("restored_at")),
            job: try row.decode("restored_by", as: Int64?.self).map { JobID(database: database, number: $0) },
            keptAs: try row.decode("replaced_kept_as"))
    }

    func setDescent(_ request: RestoreRequest, job: Int64?, keptAs: String?) async throws {
        _ = try await session.query(
            """
            UPDATE migrated.registry SET descends_from = \(request.backup),
                descends_from_manifest = \(request.manifestDigest.description), restored_at = clock_timestamp(),
                restored_by = \(job), replaced_kept_as = \(keptAs)
            """)
    }
}
