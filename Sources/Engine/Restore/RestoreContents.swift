import Host

/// Which of an archive's contents are restored where not all of them are. Everything is defined, so that nothing is missing
/// that something else needs; of the data, only that of the tables that were named.
struct RestoreContents: Sendable {
    /// The lines for `pg_restore --use-list`.
    var lines: [String]
    /// Foreign keys that are left out: the rows that they lead to are not restored.
    var omittedKeys: [String] = []
    /// Tables that were asked for and are not in the archive.
    var unknown: [String]

    init(_ contents: [String], tables: [String]) {
        var unmatched = Set(tables)
        var omitted: [String] = []
        lines = contents.filter { line in
            guard let entry = ArchiveEntry(line) else { return true }
            if entry.description.hasPrefix("BLOB") || entry.description.hasPrefix("LARGE OBJECT") { return false }
            if let rest = entry.tableData {
                let table = tables.first { Self.names(rest, $0) }
                if let table { unmatched.remove(table) }
                return table != nil
            }
            if let rest = entry.rest(after: "FK CONSTRAINT"), tables.contains(where: { Self.names(rest, $0) }) {
                omitted.append(String(rest))
                return false
            }
            return true
        }
        omittedKeys = omitted
        unknown = unmatched.sorted()
    }

    /// Whether `schema name …` is about that table, given as `schema.name` or as a name alone, which means any schema.
    private static func names(_ rest: Substring, _ table: String) -> Bool {
        let words = rest.split(separator: " ", maxSplits: 1)
        guard words.count == 2 else { return false }
        let (schema, after) = (words[0], words[1])
        return [table, table.hasPrefix("\(schema).") ? String(table.dropFirst(schema.count + 1)) : nil]
            .compactMap { $0 }.contains { after.hasPrefix($0 + " ") }
    }
}
