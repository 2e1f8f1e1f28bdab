public import Planning
public import Revisions

/// What an upgrade or downgrade would do now, and what each step still lacks. Changes nothing.
public enum MakePlan: ControlMethod {
    public static let name = "Plan"

    public struct Parameters: Sendable, Codable {
        public var database: String?
        public var direction: Direction
        public var target: String
        /// Whether revisions that cannot be run are listed as gaps; without it they are an error.
        public var allowsGaps: Bool?

        public init(
            database: String? = nil, direction: Direction, target: String, allowsGaps: Bool? = nil
        ) {
            self.database = database
            self.direction = direction
            self.target = target
            self.allowsGaps = allowsGaps
        }
    }

    public struct Reply: Sendable, Codable {
        public var rowsBefore: [RevisionID]
        public var rowsAfter: [RevisionID]
        public var steps: [Step]
        public var missingApprovals: [MissingApproval]
        public var digest: String
        /// Revisions on the way that cannot be taken back.
        public var gaps: [PlanGap]?
        /// Steps whose file is gone; the bytes that were kept of it are run.
        public var withoutFile: [RevisionID]?

        public init(
            rowsBefore: [RevisionID], rowsAfter: [RevisionID], steps: [Step], missingApprovals: [MissingApproval],
            digest: String, gaps: [PlanGap]? = nil, withoutFile: [RevisionID]? = nil
        ) {
            self.rowsBefore = rowsBefore
            self.rowsAfter = rowsAfter
            self.steps = steps
            self.missingApprovals = missingApprovals
            self.digest = digest
            self.gaps = gaps
            self.withoutFile = withoutFile
        }
    }
}

/// The steps of an upgrade or a downgrade as a script for psql, from where the database is. Changes nothing.
public enum GetScript: ControlMethod {
    public static let name = "GetScript"
    public static let isStreaming = true

    public struct Parameters: Sendable, Codable {
        public var database: String?
        public var direction: Direction
        public var target: String

        public init(database: String? = nil, direction: Direction, target: String) {
            self.database = database
            self.direction = direction
            self.target = target
        }
    }

    /// The script, or the next portion of it.
    public struct Reply: Sendable, Codable {
        public var sql: String

        public init(sql: String) {
            self.sql = sql
        }
    }
}
