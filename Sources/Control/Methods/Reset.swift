public import Planning

/// Queues the emptying of a development database, and the upgrade that builds it again.
public enum Reset: ControlMethod {
    public static let name = "Reset"

    public struct Parameters: Sendable, Codable {
        public var database: String?
        /// A UUID of the caller's making: the same call sent twice is one reset.
        public var requestId: String
        /// The same for the upgrade.
        public var upgradeRequestId: String

        public init(database: String? = nil, requestId: String, upgradeRequestId: String) {
            self.database = database
            self.requestId = requestId
            self.upgradeRequestId = upgradeRequestId
        }
    }

    public struct Reply: Sendable, Codable {
        /// The job that empties it.
        public var job: Job
        /// The job that builds it again.
        public var upgrade: Job

        public init(job: Job, upgrade: Job) {
            self.job = job
            self.upgrade = upgrade
        }
    }
}
