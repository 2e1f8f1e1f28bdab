/// Queues a stamp: the version table says something else afterwards, and no revision is run.
public enum Stamp: ControlMethod {
    public static let name = "Stamp"

    public struct Parameters: Sendable, Codable {
        public var database: String?
        /// `head`, `heads`, `base`, ids, labels: at least one, and none that is relative.
        public var targets: [String]
        /// Whether all rows go first, whatever they are.
        public var purge: Bool?
        public var requestId: String

        public init(database: String? = nil, targets: [String], purge: Bool? = nil, requestId: String) {
            self.database = database
            self.targets = targets
            self.purge = purge
            self.requestId = requestId
        }
    }

    public typealias Reply = JobReply
}

/// Queues the making of the version table, where it is not there.
public enum EnsureVersion: ControlMethod {
    public static let name = "EnsureVersion"

    public struct Parameters: Sendable, Codable {
        public var database: String?
        public var requestId: String

        public init(database: String? = nil, requestId: String) {
            self.database = database
            self.requestId = requestId
        }
    }

    public typealias Reply = JobReply
}
