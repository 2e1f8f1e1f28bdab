public import Planning
public import Revisions

/// The revisions of a database's directory, newest first: one reply a revision where the caller asks for more.
public enum ListRevisions: ControlMethod {
    public static let name = "ListRevisions"
    public static let isStreaming = true

    public struct Parameters: Sendable, Codable {
        public var database: String?

        public init(database: String? = nil) {
            self.database = database
        }
    }

    public struct Reply: Sendable, Codable {
        /// Newest first. A stream sends them in portions.
        public var revisions: [RevisionSummary]
        /// Why it is not known what is applied; absent where it is.
        public var unknownBecause: String?

        public init(revisions: [RevisionSummary], unknownBecause: String? = nil) {
            self.revisions = revisions
            self.unknownBecause = unknownBecause
        }
    }
}

/// A revision and its place in the graph and in the database.
public struct RevisionSummary: Sendable, Hashable, Codable {
    public var id: RevisionID
    public var downRevisions: [RevisionID]
    public var dependsOn: [String]
    public var branchLabels: [String]
    public var description: String
    public var created: String?
    public var path: String
    public var isTransactional: Bool
    public var hasDowngrade: Bool
    public var isHead: Bool
    public var isBase: Bool
    public var isBranchPoint: Bool
    public var isMergePoint: Bool
    /// A row of the version table names it.
    public var isCurrent: Bool
    /// It is applied: a row of the version table names it or one of its descendants.
    public var isApplied: Bool

    public init(
        id: RevisionID, downRevisions: [RevisionID], dependsOn: [String], branchLabels: [String], description: String,
        created: String?, path: String, isTransactional: Bool, hasDowngrade: Bool, isHead: Bool, isBase: Bool,
        isBranchPoint: Bool, isMergePoint: Bool, isCurrent: Bool, isApplied: Bool
    ) {
        self.id = id
        self.downRevisions = downRevisions
        self.dependsOn = dependsOn
        self.branchLabels = branchLabels
        self.description = description
        self.created = created
        self.path = path
        self.isTransactional = isTransactional
        self.hasDowngrade = hasDowngrade
        self.isHead = isHead
        self.isBase = isBase
        self.isBranchPoint = isBranchPoint
        self.isMergePoint = isMergePoint
        self.isCurrent = isCurrent
        self.isApplied = isApplied
    }
}

/// One revision, with its bytes, digests and approvals.
public enum GetRevision: ControlMethod {
    public static let name = "GetRevision"

    public struct Parameters: Sendable, Codable {
        public var database: String?
        /// An id, a partial id, a label, `head`, …
        public var revision: String
        /// A job of the database: its bytes are meant, whatever the directory has by now. The revision is then given by its id.
        public var job: JobID?

        public init(database: String? = nil, revision: String, job: JobID? = nil) {
            self.database = database
            self.revision = revision
            self.job = job
        }
    }

    public struct Reply: Sendable, Codable {
        public var revision: RevisionSummary
        /// The whole file.
        public var source: String
        public var upgradeDigest: String
        public var downgradeDigest: String?
        public var approvals: [Approval]

        public init(
            revision: RevisionSummary, source: String, upgradeDigest: String, downgradeDigest: String?,
            approvals: [Approval]
        ) {
            self.revision = revision
            self.source = source
            self.upgradeDigest = upgradeDigest
            self.downgradeDigest = downgradeDigest
            self.approvals = approvals
        }
    }
}

/// What was applied, newest first. A revision may come and go many times.
public enum GetHistory: ControlMethod {
    public static let name = "GetHistory"
    public static let isStreaming = true

    public struct Parameters: Sendable, Codable {
        public var database: String?
        /// At most so many entries; all without it.
        public var limit: Int?

        public init(database: String? = nil, limit: Int? = nil) {
            self.database = database
            self.limit = limit
        }
    }

    public struct Reply: Sendable, Codable {
        public var entries: [HistoryEntry]
        /// The stamps of the same time; in one of the replies.
        public var stamps: [StampEntry]?

        public init(entries: [HistoryEntry], stamps: [StampEntry]? = nil) {
            self.entries = entries
            self.stamps = stamps
        }
    }
}
