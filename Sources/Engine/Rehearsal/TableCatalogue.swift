import PostgresClient
import SQLText

/// The tables of a copy as its catalogue has them: enough to see which of them a plan has not touched, without reading what
/// they hold.
struct TableCatalogue: Sendable {
    struct Table: Sendable, Hashable {
        var oid: Int64
        var schema: String
        var name: String
        /// Another file is another writing of the whole.
        var file: Int64
        /// In the order of their names.
        var columns: [Column]

        /// As SQL writes it.
        var qualifiedName: String { SQLIdentifier.quote(schema) + "." + SQLIdentifier.quote(name) }
    }

    struct Column: Sendable, Hashable {
        var name: String
        var number: Int
        var type: Int64
        /// Such as the length that it allows.
        var modifier: Int
        /// Whether its type is none of PostgreSQL's own: what it writes for the same bytes can change.
        var hasOwnType: Bool
    }

    /// By their names, with their schemas.
    var tables: [String: Table]
    /// Another one where somebody has changed any type.
    private var types: String

    /// Reads those of users, but for what extensions own and the version table.
    static func read(on session: Connection, leavingOut versions: VersionTable) async throws -> TableCatalogue {
        let rows = try await session.query(
            """
            SELECT c.oid::bigint AS oid, c.relfilenode::bigint AS file, n.nspname::text AS schema, c.relname::text AS name,
                a.attname::text AS column, a.attnum::bigint AS number, a.atttypid::bigint AS type,
                a.atttypmod::bigint AS modifier, a.atttypid >= 16384 AS own
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            WHERE c.relkind = 'r' AND c.relpersistence <> 't'
                AND n.nspname NOT IN ('pg_catalog', 'pg_toast', 'information_schema', 'migrated')
                AND c.oid <> coalesce(pg_catalog.to_regclass(\(versions.qualifiedName)), 0)
                AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
            ORDER BY a.attname
            """)
        var tables: [String: Table] = [:]
        for row in rows {
            let (schema, table) = (try row.decode("schema", as: String.self), try row.decode("name", as: String.self))
            let name = "\(schema).\(table)"
            if tables[name] == nil {
                tables[name] = Table(
                    oid: try row.decode("oid"), schema: schema, name: table, file: try row.decode("file"), columns: [])
            }
            guard let column = try row.decode("column", as: String?.self) else { continue }
            tables[name]?.columns.append(
                Column(
                    name: column, number: try row.decode("number"), type: try row.decode("type"),
                    modifier: try row.decode("modifier"), hasOwnType: try row.decode("own")))
        }
        return TableCatalogue(tables: tables, types: try await typeStamp(on: session))
    }

    /// What the types of users are made of: their own rows, those of their labels, and of the attributes of rows that are
    /// types of columns.
    private static func typeStamp(on session: Connection) async throws -> String {
        try await session.query(
            """
            SELECT pg_catalog.md5(coalesce(pg_catalog.string_agg(item, ',' ORDER BY item), '')) AS stamp FROM (
                SELECT pg_catalog.concat_ws(' ', 't', oid, xmin) FROM pg_catalog.pg_type WHERE oid >= 16384 AND typtype <> 'c'
                UNION ALL SELECT pg_catalog.concat_ws(' ', 'e', oid, xmin) FROM pg_catalog.pg_enum
                UNION ALL SELECT pg_catalog.concat_ws(' ', 'a', a.attrelid, a.attnum, a.xmin) FROM pg_catalog.pg_attribute a
                JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
                WHERE a.attnum > 0 AND c.oid >= 16384 AND (c.relkind = 'c' OR EXISTS (
                    SELECT FROM pg_catalog.pg_attribute u JOIN pg_catalog.pg_type t ON t.oid = u.atttypid
                    WHERE u.atttypid >= 16384 AND c.reltype IN (t.oid, t.typelem, t.typbasetype)))
            ) AS made (item)
            """
        ).single().decode("stamp")
    }

    /// Those that are the same tables with the same columns in a later look. Whether their rows are the same is another
    /// question.
    func kept(in later: TableCatalogue) -> [String: Table] {
        tables.filter { name, table in
            later.tables[name] == table && (types == later.types || !table.columns.contains { $0.hasOwnType })
        }
    }
}
