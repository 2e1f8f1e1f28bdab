import Planning
import PostgresClient
import SQLText

/// What tables of a copy hold, as counts and digests: enough to see that something is gone, and what.
struct TableContents: Sendable {
    struct Table: Sendable {
        var rows: Int64
        /// Of all values of each row together; nil where only counts were wanted.
        var digest: String?
        var columns: [String: Column]
    }

    struct Column: Sendable {
        var number: Int
        /// Values that are not null.
        var values: Int64
        var digest: String?
    }

    /// By their names, with their schemas.
    var tables: [String: Table]

    /// Reads tables on a session that may. A value goes into its digest as its type writes it: a cast could be somebody's
    /// function.
    ///
    /// - Parameter digests: Whether the values are wanted as well, which takes ten times as long as to count them.
    static func read(
        _ wanted: [String: TableCatalogue.Table], on session: Connection, digests: Bool
    ) async throws -> TableContents {
        var tables: [String: Table] = [:]
        for (name, shape) in wanted {
            var table = Table(rows: 0, columns: [:])
            var next = 0
            repeat {
                let some = shape.columns[next..<min(next + mostColumns, shape.columns.count)]
                let query = counting(shape, some, digests: digests)
                let counted = try await session.query(Query.once(query)).single()
                table.rows = try counted.decode("rows")
                if digests { table.digest = try counted.decode("digest") }
                for (index, column) in zip(some.indices, some) {
                    table.columns[column.name] = Column(
                        number: column.number, values: try counted.decode("values_\(index)"),
                        digest: digests ? try counted.decode("digest_\(index)") : nil)
                }
                next = some.endIndex
            } while next < shape.columns.count
            tables[name] = table
        }
        return TableContents(tables: tables)
    }

    /// How many columns are read at once: a query gives 1664 values at the most (PostgreSQL manual, "PostgreSQL Limits").
    private static let mostColumns = 500

    /// The query for the rows as wholes, and for some of the columns.
    private static func counting(
        _ table: TableCatalogue.Table, _ some: ArraySlice<TableCatalogue.Column>, digests: Bool
    ) -> String {
        func digest(_ value: String) -> String {
            "coalesce(sum(pg_catalog.hashtextextended(pg_catalog.format('%L', \(value)), 0)::numeric), 0)::text"
        }
        var items = ["count(*) AS rows"]
        if digests {
            let row = table.columns.map { SQLIdentifier.quote($0.name) }.joined(separator: ", ")
            items.append("\(digest("ROW(\(row))")) AS digest")
        }
        for (index, column) in zip(some.indices, some) {
            let name = SQLIdentifier.quote(column.name)
            items.append("count(\(name)) AS values_\(index)")
            if digests { items.append("\(digest(name)) AS digest_\(index)") }
        }
        return "SELECT \(items.joined(separator: ", ")) FROM ONLY \(table.qualifiedName)"
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
}
