/// A column of a table.
public struct Column: SchemaObject {
    /// How an identity column counts.
    public struct Identity: Codable, Equatable, Sendable {
        /// `ALWAYS` or `BY DEFAULT`.
        public var generation: String
        /// The qualified name of its sequence.
        public var sequence: String
        /// Whether the sequence has the name that PostgreSQL gives.
        public var hasUsualName: Bool
        /// How it counts.
        public var numbers: SequenceNumbers

        var definition: String {
            let words = (hasUsualName ? [] : ["SEQUENCE NAME \(sequence)"]) + numbers.unusual
            return "GENERATED \(generation) AS IDENTITY"
                + (words.isEmpty ? "" : " (\(words.joined(separator: " ")))")
        }
    }

    /// The table's qualified name.
    public var table: String
    /// Its own name.
    public var column: String
    /// Its type.
    public var type: String
    /// A collation other than the type's.
    public var collation: String?
    /// Whether NULL is refused.
    public var isNotNull: Bool
    /// The expression of which a generated column is made.
    public var generation: String?
    /// How an identity column counts.
    public var identity: Identity?
    /// A storage other than the type's: `EXTERNAL`.
    public var storage: String?
    /// How it is compressed, where that is said.
    public var compression: String?
    /// The statistics target, where there is one.
    public var statistics: Int?
    /// `n_distinct=5`.
    public var options: [String]
    /// Whether the table itself says it, and does not only inherit it.
    public var isLocal: Bool
    /// Whether a parent has it too: its type follows the parent's.
    public var isInherited: Bool
    /// Whether the table is a partition: it is made with all its columns, and attached.
    public var isInPartition: Bool
    /// Its default.
    public var standard: ColumnDefault?

    /// `column schema.table.name`.
    public var id: ObjectID { ObjectID(.column, "\(table).\(column)") }
    /// The table.
    public var container: ObjectID? { ObjectID(.table, table) }
    /// The default.
    public var parts: [any SchemaObject] { standard.map { [$0] } ?? [] }
    /// CREATE TABLE makes it.
    public var isMadeWithContainer: Bool { true }
    /// An identity column's sequence has a relation's name.
    public var claims: [String] { identity.map { ["relation \($0.sequence)"] } ?? [] }
    /// Whether CREATE TABLE has to say it.
    var isWritten: Bool { isLocal || isInPartition }

    /// As in CREATE TABLE.
    var definition: String {
        var text = "\(column) \(type)"
        if let compression { text += " COMPRESSION \(compression)" }
        if let collation { text += " COLLATE \(collation)" }
        if let generation { text += " GENERATED ALWAYS AS (\(generation)) STORED" }
        if let identity { text += " \(identity.definition)" }
        if let standard, standard.isMadeWithContainer { text += " DEFAULT \(standard.expression)" }
        if isNotNull { text += " NOT NULL" }
        return text
    }

    private var head: String { "ALTER TABLE \(table) ALTER COLUMN \(column)" }

    /// What a definition cannot say.
    var settings: [String] {
        var statements: [String] = []
        if let storage { statements.append("\(head) SET STORAGE \(storage)") }
        if let statistics { statements.append("\(head) SET STATISTICS \(statistics)") }
        if !options.isEmpty { statements.append("\(head) SET (\(options.joined(separator: ", ")))") }
        return statements
    }

    /// Adds it; one that is inherited comes with the parent's.
    public var creation: [String] {
        isLocal ? ["ALTER TABLE \(table) ADD COLUMN \(definition)"] + settings : settings
    }
    /// Drops it; one that is inherited goes with the parent's.
    public var removal: [String] { isLocal && !isInherited ? ["ALTER TABLE \(table) DROP COLUMN \(column)"] : [] }

    /// A generated column with another expression holds nothing that could be lost: it is made anew.
    public func change(to desired: Self) -> ObjectChange {
        if desired.generation != nil, (generation, type) != (desired.generation, desired.type) { return .anew }
        var statements: [String] = []
        let typeChanges = (type, collation) != (desired.type, desired.collation) && desired.isWritten
        if generation != nil, desired.generation == nil { statements.append("\(head) DROP EXPRESSION") }
        if identity != nil, desired.identity == nil { statements.append("\(head) DROP IDENTITY") }
        if isNotNull, !desired.isNotNull { statements.append("\(head) DROP NOT NULL") }
        if typeChanges, desired.isLocal, !isInherited { statements.append(desired.retyping) }
        if !isNotNull, desired.isNotNull { statements.append("\(head) SET NOT NULL") }
        if let wanted = desired.identity { statements += identityChange(to: wanted) }
        statements += storageChange(to: desired)
        return .inPlace(
            statements,
            remaking: typeChanges ? [.view, .materializedView, .rule, .trigger, .policy, .column, .columnDefault] : [])
    }

    /// Gives it its type, by a cast that keeps the values.
    var retyping: String {
        "\(head) TYPE \(type)" + (collation.map { " COLLATE \($0)" } ?? "") + " USING \(column)::\(type)"
    }

    /// The same by way of text: for a type that was made anew.
    var retypingThroughText: String { "\(head) TYPE \(type) USING \(column)::text::\(type)" }

    private func identityChange(to wanted: Identity) -> [String] {
        guard let identity else { return ["\(head) ADD \(wanted.definition)"] }
        var words: [String] = []
        if identity.generation != wanted.generation { words.append("SET GENERATED \(wanted.generation)") }
        words += identity.numbers.changes(to: wanted.numbers).map { "SET \($0)" }
        var statements = words.isEmpty ? [] : ["\(head) \(words.joined(separator: " "))"]
        if identity.sequence != wanted.sequence, let name = wanted.sequence.split(separator: ".").last {
            statements.append("ALTER SEQUENCE \(identity.sequence) RENAME TO \(name)")
        }
        return statements
    }

    private func storageChange(to desired: Self) -> [String] {
        var statements: [String] = []
        if compression != desired.compression {
            statements.append("\(head) SET COMPRESSION \(desired.compression ?? "default")")
        }
        if storage != desired.storage, let wanted = desired.storage {
            statements.append("\(head) SET STORAGE \(wanted)")
        }
        if statistics != desired.statistics { statements.append("\(head) SET STATISTICS \(desired.statistics ?? -1)") }
        return statements + StorageOptions.actions(from: options, to: desired.options).map { "\(head) \($0)" }
    }

    /// Equal, the default aside.
    public func isSame(as other: Self) -> Bool {
        var (left, right) = (self, other)
        left.standard = nil
        right.standard = nil
        left.isInPartition = right.isInPartition
        return left == right
    }
}

/// A column's default.
public struct ColumnDefault: SchemaObject {
    /// The table's qualified name.
    public var table: String
    /// The column's name.
    public var column: String
    /// The expression.
    public var expression: String
    /// Whether it needs nothing that may need the table.
    public var isPlain: Bool

    /// By the column.
    public var id: ObjectID { ObjectID(.columnDefault, "\(table).\(column)") }
    /// The column.
    public var container: ObjectID? { ObjectID(.column, "\(table).\(column)") }
    /// A plain one stands in the column's definition.
    public var isMadeWithContainer: Bool { isPlain }
    /// Sets it.
    public var creation: [String] { ["ALTER TABLE \(table) ALTER COLUMN \(column) SET DEFAULT \(expression)"] }
    /// Drops it.
    public var removal: [String] { ["ALTER TABLE \(table) ALTER COLUMN \(column) DROP DEFAULT"] }
    /// Sets another.
    public func change(to desired: Self) -> ObjectChange { .inPlace(desired.creation) }
}
