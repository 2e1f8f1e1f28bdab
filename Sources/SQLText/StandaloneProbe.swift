/// How the outcome of a statement that ran outside of a transaction can be found out afterwards.
///
/// Names are given as their parts (`["public", "orders"]`), unquoted and folded.
public enum StandaloneProbe: Sendable, Equatable {
    /// What REINDEX was asked to build anew.
    public enum ReindexTarget: String, Sendable, Hashable, CaseIterable {
        /// One index.
        case index
        /// The indexes of a table.
        case table
        /// The indexes of a schema.
        case schema
        /// The indexes of a database; its name may be left out.
        case database
        /// The indexes of the catalogues; the database's name may be left out.
        case system
    }

    /// An index that is there and valid, of this definition. Without a name, the server chose one.
    case createIndex(name: String?, table: [String], IndexDefinition)
    /// An index that is gone.
    case dropIndex([String])
    /// No leftovers `_ccnew` or `_ccold`; then run again.
    case reindex(ReindexTarget, [String])
    /// A partition that is detached, or half detached and to be finished with FINALIZE.
    case detachPartition(parent: [String], partition: [String])
    /// An enum that has the label.
    case addEnumValue(type: [String], label: String)
    /// Running it again does no harm.
    case repeatable
    /// Nothing tells.
    case none
}

/// What an index is apart from its name and its table.
public struct IndexDefinition: Sendable, Equatable {
    /// Whether no two rows may be the same in it.
    public var isUnique: Bool
    /// The text behind the table's name: `USING btree (a, lower(b)) WHERE c`.
    public var text: String

    /// Makes a definition of its parts.
    public init(isUnique: Bool = false, _ text: String) {
        self.isUnique = isUnique
        self.text = text
    }

    /// The statement that makes such an index at once; `name` and `table` are SQL.
    public func statement(name: String, table: String) -> String {
        "CREATE \(isUnique ? "UNIQUE " : "")INDEX \(name) ON \(table) \(text)"
    }
}
