import Planning
import PostgresClient
import Revisions
import SQLText

/// Alembic's version table of one database: the truth about what is applied.
struct VersionTable: Sendable {
    let schema: String
    let table: String
    /// Whether nobody has named it: it is where Alembic has it by default.
    let isDefault: Bool

    /// The quoted, qualified name.
    var qualifiedName: String { "\(SQLIdentifier.quote(schema)).\(SQLIdentifier.quote(table))" }

    /// Finds the table that the configured name means on this session: without a schema, the one that the search path
    /// leads to, or the one where it would be created.
    static func find(_ name: VersionTableName, on session: any PostgresSession) async throws -> VersionTable {
        let isDefault = name == VersionTableName()
        if let schema = name.schema { return VersionTable(schema: schema, table: name.table, isDefault: isDefault) }
        let rows = try await session.query(
            """
            SELECT coalesce(
                (SELECT n.nspname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                    WHERE c.oid = pg_catalog.to_regclass(\(SQLIdentifier.quote(name.table)))),
                pg_catalog.current_schema(), 'public') AS schema
            """)
        let schema = try rows.first?.decode("schema", as: String.self) ?? "public"
        return VersionTable(schema: schema, table: name.table, isDefault: isDefault)
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
        """
        CREATE TABLE IF NOT EXISTS \(qualifiedName) (
            version_num varchar(32) NOT NULL, CONSTRAINT \(SQLIdentifier.quote(table + "_pkc")) PRIMARY KEY (version_num))
        """
    }

    /// Why nothing may be applied yet: there is no such table, nobody has named one, and another one looks like Alembic's. What
    /// that one records would be applied a second time.
    func mistakenIdentity(on session: any PostgresSession, database: String) async throws -> Failure? {
        guard isDefault, try await !exists(on: session) else { return nil }
        let found = try await session.query(
            """
            SELECT n.nspname::text AS schema, c.relname::text AS name
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind = 'r' AND c.relnatts = 1 AND n.nspname !~ '^pg_' AND EXISTS (
                SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = 1 AND a.attname = 'version_num')
            ORDER BY 1, 2 LIMIT 1
            """
        ).first
        guard let found else { return nil }
        let (otherSchema, otherTable) = (
            try found.decode("schema", as: String.self), try found.decode("name", as: String.self)
        )
        return Failure(
            .settingsInvalid,
            "cannot tell where \"\(database)\" is: it has no table \"\(schema).\(table)\", but \"\(otherSchema).\(otherTable)\" looks like Alembic's version table",
            hint: "say which it is in [database.\(database)]: version_table = \"\(otherTable)\" and "
                + "version_table_schema = \"\(otherSchema)\", or version_table_schema = \"\(schema)\" to begin with a new one"
        )
    }
}
