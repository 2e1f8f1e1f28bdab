import Planning
import PostgresClient
import Revisions

/// Alembic's version table of one database: the truth about what is applied.
struct VersionTable: Sendable {
    /// The name, with its schema.
    let name: VersionTableName

    /// Whether nobody has named it: it is where Alembic has it by default.
    let isDefault: Bool

    /// The name as SQL has it.
    var qualifiedName: String { name.quoted }

    /// Finds the table that the configured name means on this session: without a schema, the one that the search path
    /// leads to, or the one where it would be created.
    static func find(_ name: VersionTableName, on session: any PostgresSession) async throws -> VersionTable {
        let isDefault = name == VersionTableName()
        guard name.schema == nil else { return VersionTable(name: name, isDefault: isDefault) }
        let rows = try await session.query(
            """
            SELECT coalesce(
                (SELECT n.nspname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                    WHERE c.oid = pg_catalog.to_regclass(\(name.quoted))),
                pg_catalog.current_schema(), 'public') AS schema
            """)
        let schema = try rows.first?.decode("schema", as: String.self) ?? "public"
        return VersionTable(name: VersionTableName(schema: schema, table: name.table), isDefault: isDefault)
    }

    func exists(on session: any PostgresSession) async throws -> Bool {
        try await session.query("SELECT pg_catalog.to_regclass(\(qualifiedName)) IS NOT NULL AS there")
            .first?.decode("there") ?? false
    }

    /// The rows, sorted; none where there is no such table yet.
    func rows(on session: any PostgresSession) async throws -> [RevisionID] {
        try await rowsWhereThere(on: session) ?? []
    }

    /// The rows, sorted; nil where there is no such table yet.
    func rowsWhereThere(on session: any PostgresSession) async throws -> [RevisionID]? {
        guard try await exists(on: session) else { return nil }
        return try await session.query("SELECT version_num FROM \(raw: qualifiedName) ORDER BY 1")
            .map { RevisionID(try $0.decode("version_num", as: String.self)) }
    }

    /// The statement that creates the table as Alembic does, where it is not there.
    var creation: String { name.creation }

    /// Makes one change of the rows; returns how many it hit.
    func apply(_ change: VersionRowChange, on session: any PostgresSession) async throws -> Int {
        let table = qualifiedName
        let hit: Query =
            switch change {
            case .insert(let id): "INSERT INTO \(raw: table) (version_num) VALUES (\(id.rawValue)) RETURNING 1"
            case .delete(let id): "DELETE FROM \(raw: table) WHERE version_num = \(id.rawValue) RETURNING 1"
            case .update(let from, let to):
                "UPDATE \(raw: table) SET version_num = \(to.rawValue) WHERE version_num = \(from.rawValue) RETURNING 1"
            }
        return try await session.query(hit).count
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
        let schema = name.schema ?? "public"
        // Another daemon has made it between the two looks.
        guard otherSchema != schema || otherTable != name.table else { return nil }
        return Failure(
            .settingsInvalid,
            "cannot tell where \"\(database)\" is: it has no table \"\(schema).\(name.table)\", but \"\(otherSchema).\(otherTable)\" looks like Alembic's version table",
            hint: "say which it is in [database.\(database)]: version_table = \"\(otherTable)\" and "
                + "version_table_schema = \"\(otherSchema)\", or version_table_schema = \"\(schema)\" to begin with a new one"
        )
    }
}
