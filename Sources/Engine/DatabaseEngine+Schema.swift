import Host
import Planning
import PostgresClient

/// What a database looks like.
extension DatabaseEngine {
    /// Its schema as SQL statements, in which nothing but a change of the schema makes a difference: without comments, the
    /// registry and the version table.
    ///
    /// - Throws: `Failure` `tool-missing`, or as `pg_dump` says.
    public func schema() async throws -> String {
        let sessions = try await sessions()
        do throws(ToolError) {
            let tools = try await PostgresTools.discover(
                serverVersion: sessions.worker.serverVersion, preferred: configuration.backup.tools)
            return try await tools.dumpSchema(
                configuration.connection.keywordValues, excludedSchemas: ["migrated"],
                excludedTables: [sessions.versions.qualifiedName])
        } catch {
            throw Failure(
                error.cause == .missing || error.cause == .versionMismatch ? .toolMissing : .internalError, "\(error)",
                hint: error.hint, notes: error.standardError)
        }
    }

    /// Indexes whose concurrent making was never finished: PostgreSQL keeps them up to date, and never uses them.
    public func invalidIndexes() async throws -> [String] {
        try await sessions().observer.query(
            "SELECT indexrelid::regclass::text AS name FROM pg_catalog.pg_index WHERE NOT indisvalid ORDER BY 1"
        ).map { try $0.decode("name") }
    }
}
