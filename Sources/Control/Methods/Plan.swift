public import Planning
public import Revisions

/// What an upgrade or downgrade would do now, and what each step still lacks. Changes nothing.
public enum MakePlan: ControlMethod {
    public static let name = "Plan"

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

    public struct Reply: Sendable, Codable {
        public var rowsBefore: [RevisionID]
        public var rowsAfter: [RevisionID]
        public var steps: [Step]
        public var missingApprovals: [MissingApproval]
        public var digest: String

        public init(
            rowsBefore: [RevisionID], rowsAfter: [RevisionID], steps: [Step], missingApprovals: [MissingApproval],
            digest: String
        ) {
            self.rowsBefore = rowsBefore
            self.rowsAfter = rowsAfter
            self.steps = steps
            self.missingApprovals = missingApprovals
            self.digest = digest
        }
    }
}
