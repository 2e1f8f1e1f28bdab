import Planning
import PostgresClient

/// What the tables of a copy were like before the plan was carried out in it.
///
/// Where a second database has it all as it was, that one is asked, and only for what the plan has touched: most plans touch
/// little. Where there is none, everything was read beforehand.
struct Original: Sendable {
    private let catalogue: TableCatalogue
    private let source: Source
    private let versions: VersionTable

    private enum Source: Sendable {
        /// A session with the second database, and the first transaction that may have written what that one has not.
        case database(Connection, since: Int64)
        case contents(TableContents)
    }

    /// Sees to it that what is there now is known later.
    ///
    /// - Parameters:
    ///   - database: A session with a database that is the same, and stays so.
    ///   - digests: Whether it will be asked for losses; of importance only where there is no such database.
    static func keep(
        _ copy: Connection, in database: Connection?, leavingOut versions: VersionTable, digests: Bool
    ) async throws -> Original {
        let catalogue = try await TableCatalogue.read(on: copy, leavingOut: versions)
        guard let database else {
            let contents = try await TableContents.read(catalogue.tables, on: copy, digests: digests)
            return Original(catalogue: catalogue, source: .contents(contents), versions: versions)
        }
        let next: Int64 = try await copy.query(
            "SELECT pg_catalog.pg_current_xact_id()::text::bigint AS next"
        ).single().decode("next")
        return Original(catalogue: catalogue, source: .database(database, since: next), versions: versions)
    }

    /// How many rows tables had, of those that there were.
    func rows(of names: Set<String>) async throws -> [String: Int64] {
        try await contents(of: catalogue.tables.filter { names.contains($0.key) }).tables
            .filter { names.contains($0.key) }.mapValues(\.rows)
    }

    /// Tables and columns that held data and are not there any more. By their numbers: a new name is no loss.
    func dropped(on copy: Connection) async throws -> [DataLoss] {
        let now = try await TableCatalogue.read(on: copy, leavingOut: versions)
        let columns = Dictionary(now.tables.values.map { ($0.oid, Set($0.columns.map(\.number))) }) { $1 }
        let lacking = catalogue.tables.filter { _, table in
            !table.columns.allSatisfy { columns[table.oid]?.contains($0.number) == true } || columns[table.oid] == nil
        }
        let held = try await contents(of: lacking)
        return lacking.sorted { $0.key < $1.key }.flatMap { name, table -> [DataLoss] in
            guard let held = held.tables[name] else { return [] }
            guard let left = columns[table.oid] else {
                return held.rows > 0 ? [DataLoss(relation: name, before: held.rows, after: 0)] : []
            }
            return held.columns.sorted { $0.value.number < $1.value.number }
                .filter { $0.value.values > 0 && !left.contains($0.value.number) }
                .map { DataLoss(relation: name, column: $0.key, before: $0.value.values, after: 0) }
        }
    }

    /// What is gone from the tables that there were, or is not what it was.
    func losses(on copy: Connection) async throws -> [DataLoss] {
        let now = try await TableCatalogue.read(on: copy, leavingOut: versions)
        switch source {
        case .contents(let contents):
            return contents.losses(until: try await TableContents.read(now.tables, on: copy, digests: true))
        case .database(let database, let since):
            let touched = try await touched(until: now, copy: copy, database: database, since: since)
            async let before = TableContents.read(
                catalogue.tables.filter { touched.contains($0.key) }, on: database, digests: true)
            let after = try await TableContents.read(
                now.tables.filter { touched.contains($0.key) }, on: copy, digests: true)
            return try await before.losses(until: after)
        }
    }

    private func contents(of tables: [String: TableCatalogue.Table]) async throws -> TableContents {
        switch source {
        case .contents(let contents): contents
        case .database(let database, _): try await TableContents.read(tables, on: database, digests: false)
        }
    }

    /// Tables that are others by now; or whose rows are others in number, or were written since, any of them.
    private func touched(
        until now: TableCatalogue, copy: Connection, database: Connection, since: Int64
    ) async throws -> Set<String> {
        let kept = catalogue.kept(in: now)
        var touched = Set(catalogue.tables.keys).subtracting(kept.keys)
        for (name, table) in kept {
            async let before = database.query(
                Query.once("SELECT count(*) AS rows FROM ONLY \(table.qualifiedName)"))
            let after = try await copy.query(
                Query.once(
                    """
                    SELECT count(*) AS rows, count(*) FILTER (WHERE pg_catalog.age(xmin) <= pg_catalog.age('\(since)'::xid)) AS written
                    FROM ONLY \(table.qualifiedName)
                    """)
            ).single()
            let isSame =
                try await before.single().decode("rows", as: Int64.self) == after.decode("rows", as: Int64.self)
            if try !isSame || after.decode("written", as: Int64.self) > 0 { touched.insert(name) }
        }
        return touched
    }
}
