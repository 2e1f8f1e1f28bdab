import Digest
import Planning
import Revisions
import Synchronization

/// What the worker is doing at this moment, for the observer beside it. Nothing here is remembered.
final class Activity: Sendable {
    struct Now: Sendable, Hashable {
        var job: Int64
        var stage: JobState
        var revision: RevisionID?
        /// Which statement of how many, and its first words.
        var statement: Statement?
        var statementBegan: ContinuousClock.Instant?
        /// The sessions seen in the way of the present statement.
        var blockers: [Blocker] = []

        struct Statement: Sendable, Hashable {
            var number: Int
            var count: Int
            var verb: String
            var line: Int
            /// The content digest of its section.
            var digest: SHA256Digest
        }
    }

    /// A job that is open and not under way.
    struct Waiting: Sendable, Hashable {
        var job: Int64
        var state: JobState
    }

    private let now = Mutex<Now?>(nil)
    private let waitingJobs = Mutex<[Waiting]>([])
    private let lastEnded = Mutex<Int64?>(nil)
    private let stopping = Mutex(false)
    private let moving = Mutex(false)

    var current: Now? { now.withLock { $0 } }

    /// The jobs that wait, as they were seen last, oldest first.
    var waiting: [Waiting] { waitingJobs.withLock { $0 } }

    /// Notes which jobs wait; returns whether that is news.
    func note(waiting jobs: [Waiting]) -> Bool {
        waitingJobs.withLock { known in
            defer { known = jobs }
            return known != jobs
        }
    }

    /// The job that was the last to come to an end here.
    var latestEnd: Int64? { lastEnded.withLock { $0 } }

    func begin(_ job: Int64, _ stage: JobState) {
        now.withLock { $0 = Now(job: job, stage: stage) }
        if stage.isFinal { lastEnded.withLock { $0 = job } }
    }

    func end() { now.withLock { $0 = nil } }

    func begin(_ revision: RevisionID) {
        now.withLock {
            $0?.revision = revision
            $0?.statement = nil
            $0?.blockers = []
        }
    }

    func begin(_ statement: Now.Statement) {
        now.withLock {
            $0?.statement = statement
            $0?.statementBegan = .now
        }
    }

    /// Notes who is in the way; returns whether that is news.
    func note(blockers: [Blocker]) -> Bool {
        now.withLock { now in
            guard now != nil, now?.blockers.map(\.pid) != blockers.map(\.pid) else { return false }
            now?.blockers = blockers
            return !blockers.isEmpty
        }
    }

    func takeBlockers() -> [Blocker] {
        now.withLock { now in
            defer { now?.blockers = [] }
            return now?.blockers ?? []
        }
    }

    /// The database is being closed and renamed: its sessions are not to be used beside that.
    var isMoving: Bool {
        get { moving.withLock { $0 } }
        set { moving.withLock { $0 = newValue } }
    }

    /// The daemon wants to end: begin no further step.
    var isStopping: Bool {
        get { stopping.withLock { $0 } }
        set { stopping.withLock { $0 = newValue } }
    }
}
