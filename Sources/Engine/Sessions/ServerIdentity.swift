import Planning
import PostgresClient

/// Which server and which database a session is connected to. Two servers never share it; a failover changes the timeline.
struct ServerIdentity: Sendable, Hashable {
    var systemIdentifier: String
    var timeline: Int64
    var databaseOID: Int64
    var databaseName: String
    var isReadOnly: Bool

    /// An expression that is true on a standby, and on a server that was told to take no changes.
    private static let isReadOnly =
        "pg_catalog.pg_is_in_recovery() OR pg_catalog.current_setting('default_transaction_read_only')::boolean"

    /// The timeline that is written on. That of the last checkpoint, which a standby has to do with, is an old one for a while
    /// after a promotion; the name of the present file of the log begins with the new one, in hexadecimal digits.
    private static let timeline = """
        CASE WHEN pg_catalog.pg_is_in_recovery() THEN timeline_id::bigint ELSE \
        ('x' || left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 8))::bit(32)::bigint END
        """

    /// Whether the server takes changes no longer: it was demoted, or told so, while we were connected.
    static func isReadOnly(on session: any PostgresSession) async throws -> Bool {
        try await session.query("SELECT \(raw: isReadOnly) AS read_only").first?.decode("read_only") ?? false
    }

    /// Reads it from the server (PostgreSQL manual, "Control Data Functions").
    static func read(on session: any PostgresSession) async throws -> ServerIdentity {
        guard
            let row = try await session.query(
                """
                SELECT system_identifier::text AS system, \(raw: timeline) AS timeline,
                    (SELECT oid::bigint FROM pg_catalog.pg_database WHERE datname = current_database()) AS oid,
                    current_database()::text AS name,
                    \(raw: isReadOnly) AS read_only
                FROM pg_catalog.pg_control_system(), pg_catalog.pg_control_checkpoint()
                """
            ).first
        else { throw Failure(.internalError, "cannot read the server's identity: it gave no answer") }
        return ServerIdentity(
            systemIdentifier: try row.decode("system"), timeline: try row.decode("timeline"),
            databaseOID: try row.decode("oid"), databaseName: try row.decode("name"),
            isReadOnly: try row.decode("read_only"))
    }
}
