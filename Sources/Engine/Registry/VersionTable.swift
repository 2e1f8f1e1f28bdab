import PostgresClient
import Revisions
import SQLText

/// Alembic's version table of one database: the truth about what is applied.
struct VersionTable: Sendable {
    /// The quoted, qualified name.
    let qualifiedName: String

    /// Finds the table that the configured name means on this session: without a schema, the one that the search path
    /// leads to, or the one where it would be created.
    static func find(_ name: VersionTableName, on session: any PostgresSession) async throws -> VersionTable {
        if let schema = name.schema {
            return VersionTable(qualifiedName: "\(SQLIdentifier.quote(schema)).\(SQLIdentifier.quote(name.table))")
        }
        let rows = try await session.query(
            """
            SELECT coalesce(
                (SELECT n.nspname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                    WHERE c.oid = pg_catalog.to_regclass(\(SQLIdentifier.quote(name.table)))),
                pg_catalog.current_schema(), 'public') AS schema
            """)
        let schema = try rows.first?.decode("schema", as: String.self) ?? "public"
        return VersionTable(qualifiedName: "\(SQLIdentifier.quote(schema)).\(SQLIdentifier.quote(name.table))")
    }

    func exists(on session: any PostgresSession) async throws -> Bool {
        try await session.query("SELECT pg_catalog.to_regclass(\(qualifiedName)) IS NOT NULL AS there")
            .first?.decode("there") ?? false
    }

    /// The rows, sorted; none where there is no such table yet.
    func rows(on session: any PostgresSession) async throws -> [RevisionID] {
        guard try await exists(on: session) else { return [] }
        return try await session.query("SELECT version_num FROM \(raw: qualifiedName) ORDER BY 1")
            .map { RevisionID(try $0.decode("version_num", as: String.self)) }
    }

    /// Creates the table as Alembic does, where it is not there.
    var creation: String {
        let table = qualifiedName.split(separator: ".").last.map(String.init) ?? qualifiedName
        let bare = table.filter { $0 != "\"" }
        return """
            CREATE TABLE IF NOT EXISTS \(qualifiedName) (
                version_num varchar(32) NOT NULL, CONSTRAINT \(SQLIdentifier.quote(bare + "_pkc")) PRIMARY KEY (version_num))
            """
    }
}
