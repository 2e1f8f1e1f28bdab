public import Digest
public import Revisions

/// What came of carrying out a plan in a copy of the database that was restored from the backup just taken.
public struct RehearsalReport: Sendable, Hashable, Codable {
    /// How far it came.
    public enum Outcome: String, Sendable, Hashable, Codable, CaseIterable {
        /// The plan was carried out.
        case completed
        /// A statement of the plan failed, as it would have in the database itself.
        case failed
        /// There was no copy to carry it out in, or too little of one.
        case notRehearsed = "not-rehearsed"
    }

    public var outcome: Outcome
    /// Why it was not carried out.
    public var reason: String?
    /// The digest of the plan.
    public var planDigest: SHA256Digest
    /// The contents that were carried out, by digest, in order.
    public var contentDigests: [SHA256Digest]
    /// The backup that was restored.
    public var backup: String
    /// The version of the server that it was carried out on.
    public var serverVersion: String
    /// Bytes of the database that was backed up.
    public var databaseSize: Int64
    /// Whether the copy's server was kept from the network by the kernel.
    public var isCutOffFromNetwork: Bool
    /// How long it took to start the server, to restore, and all in all.
    public var startSeconds: Double
    public var restoreSeconds: Double
    public var elapsedSeconds: Double
    /// What each statement did, in order; of very long plans the first ones.
    public var statements: [StatementMeasure]
    /// How many statements were measured that are not listed.
    public var unlistedStatements: Int
    /// What became of taking it back; absent where that was left out.
    public var wayBack: WayBack?
    public var findings: [RehearsalFinding]

    public init(planDigest: SHA256Digest, contentDigests: [SHA256Digest], backup: String) {
        outcome = .completed
        self.planDigest = planDigest
        self.contentDigests = contentDigests
        self.backup = backup
        serverVersion = ""
        databaseSize = 0
        isCutOffFromNetwork = false
        startSeconds = 0
        restoreSeconds = 0
        elapsedSeconds = 0
        statements = []
        unlistedStatements = 0
        findings = []
    }

    /// The statements that changed a table: wrote rows of it, or kept everybody out of it.
    public func statements(changing relation: String) -> [StatementMeasure] {
        statements.filter { statement in
            statement.locks.contains { $0.relation == relation && $0.mode == "AccessExclusiveLock" }
                || statement.relations.contains { $0.name == relation && $0.rowsWritten > 0 }
        }
    }

    /// The most severe of what the policy makes of the findings.
    public var action: RehearsalFinding.Action { findings.map(\.action).max() ?? .tell }
}

/// What one statement did to the copy. All of it was measured, nothing inferred from its text.
public struct StatementMeasure: Sendable, Hashable, Codable {
    public var revision: RevisionID
    public var direction: Direction
    /// Its place in the revision, counted from 1.
    public var number: Int
    public var line: Int
    /// Its first words, such as `ALTER TABLE`.
    public var verb: String
    public var elapsedMilliseconds: Double
    /// It ran outside any transaction, and another session looked at it every few milliseconds: shorter locks went unseen.
    public var isSampled: Bool
    /// How often it was looked at, where it ran outside any transaction.
    public var samples: Int?
    /// Bytes of write-ahead log, page images left out.
    public var walBytes: Int64
    /// Bytes of temporary files, of sorts that did not fit into memory and the like.
    public var temporaryBytes: Int64?
    public var locks: [LockMeasure]
    /// The tables and indexes that it touched.
    public var relations: [RelationMeasure]

    public init(
        revision: RevisionID, direction: Direction, number: Int, line: Int, verb: String,
        elapsedMilliseconds: Double = 0, isSampled: Bool = false, walBytes: Int64 = 0, locks: [LockMeasure] = [],
        relations: [RelationMeasure] = []
    ) {
        self.revision = revision
        self.direction = direction
        self.number = number
        self.line = line
        self.verb = verb
        self.elapsedMilliseconds = elapsedMilliseconds
        self.isSampled = isSampled
        self.walBytes = walBytes
        self.locks = locks
        self.relations = relations
    }
}

/// A lock that a statement took and its transaction did not have before.
public struct LockMeasure: Sendable, Hashable, Codable {
    /// With its schema.
    public var relation: String
    /// As `pg_locks` has it, such as `AccessExclusiveLock`.
    public var mode: String
    /// From the statement's beginning to the transaction's end.
    public var heldMilliseconds: Double
    /// True where the plan itself has made the relation, so that nobody is kept from anything.
    public var isOfNew: Bool?

    public init(relation: String, mode: String, heldMilliseconds: Double = 0, isOfNew: Bool? = nil) {
        self.isOfNew = isOfNew
        self.relation = relation
        self.mode = mode
        self.heldMilliseconds = heldMilliseconds
    }
}

/// What a statement did to a table or an index.
public struct RelationMeasure: Sendable, Hashable, Codable {
    /// What kind of relation it is.
    public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        case table, index
        case materializedView = "materialized-view"
    }

    /// With its schema.
    public var name: String
    public var kind: Kind
    /// It was not there before the plan.
    public var isNew: Bool
    /// It was written anew as a whole.
    public var isRewritten: Bool
    /// Rows of a table before the plan, counted; absent for what was not there.
    public var rows: Int64?
    public var sequentialScans: Int64
    public var rowsRead: Int64
    public var rowsWritten: Int64
    /// Of a table with what it keeps out of line.
    public var bytesBefore: Int64
    public var bytesAfter: Int64

    public init(
        name: String, kind: Kind, isNew: Bool = false, isRewritten: Bool = false, sequentialScans: Int64 = 0,
        rowsRead: Int64 = 0, rowsWritten: Int64 = 0, bytesBefore: Int64 = 0, bytesAfter: Int64 = 0
    ) {
        self.name = name
        self.kind = kind
        self.isNew = isNew
        self.isRewritten = isRewritten
        self.sequentialScans = sequentialScans
        self.rowsRead = rowsRead
        self.rowsWritten = rowsWritten
        self.bytesBefore = bytesBefore
        self.bytesAfter = bytesAfter
    }
}

/// What became of taking the plan back in the copy, and of carrying it out once more.
public struct WayBack: Sendable, Hashable, Codable {
    /// The revisions that were taken back, newest first.
    public var takenBack: [RevisionID]
    /// The revisions that have no downgrade.
    public var irreversible: [RevisionID]
    /// What of the schema is not as it was before, as lines of SQL with `-` or `+` before them.
    public var schemaDifferences: [String]
    /// Whether the order of a table's columns, or of other parts, is all that differs.
    public var hasOnlyOrderChanged: Bool
    /// Data that did not come back.
    public var losses: [DataLoss]
    /// What the second way up made other than the first one.
    public var secondUpgradeDifferences: [String]

    public init(takenBack: [RevisionID], irreversible: [RevisionID]) {
        self.takenBack = takenBack
        self.irreversible = irreversible
        schemaDifferences = []
        hasOnlyOrderChanged = false
        losses = []
        secondUpgradeDifferences = []
    }
}

/// Data that is gone, or that is not what it was.
public struct DataLoss: Sendable, Hashable, Codable {
    /// The table, with its schema.
    public var relation: String
    /// The column; absent where whole rows are gone.
    public var column: String?
    /// Rows of the table, or values of the column that are not null, before and after.
    public var before: Int64
    public var after: Int64

    public init(relation: String, column: String? = nil, before: Int64, after: Int64) {
        self.relation = relation
        self.column = column
        self.before = before
        self.after = after
    }
}
