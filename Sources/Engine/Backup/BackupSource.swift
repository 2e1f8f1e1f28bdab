import PostgresClient

/// The database as one dump sees it: a snapshot that is held while `pg_dump` reads, so that what the manifest says of the
/// moment is true of the dump as well.
struct BackupSource: Sendable {
    private let session: Connection
    /// The snapshot's name, for `pg_dump --snapshot`.
    let name: String
    /// Which transactions it sees, as PostgreSQL writes it: tells later what was committed since.
    let transactions: String
    /// Where the write-ahead log was.
    let walPosition: String
    let properties: DatabaseProperties
    /// What has a number among the relations, by it.
    let tables: [UInt32: TableName]

    /// A table's whole name.
    struct TableName: Sendable {
        var schema: String
        var name: String
    }

    static func open(_ connection: [String: String]) async throws -> BackupSource {
        var parameters = ConnectionParameters(connection)
        let settings = "-c search_path=pg_catalog -c idle_in_transaction_session_timeout=0 -c statement_timeout=0"
        parameters["options"] = [parameters["options"], settings].compactMap { $0 }.joined(separator: " ")
        let session = try await Connection.open(
            parameters, applicationName: DumpBackup.session, timeout: .seconds(10))
        do {
            try await SessionSettings.liftLaterLimits(of: session)
            try await session.script("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            let row = try await session.query(
                """
                SELECT pg_catalog.pg_export_snapshot() AS name, pg_catalog.pg_current_snapshot()::text AS transactions,
                    pg_catalog.pg_current_wal_lsn()::text AS position
                """
            ).single()
            return BackupSource(
                session: session, name: try row.decode("name"), transactions: try row.decode("transactions"),
                walPosition: try row.decode("position"), properties: try await DatabaseProperties.read(on: session),
                tables: try await tables(on: session))
        } catch {
            await session.close()
            throw error
        }
    }

    private static func tables(on session: Connection) async throws -> [UInt32: TableName] {
        let rows = try await session.query(
            """
            SELECT c.oid, n.nspname::text AS schema, c.relname::text AS name
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'f') AND c.oid >= 16384
            """)
        return Dictionary(
            uniqueKeysWithValues: try rows.map {
                (try $0.decode("oid"), TableName(schema: try $0.decode("schema"), name: try $0.decode("name")))
            })
    }

    func close() async { await session.close() }
}
