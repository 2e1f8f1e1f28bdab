/// Where a job stands. `table` is the whole truth about states: which may follow which, and what a restart does.
public enum JobState: String, Sendable, Hashable, Codable, CaseIterable {
    case queued
    case planning
    case awaitingApproval = "awaiting-approval"
    case waitingForLock = "waiting-for-lock"
    case backingUp = "backing-up"
    case rehearsing
    case applying
    case verifying
    case succeeded
    case failed
    case cancelled
    case needsDecision = "needs-decision"

    /// What a daemon that finds a job in this state after a restart does with it, once it has the lock.
    public enum OnRestart: Sendable, Hashable {
        /// Nothing: the job is over, or waits for a person.
        case leave
        /// Put it back into the queue: nothing of the stage has an effect that outlives it.
        case requeue
        /// Look at what the database says was done, settle open steps, then put it back into the queue.
        case reconcile
    }

    /// One row of the table of states.
    public struct Row: Sendable {
        public let state: JobState
        public let next: [JobState]
        public let onRestart: OnRestart
    }

    /// The table of states. Adding a stage to the pipeline is a row here and a line there.
    public static let table: [Row] = [
        Row(state: .queued, next: [.planning, .cancelled, .failed], onRestart: .leave),
        Row(
            state: .planning,
            next: [.queued, .awaitingApproval, .waitingForLock, .succeeded, .failed, .cancelled], onRestart: .requeue),
        Row(state: .awaitingApproval, next: [.queued, .cancelled, .failed], onRestart: .leave),
        Row(
            state: .waitingForLock,
            next: [.queued, .awaitingApproval, .backingUp, .applying, .verifying, .failed, .cancelled],
            onRestart: .requeue),
        Row(
            state: .backingUp,
            next: [.queued, .awaitingApproval, .rehearsing, .applying, .succeeded, .failed, .cancelled],
            onRestart: .reconcile),
        Row(
            state: .rehearsing, next: [.queued, .awaitingApproval, .applying, .succeeded, .failed, .cancelled],
            onRestart: .requeue),
        Row(
            state: .applying, next: [.queued, .verifying, .failed, .cancelled, .needsDecision],
            onRestart: .reconcile),
        Row(state: .verifying, next: [.queued, .succeeded, .failed], onRestart: .reconcile),
        Row(state: .succeeded, next: [], onRestart: .leave),
        Row(state: .failed, next: [], onRestart: .leave),
        Row(state: .cancelled, next: [], onRestart: .leave),
        Row(state: .needsDecision, next: [.queued, .failed], onRestart: .leave),
    ]

    private static let rows: [JobState: Row] = Dictionary(uniqueKeysWithValues: table.map { ($0.state, $0) })

    /// Whether the table lets `next` follow this state.
    public func allows(_ next: JobState) -> Bool { Self.rows[self]?.next.contains(next) ?? false }

    /// What a restart does with a job in this state.
    public var onRestart: OnRestart { Self.rows[self]?.onRestart ?? .leave }

    /// Nothing follows: the job is over.
    public var isFinal: Bool { Self.rows[self]?.next.isEmpty ?? true }

    /// A worker is at it, or was when its daemon ended.
    public var isRunning: Bool { onRestart != .leave }
}
