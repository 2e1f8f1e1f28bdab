/// A table, with its columns as parts.
public struct Table: SchemaObject {
    /// Its qualified name.
    public var name: String
    /// Whether a crash may empty it.
    public var isUnlogged: Bool
    /// `RANGE (at)`: what it is partitioned by.
    public var partitionKey: String?
    /// The access method, where it is not the usual one.
    public var accessMethod: String?
    /// The composite type that it is of.
    public var ofType: String?
    /// `fillfactor=70`, `toast.autovacuum_enabled=false`.
    public var options: [String]
    /// The tables that it inherits from, in order; none for a partition.
    public var parents: [String]
    /// Of a foreign table: the server, with options.
    public var server: String?
    /// Its columns in their order.
    public var columns: [Column] = []

    /// `table name`.
    public var id: ObjectID { ObjectID(.table, name) }
    /// The columns.
    public var parts: [any SchemaObject] { columns }
    /// The name is a relation's and a type's.
    public var claims: [String] { ["relation \(name)", "type \(name)"] }

    /// Its rows.
    public var loss: String? { server == nil ? "drops the table \(name) with its rows" : nil }
    private var word: String { server == nil ? "TABLE" : "FOREIGN TABLE" }

    /// Makes it with its columns.
    public var creation: [String] {
        var text = "CREATE \(isUnlogged ? "UNLOGGED " : "")\(word) \(name)"
        if let ofType {
            let lines = columns.compactMap(\.typedDefinition).map { "    \($0)" }
            text += " OF \(ofType)" + (lines.isEmpty ? "" : " (\n\(lines.joined(separator: ",\n"))\n)")
        } else {
            let lines = columns.filter(\.isWritten).map { "    \($0.definition)" }
            text += lines.isEmpty ? " (\n)" : " (\n\(lines.joined(separator: ",\n"))\n)"
        }
        if !parents.isEmpty { text += " INHERITS (\(parents.joined(separator: ", ")))" }
        if let partitionKey { text += " PARTITION BY \(partitionKey)" }
        if let server { text += " SERVER \(server)" }
        if let accessMethod { text += " USING \(accessMethod)" }
        if !options.isEmpty { text += " WITH (\(options.joined(separator: ", ")))" }
        return [text] + columns.flatMap(\.settings)
    }
    /// Drops it.
    public var removal: [String] { ["DROP \(word) \(name)"] }

    /// What it is partitioned by cannot change, nor where the rows of a foreign one are: those are not here to be lost.
    public func change(to desired: Self) -> ObjectChange {
        guard partitionKey == desired.partitionKey, server == desired.server else { return .anew }
        var actions: [String] = []
        let gone = Set(parents).subtracting(desired.parents).sorted()
        actions += gone.map { "NO INHERIT \($0)" }
        actions += desired.parents.filter { !parents.contains($0) }.map { "INHERIT \($0)" }
        if isUnlogged != desired.isUnlogged { actions.append(desired.isUnlogged ? "SET UNLOGGED" : "SET LOGGED") }
        if accessMethod != desired.accessMethod {
            actions.append("SET ACCESS METHOD \(desired.accessMethod ?? "heap")")
        }
        if ofType != desired.ofType { actions.append(desired.ofType.map { "OF \($0)" } ?? "NOT OF") }
        actions += StorageOptions.actions(from: options, to: desired.options)
        return .inPlace(actions.map { "ALTER TABLE \(name) \($0)" })
    }

    /// Columns that it has already cannot become the parent's alone.
    public func changeStages(to desired: Self, _ statements: [String], in surroundings: Surroundings) -> [DDLStage] {
        let joins = desired.parents.contains { !parents.contains($0) }
        let rewrites = isUnlogged != desired.isUnlogged || accessMethod != desired.accessMethod
        let remark =
            rewrites
            ? "rewrites the table \(name) under a lock that stops readers"
            : joins ? "the columns that \(name) has already stay when the parent's are dropped" : nil
        return [DDLStage(statements, remark: remark)]
    }

    /// Equal, columns aside.
    public func isSame(as other: Self) -> Bool {
        var (left, right) = (self, other)
        left.columns = []
        right.columns = []
        return left == right
    }
}

/// `WITH (…)` of a relation.
enum StorageOptions {
    /// What comes after ALTER TABLE, VIEW or INDEX and its name.
    static func actions(from old: [String], to new: [String]) -> [String] {
        func key(_ option: String) -> String { String(option.prefix { $0 != "=" }) }
        let gone = Set(old.map(key)).subtracting(new.map(key)).sorted()
        let set = new.filter { !old.contains($0) }
        var actions: [String] = []
        if !gone.isEmpty { actions.append("RESET (\(gone.joined(separator: ", ")))") }
        if !set.isEmpty { actions.append("SET (\(set.joined(separator: ", ")))") }
        return actions
    }
}
