import Planning
import PostgresClient
import SQLText

/// What the tables of a copy hold, as counts and digests: enough to see that something is gone, and what.
struct TableContents: Sendable {
    struct Table: Sendable {
        var oid: Int64
        var rows: Int64
        /// Of all values of each row together.
        var digest: String
        var columns: [String: Column]
    }

    struct Column: Sendable {
        var number: Int
        /// Values that are not null.
        var values: Int64
        var digest: String
    }

    /// By their names, with their schemas.
    var tables: [String: Table]

    /// Reads all tables of users on a session that may. A value goes into its digest as its type writes it: a cast could be
    /// somebody's function.
    static func read(on session: Connection, leavingOut versions: VersionTable) async throws -> TableContents {
        let found = try await session.query(
            """
            SELECT c.oid::bigint AS oid, n.nspname::text AS schema, c.relname::text AS name,
                coalesce(array_agg(a.attname::text ORDER BY a.attname) FILTER (WHERE a.attname IS NOT NULL), '{}') AS columns,
                coalesce(array_agg(a.attnum::text ORDER BY a.attname) FILTER (WHERE a.attname IS NOT NULL), '{}') AS numbers
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            WHERE c.relkind = 'r' AND c.relpersistence <> 't'
                AND n.nspname NOT IN ('pg_catalog', 'pg_toast', 'information_schema', 'migrated')
                AND c.oid <> coalesce(pg_catalog.to_regclass(\(versions.qualifiedName)), 0)
                AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
            GROUP BY 1, 2, 3 ORDER BY 2, 3
            """)
        var tables: [String: Table] = [:]
        for row in found {
            let (schema, name) = (try row.decode("schema", as: String.self), try row.decode("name", as: String.self))
            let columns: [String] = try row.decode("columns")
            let numbers: [String] = try row.decode("numbers")
            var table = Table(oid: try row.decode("oid"), rows: 0, digest: "", columns: [:])
            var next = 0
            repeat {
                let some = next..<min(next + mostColumns, columns.count)
                let counted = try await session.query(Query.once(counting(schema, name, columns, some))).single()
                (table.rows, table.digest) = (try counted.decode("rows"), try counted.decode("digest"))
                for index in some {
                    table.columns[columns[index]] = Column(
                        number: Int(numbers[index]) ?? 0, values: try counted.decode("values_\(index)"),
                        digest: try counted.decode("digest_\(index)"))
                }
                next = some.upperBound
            } while next < columns.count
            tables["\(schema).\(name)"] = table
        }
        return TableContents(tables: tables)
    }

    /// How many columns are read at once: a query gives 1664 values at the most (PostgreSQL manual, "PostgreSQL Limits").
    private static let mostColumns = 500

    /// The query for the rows as wholes, and for some of the columns.
    private static func counting(_ schema: String, _ table: String, _ columns: [String], _ some: Range<Int>) -> String {
        let names = columns.map(SQLIdentifier.quote)
        func digest(_ value: String) -> String {
            "coalesce(sum(pg_catalog.hashtextextended(pg_catalog.format('%L', \(value)), 0)::numeric), 0)::text"
        }
        var items = ["count(*) AS rows", "\(digest("ROW(\(names.joined(separator: ", ")))")) AS digest"]
        for index in some {
            items.append("count(\(names[index])) AS values_\(index), \(digest(names[index])) AS digest_\(index)")
        }
        return
            "SELECT \(items.joined(separator: ", ")) FROM ONLY \(SQLIdentifier.quote(schema)).\(SQLIdentifier.quote(table))"
    }

    /// What is not as it was, in tables and columns that there were before.
    func losses(until later: TableContents) -> [DataLoss] {
        var losses: [DataLoss] = []
        for (name, table) in tables.sorted(by: { $0.key < $1.key }) {
            guard let now = later.tables[name], now.rows == table.rows else {
                let rows = later.tables[name]?.rows ?? 0
                if table.rows > 0 || rows > 0 {
                    losses.append(DataLoss(relation: name, before: table.rows, after: rows))
                }
                continue
            }
            let columns = table.columns.sorted { $0.value.number < $1.value.number }.compactMap {
                column, was -> DataLoss? in
                let values = now.columns[column]?.values ?? 0
                guard was.values > 0 || values > 0, now.columns[column]?.digest != was.digest else { return nil }
                return DataLoss(relation: name, column: column, before: was.values, after: values)
            }
            losses += columns
            let isShuffled = Set(now.columns.keys) == Set(table.columns.keys) && now.digest != table.digest
            if columns.isEmpty, isShuffled {
                losses.append(DataLoss(relation: name, before: table.rows, after: now.rows))
            }
        }
        return losses
    }

    /// Tables and columns that held data and are there no more. By their numbers: a new name is no loss.
    func dropped(on session: Connection) async throws -> [DataLoss] {
        let living = try await session.query(
            """
            SELECT c.oid::bigint AS oid, coalesce(array_agg(a.attnum::text) FILTER (WHERE a.attnum > 0), '{}') AS columns
            FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
            WHERE c.relkind = 'r' GROUP BY 1
            """)
        var columns: [Int64: Set<String>] = [:]
        for row in living { columns[try row.decode("oid")] = Set(try row.decode("columns", as: [String].self)) }
        return tables.sorted { $0.key < $1.key }.flatMap { name, table -> [DataLoss] in
            guard let left = columns[table.oid] else {
                return table.rows > 0 ? [DataLoss(relation: name, before: table.rows, after: 0)] : []
            }
            return table.columns.sorted { $0.value.number < $1.value.number }
                .filter { $0.value.values > 0 && !left.contains(String($0.value.number)) }
                .map { DataLoss(relation: name, column: $0.key, before: $0.value.values, after: 0) }
        }
    }
}
