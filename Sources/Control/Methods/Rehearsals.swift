public import Planning

/// Queues the rehearsal of an upgrade: a backup, and the plan in a copy restored from it.
public enum Rehearse: ControlMethod {
    public static let name = "Rehearse"

    public struct Parameters: Sendable, Codable {
        public var database: String?
        public var target: String
        /// Whether the plan is carried out only, and not taken back.
        public var noWayBack: Bool?
        public var requestId: String

        public init(database: String? = nil, target: String, noWayBack: Bool? = nil, requestId: String) {
            self.database = database
            self.target = target
            self.noWayBack = noWayBack
            self.requestId = requestId
        }
    }

    public typealias Reply = JobReply
}

/// What the latest rehearsal of a database found.
public enum GetRehearsal: ControlMethod {
    public static let name = "GetRehearsal"

    public struct Parameters: Sendable, Codable {
        public var database: String?

        public init(database: String? = nil) {
            self.database = database
        }
    }

    public struct Reply: Sendable, Codable {
        public var job: JobID?
        public var report: RehearsalReport?

        public init(job: JobID? = nil, report: RehearsalReport? = nil) {
            self.job = job
            self.report = report
        }
    }
}
