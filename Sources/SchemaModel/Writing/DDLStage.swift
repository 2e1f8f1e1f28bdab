/// A step in the making of one object: what is run together, and how.
public struct DDLStage: Sendable, Equatable {
    /// What a stage needs around it.
    public enum Mode: String, Sendable, Codable {
        /// One transaction with others of its kind.
        case transaction
        /// One transaction in which nothing holds a strong lock: it reads whole tables.
        case validation
        /// No transaction at all: `CREATE INDEX CONCURRENTLY`.
        case standalone
    }

    /// What it needs around it.
    public var mode: Mode
    /// The statements.
    public var statements: [String]
    /// What somebody who reviews it has to know.
    public var remark: String?

    /// Makes a stage.
    public init(_ statements: [String], mode: Mode = .transaction, remark: String? = nil) {
        self.statements = statements
        self.mode = mode
        self.remark = remark
    }
}

/// Where an object is made, altered or dropped.
public struct Surroundings: Sendable {
    /// The table that it is a part of, where that is there before and after: others use it meanwhile.
    public var table: Table?
    /// Whether one of the same name is to be replaced.
    public var isReplacement = false

    /// Whether it is a part of a domain that is there before and after, and may be the type of columns in use.
    public var isOfDomainInUse = false

    /// Whether others use the table.
    var isInUse: Bool { table.map { $0.server == nil } ?? false }
    /// Whether others use the table, and its indexes can be built and dropped without locks: a partitioned one's cannot.
    var isBusy: Bool { isInUse && table?.partitionKey == nil }
}

/// Statements that go together.
public struct DDLPortion: Sendable, Equatable {
    /// One of them.
    public struct Statement: Sendable, Equatable {
        /// Without a semicolon.
        public var sql: String
        /// What somebody who reviews it has to know.
        public var remark: String?
    }

    /// What they need around them.
    public var mode: DDLStage.Mode
    /// The statements in their order.
    public var statements: [Statement]

    /// Statements for one transaction.
    public init(_ statements: [String]) {
        mode = .transaction
        self.statements = statements.map { Statement(sql: $0) }
    }

    init(mode: DDLStage.Mode, statements: [Statement]) {
        self.mode = mode
        self.statements = statements
    }

    /// Whether they run in one transaction.
    public var isTransactional: Bool { mode != .standalone }

    /// The text of a script, with remarks as comments.
    public var sql: String {
        statements.map { ($0.remark.map { "-- finding: \($0)\n" } ?? "") + $0.sql + ";\n" }.joined()
    }
}
