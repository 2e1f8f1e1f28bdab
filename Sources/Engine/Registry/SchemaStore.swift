import Planning
import PostgresClient

/// The schemas that upgrades left, as the registry keeps them.
struct SchemaStore: Sendable {
    let session: any PostgresSession

    /// One of them.
    struct Kept: Sendable {
        var keptAt: Timestamp
        /// The digest of its objects.
        var fingerprint: String
        /// What the history had come to: what is newer in it is not in here.
        var historyNumber: Int64
        /// The server's major version; another one may print the same schema in other words.
        var serverMajor: Int
        /// The stamp of the catalogue from which it was read; nil where what is kept is not what was there.
        var stamp: String?
    }

    /// How many are kept.
    private static let limit: Int64 = 5

    /// The newest one; nil where none is kept.
    func latest() async throws -> Kept? {
        try await session.query(
            """
            SELECT (extract(epoch FROM kept_at) * 1000000)::bigint AS kept_at, fingerprint, history_number, server_major,
                catalogue_stamp
            FROM migrated.kept_schema ORDER BY number DESC LIMIT 1
            """
        ).first.map {
            Kept(
                keptAt: Timestamp(microseconds: try $0.decode("kept_at")), fingerprint: try $0.decode("fingerprint"),
                historyNumber: try $0.decode("history_number"), serverMajor: try $0.decode("server_major"),
                stamp: try $0.decode("catalogue_stamp"))
        }
    }

    /// The newest one's objects, as text.
    func latestArchive() async throws -> String? {
        try await session.query("SELECT archive FROM migrated.kept_schema ORDER BY number DESC LIMIT 1")
            .first?.decode("archive")
    }

    /// Keeps one, and forgets the oldest. `person` is who accepts it as it is; nobody where revisions left it.
    func keep(
        _ archive: String, fingerprint: String, stamp: String?, historyNumber: Int64, serverMajor: Int,
        acceptedBy person: Person? = nil
    ) async throws {
        _ = try await session.query(
            """
            WITH new AS (
                INSERT INTO migrated.kept_schema
                    (fingerprint, archive, catalogue_stamp, history_number, server_major,
                    uid, user_name, login_uid, machine_id)
                VALUES (\(fingerprint), \(archive), \(stamp), \(historyNumber), \(serverMajor),
                    \(person.map { Int64($0.uid) }), \(person?.userName), \(person?.loginUID.map(Int64.init)),
                    \(person?.machineID))
                RETURNING number)
            DELETE FROM migrated.kept_schema WHERE number <= (SELECT number FROM new) - \(Self.limit)::bigint
            """)
    }
}
