public import Planning

/// What a call that queues work answers: the job, at once.
public struct JobReply: Sendable, Codable {
    public var job: Job

    public init(job: Job) {
        self.job = job
    }
}

/// What queues an upgrade or a downgrade.
public struct MigrationRequest: Sendable, Codable {
    public var database: String?
    public var target: String
    /// A UUID of the caller's making: the same call sent twice is one job.
    public var requestId: String

    public init(database: String? = nil, target: String, requestId: String) {
        self.database = database
        self.target = target
        self.requestId = requestId
    }
}

/// Queues an upgrade.
public enum Upgrade: ControlMethod {
    public static let name = "Upgrade"
    public typealias Parameters = MigrationRequest
    public typealias Reply = JobReply
}

/// Queues a downgrade.
public enum Downgrade: ControlMethod {
    public static let name = "Downgrade"
    public typealias Parameters = MigrationRequest
    public typealias Reply = JobReply
}

/// The jobs of a database, or of all, newest first.
public enum ListJobs: ControlMethod {
    public static let name = "ListJobs"

    public struct Parameters: Sendable, Codable {
        public var database: String?
        /// At most so many; 50 without it.
        public var limit: Int?
        /// Only jobs that are not over.
        public var onlyOpen: Bool?

        public init(database: String? = nil, limit: Int? = nil, onlyOpen: Bool? = nil) {
            self.database = database
            self.limit = limit
            self.onlyOpen = onlyOpen
        }
    }

    public struct Reply: Sendable, Codable {
        public var jobs: [Job]

        public init(jobs: [Job]) {
            self.jobs = jobs
        }
    }
}

/// One job with its steps and events.
public enum GetJob: ControlMethod {
    public static let name = "GetJob"

    public struct Parameters: Sendable, Codable {
        public var job: String

        public init(job: String) {
            self.job = job
        }
    }

    public struct Reply: Sendable, Codable {
        public var job: Job
        public var steps: [Step]
        public var events: [JobEvent]
        public var rehearsal: RehearsalReport?

        public init(job: Job, steps: [Step], events: [JobEvent], rehearsal: RehearsalReport? = nil) {
            self.job = job
            self.steps = steps
            self.events = events
            self.rehearsal = rehearsal
        }
    }
}

/// A job's state first, then its events as they happen, until it is over. Without `more`: the state, once.
public enum WatchJob: ControlMethod {
    public static let name = "WatchJob"
    public static let isStreaming = true

    public struct Parameters: Sendable, Codable {
        public var job: String
        /// Events after this sequence number; 0 for all.
        public var fromSequence: Int64?
        /// Whether to end the stream as well when the job parks or needs a decision.
        public var untilParked: Bool?

        public init(job: String, fromSequence: Int64? = nil, untilParked: Bool? = nil) {
            self.job = job
            self.fromSequence = fromSequence
            self.untilParked = untilParked
        }
    }

    /// The first and the last reply carry the job; those between an event each.
    public struct Reply: Sendable, Codable {
        public var job: Job?
        public var event: JobEvent?

        public init(job: Job? = nil, event: JobEvent? = nil) {
            self.job = job
            self.event = event
        }
    }
}

/// Asks a job to end: one that waits ends at once, one that runs is brought to a safe end.
public enum Cancel: ControlMethod {
    public static let name = "Cancel"

    public struct Parameters: Sendable, Codable {
        public var job: String

        public init(job: String) {
            self.job = job
        }
    }

    public typealias Reply = JobReply
}

/// Settles a job that needs a decision, or one that another daemon has left running.
public enum Resolve: ControlMethod {
    public static let name = "Resolve"

    /// What the person says who has looked.
    public enum Decision: String, Sendable, Codable, CaseIterable {
        /// The statement in doubt took effect: go on behind it.
        case applied
        /// It did not, and nothing of it is left: run it again.
        case notApplied = "not-applied"
        /// Running it again does no harm, whatever came of it and however often it is cut off.
        case retry
        /// End the job as failed and leave the database as it is.
        case abandon
        /// End the session that a daemon which is gone has left at work on the job, whatever it does.
        case endSession = "end-session"
    }

    public struct Parameters: Sendable, Codable {
        public var job: String
        public var decision: Decision
        /// Why, for the record.
        public var reason: String

        public init(job: String, decision: Decision, reason: String) {
            self.job = job
            self.decision = decision
            self.reason = reason
        }
    }

    public typealias Reply = JobReply
}

/// Everything that happens: the last events, then new ones as they come where the caller asks for more.
public enum Subscribe: ControlMethod {
    public static let name = "Subscribe"
    public static let isStreaming = true

    public struct Parameters: Sendable, Codable {
        public var database: String?
        /// How many of the latest events to begin with; 50 without it.
        public var last: Int?

        public init(database: String? = nil, last: Int? = nil) {
            self.database = database
            self.last = last
        }
    }

    public struct Reply: Sendable, Codable {
        /// Oldest first.
        public var events: [JobEvent]

        public init(events: [JobEvent]) {
            self.events = events
        }
    }
}
