public import Planning

/// Looks at a database's schema, and says how it differs from what its revisions left.
public enum GetDrift: ControlMethod {
    public static let name = "GetDrift"

    public struct Parameters: Sendable, Codable {
        public var database: String?

        public init(database: String? = nil) {
            self.database = database
        }
    }

    public struct Reply: Sendable, Codable {
        public var report: DriftReport

        public init(report: DriftReport) {
            self.report = report
        }
    }
}

/// Takes the schema as it is for what it should be.
public enum AcceptDrift: ControlMethod {
    public static let name = "AcceptDrift"

    public struct Parameters: Sendable, Codable {
        public var database: String?
        /// What the caller was shown: another drift by now is not accepted.
        public var changes: [DriftReport.Change]

        public init(database: String? = nil, changes: [DriftReport.Change]) {
            self.database = database
            self.changes = changes
        }
    }

    public typealias Reply = GetDrift.Reply
}
