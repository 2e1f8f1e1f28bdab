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
    /// Whether it holds an enum's values: those become another type's by way of their text.
    public var isOfEnum: Bool
    /// Whether NULL is refused.
    public var isNotNull: Bool
    /// Of what a generated column is made, and whether that is kept: `(a * 2) STORED`.
    public var generation: String?
    /// How an identity column counts.
    public var identity: Identity?
    /// A storage other than the type's: `EXTERNAL`.
    public var storage: String?
    /// The type's storage, where that is neither `PLAIN` nor `EXTENDED`.
    public var usualStorage: String?
    /// How it is compressed, where that is said.
    public var compression: String?
    /// The statistics target, where there is one.
    public var statistics: Int?
    /// `n_distinct=5`.
    public var options: [String]
    /// ` OPTIONS (…)` of a foreign table's column; else empty.
    public var foreignOptions: String
    /// Whether the table itself says it, and does not only inherit it.
    public var isLocal: Bool
    /// Whether a parent has it too: its type follows the parent's.
    public var isInherited: Bool
    /// The parent's default.
    public var inheritedDefault: String?
    /// Whether the parent refuses NULL already.
    public var isInheritedNotNull: Bool
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
    /// Whether its values are made whenever they are read.
    private var isVirtual: Bool { generation?.hasSuffix(" VIRTUAL") ?? false }
    /// Whether CREATE TABLE has to say it.
    var isWritten: Bool { isLocal || isInPartition }

    /// As in CREATE TABLE.
    var definition: String { definition(isFilled: false) }

    /// As in CREATE TABLE; one that is filled afterwards has neither default nor NOT NULL yet.
    private func definition(isFilled: Bool) -> String {
        var text = "\(column) \(type)\(foreignOptions)"
        if let compression { text += " COMPRESSION \(compression)" }
        if let collation { text += " COLLATE \(collation)" }
        if let generation { text += " GENERATED ALWAYS AS \(generation)" }
        if let identity { text += " \(identity.definition)" }
        if isFilled { return text }
        if let standard, standard.isMadeWithContainer { text += " DEFAULT \(standard.expression)" }
        if isNotNull { text += " NOT NULL" }
        return text
    }

    private var head: String { "ALTER TABLE \(table) ALTER COLUMN \(column)" }
    /// What would go on to the tables that inherit it: each of them has its own.
    private var ownHead: String { "ALTER TABLE ONLY \(table) ALTER COLUMN \(column)" }

    /// As in CREATE TABLE … OF; nil where the type says it all.
    var typedDefinition: String? {
        var words: [String] = []
        if let generation { words.append("GENERATED ALWAYS AS \(generation)") }
        if let identity { words.append(identity.definition) }
        if let standard, standard.isMadeWithContainer { words.append("DEFAULT \(standard.expression)") }
        if isNotNull { words.append("NOT NULL") }
        return words.isEmpty ? nil : "\(column) WITH OPTIONS \(words.joined(separator: " "))"
    }

    /// What a definition cannot say, or an inherited column has none for.
    var settings: [String] {
        var statements: [String] = []
        if !isWritten {
            if standard?.expression != inheritedDefault, standard?.isMadeWithContainer ?? true, generation == nil {
                statements += standard?.creation ?? ["\(ownHead) DROP DEFAULT"]
            }
            if isNotNull, !isInheritedNotNull { statements.append("\(head) SET NOT NULL") }
        }
        if let storage { statements.append("\(ownHead) SET STORAGE \(storage)") }
        if let statistics { statements.append("\(ownHead) SET STATISTICS \(statistics)") }
        if !options.isEmpty { statements.append("\(head) SET (\(options.joined(separator: ", ")))") }
        return statements
    }

    /// Adds it; one that is inherited comes with the parent's.
    public var creation: [String] {
        isLocal ? ["ALTER TABLE \(table) ADD COLUMN \(definition)"] + settings : settings
    }
    /// Drops it; one that is inherited goes with the parent's.
    public var removal: [String] { ["ALTER TABLE \(table) DROP COLUMN \(column)"] }

    /// Its values.
    public var loss: String? {
        isLocal && generation == nil ? "drops the column \(column) of \(table) with its values" : nil
    }

    /// A default that differs from row to row is filled in afterwards; otherwise the table would be rewritten.
    public func creationStages(in surroundings: Surroundings) -> [DDLStage] {
        guard surroundings.isInUse, isLocal else { return [DDLStage(creation)] }
        if generation != nil && !isVirtual || identity != nil {
            return [DDLStage(creation, remark: "rewrites the table \(table) under a lock that stops readers")]
        }
        guard let standard, standard.isVolatile, standard.isMadeWithContainer else {
            let fails = isNotNull && standard == nil
            return [
                DDLStage(creation, remark: fails ? "fails if \(table) holds rows: \(column) has no default" : nil)
            ]
        }
        // Like the column, its default goes on to the tables that inherit it.
        let making =
            ["ALTER TABLE \(table) ADD COLUMN \(definition(isFilled: true))"]
            + ["\(head) SET DEFAULT \(standard.expression)"] + settings
        let filling = "UPDATE \(table) SET \(column) = DEFAULT WHERE \(column) IS NULL"
        return [
            DDLStage(making),
            DDLStage(
                [filling], mode: .validation, remark: "writes every row of \(table); do it in parts if they are many"),
        ] + (isNotNull ? notNullStages(before: [], after: []) : [])
    }

    /// NULLs are looked for while others read and write.
    public func changeStages(to desired: Self, _ statements: [String], in surroundings: Surroundings) -> [DDLStage] {
        guard surroundings.isInUse else { return [DDLStage(statements)] }
        let remark =
            type == desired.type || TypeName(type).isKept(in: TypeName(desired.type)) && collation == desired.collation
            ? nil : "may rewrite the table \(table) under a lock that stops readers: \(type) becomes \(desired.type)"
        guard let place = statements.firstIndex(of: "\(head) SET NOT NULL") else {
            return [DDLStage(statements, remark: remark)]
        }
        var stages = notNullStages(before: Array(statements[..<place]), after: Array(statements[(place + 1)...]))
        stages[0].remark = remark
        return stages
    }

    /// A check that is validated saves SET NOT NULL its look at every row.
    private func notNullStages(before: [String], after: [String]) -> [DDLStage] {
        let check = Name.suffixed(column, "_is_there")
        return [
            DDLStage(before + ["ALTER TABLE \(table) ADD CONSTRAINT \(check) CHECK (\(column) IS NOT NULL) NOT VALID"]),
            DDLStage(["ALTER TABLE \(table) VALIDATE CONSTRAINT \(check)"], mode: .validation),
            DDLStage(["\(head) SET NOT NULL", "ALTER TABLE \(table) DROP CONSTRAINT \(check)"] + after),
        ]
    }

    /// A generated column with another expression holds nothing that could be lost: it is made anew.
    public func change(to desired: Self) -> ObjectChange {
        if foreignOptions != desired.foreignOptions { return .anew }
        if isVirtual, generation != desired.generation { return .anew }
        if desired.generation != nil, (generation, type) != (desired.generation, desired.type) { return .anew }
        var statements: [String] = []
        let typeChanges = (type, collation) != (desired.type, desired.collation) && desired.isWritten
        if generation != nil, desired.generation == nil { statements.append("\(head) DROP EXPRESSION") }
        if identity != nil, desired.identity == nil { statements.append("\(head) DROP IDENTITY") }
        let followsParent = isInherited && desired.isInherited && isInheritedNotNull && !desired.isInheritedNotNull
        if isNotNull, !desired.isNotNull, !followsParent { statements.append("\(head) DROP NOT NULL") }
        if typeChanges, desired.isLocal, !isInherited {
            statements.append(isOfEnum || desired.isOfEnum ? desired.retypingThroughText : desired.retyping(from: type))
        }
        // It comes with the parent's, unless that is a new one.
        if !isNotNull, desired.isNotNull, !(isInherited && desired.isInheritedNotNull) {
            statements.append("\(head) SET NOT NULL")
        }
        if let wanted = desired.identity { statements += identityChange(to: wanted) }
        statements += storageChange(to: desired)
        return .inPlace(
            statements,
            remaking: typeChanges ? [.view, .materializedView, .rule, .trigger, .policy, .column, .columnDefault] : [])
    }

    /// Gives it its type. An explicit cast to a length would cut what is longer: the assignment refuses it.
    private func retyping(from old: String) -> String {
        let base = TypeName(type).base
        let cast = TypeName(old).base == base ? "" : " USING \(column)::\(base)"
        return "\(head) TYPE \(type)" + (collation.map { " COLLATE \($0)" } ?? "") + cast
    }

    /// The same by way of text: for enums, and for a type that was made anew.
    var retypingThroughText: String {
        let text = type.hasSuffix("[]") ? "text[]" : "text"
        return "\(head) TYPE \(type)" + (collation.map { " COLLATE \($0)" } ?? "")
            + " USING \(column)::\(text)::\(TypeName(type).base)"
    }

    private func identityChange(to wanted: Identity) -> [String] {
        guard let identity else {
            return [
                "\(head) ADD \(wanted.definition)",
                wanted.numbers.catchingUp(wanted.sequence, table: table, column: column),
            ]
        }
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
        // Another type brings its own, and so does the same in another collation.
        let isReset = (type, collation) != (desired.type, desired.collation)
        if let wanted = desired.compression ?? (isReset ? nil : "default"),
            isReset || compression != desired.compression
        {
            statements.append("\(head) SET COMPRESSION \(wanted)")
        }
        if let wanted = desired.storage ?? (isReset ? nil : desired.usualStorage ?? "EXTENDED"),
            isReset || storage != desired.storage
        {
            statements.append("\(ownHead) SET STORAGE \(wanted)")
        }
        if statistics != desired.statistics {
            statements.append("\(ownHead) SET STATISTICS \(desired.statistics ?? -1)")
        }
        return statements + StorageOptions.actions(from: options, to: desired.options).map { "\(head) \($0)" }
    }

    /// Equal, the default aside.
    public func isSame(as other: Self) -> Bool {
        var (left, right) = (self, other)
        left.standard = nil
        right.standard = nil
        left.isInPartition = right.isInPartition
        left.inheritedDefault = right.inheritedDefault
        left.isInheritedNotNull = right.isInheritedNotNull
        left.isOfEnum = right.isOfEnum
        // Who said first that there is such a column cannot be changed, and means nothing.
        if isInherited, other.isInherited { left.isLocal = right.isLocal }
        left.isInherited = right.isInherited
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
    /// Whether it may be another in each row.
    public var isVolatile: Bool

    /// By the column.
    public var id: ObjectID { ObjectID(.columnDefault, "\(table).\(column)") }
    /// The column.
    public var container: ObjectID? { ObjectID(.column, "\(table).\(column)") }
    /// Tables that inherit the column have their own.
    private var head: String { "ALTER TABLE ONLY \(table) ALTER COLUMN \(column)" }
    /// A plain one stands in the column's definition.
    public var isMadeWithContainer: Bool { isPlain }
    /// Sets it.
    public var creation: [String] { ["\(head) SET DEFAULT \(expression)"] }
    /// Drops it.
    public var removal: [String] { ["\(head) DROP DEFAULT"] }
    /// Sets another.
    public func change(to desired: Self) -> ObjectChange { .inPlace(desired.creation) }
}
