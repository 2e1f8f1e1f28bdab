import Planning
import PostgresClient

/// Which server and which database a session is connected to. Two servers never share it; a failover changes the timeline.
struct ServerIdentity: Sendable, Hashable {
    var systemIdentifier: String
    var timeline: Int64
    var databaseOID: Int64
    var databaseName: String
    var isReadOnly: Bool

    /// Reads it from the server (PostgreSQL manual, "Control Data Functions").
    static func read(on session: any PostgresSession) async throws -> ServerIdentity {
        guard
            let row = try await session.query(
                """
                SELECT system_identifier::text AS system, timeline_id::bigint AS timeline,
                    (SELECT oid::bigint FROM pg_catalog.pg_database WHERE datname = current_database()) AS oid,
                    current_database()::text AS name,
                    pg_catalog.pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean AS read_only
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
