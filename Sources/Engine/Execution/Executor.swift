import Planning
import PostgresClient
import Revisions
import SQLText

/// Applies the steps of a plan on the worker's session, the one that holds the lock: losing one is losing both.
///
/// Used by one task only.
final class Executor {
    let configuration: DatabaseConfiguration
    let sessions: SessionPair
    let job: Job
    let reporter: Reporter
    let activity: Activity
    let retry: LockRetry
    /// Whether the version table is still to be made, by the first revision that is recorded.
    var makesVersionTable = false
    /// The revision whose transaction is complete but for its COMMIT.
    var uncommitted: Uncommitted?
    private var applied: [RevisionID] = []

    init(
        configuration: DatabaseConfiguration, sessions: SessionPair, job: Job, reporter: Reporter, activity: Activity,
        retry: LockRetry
    ) {
        self.configuration = configuration
        self.sessions = sessions
        self.job = job
        self.reporter = reporter
        self.activity = activity
        self.retry = retry
    }

    var worker: Connection { sessions.worker }

    /// A step and the bytes that it applies.
    struct Work: Sendable {
        var step: Step
        var revision: Revision
        var section: Revision.Section
        /// Which of how many revisions this is.
        var progress: JobEvent.Progress

        init(_ step: Step, _ revision: Revision, number: Int, of count: Int) throws(Failure) {
            guard let section = revision.section(step.direction), section.contentDigest == step.contentDigest else {
                throw Failure(
                    .digestMismatch,
                    "cannot \(step.direction.rawValue) revision \"\(step.revision)\": its bytes are not those of the plan",
                    location: Failure.Location(path: revision.path))
            }
            self.step = step
            self.revision = revision
            self.section = section
            progress = JobEvent.Progress(unit: "revisions", done: Int64(number), total: Int64(count))
        }
    }

    /// A revision that is recorded as applied, in a transaction that is still open.
    struct Uncommitted {
        var work: Work
        /// What was written with it, to be announced once it is true.
        var event: JobEvent?
    }

    /// Applies the steps in order. What was applied before a failure stays applied and is named in it.
    ///
    /// - Throws: `Failure`, or `CancellationError` where the task was cancelled or the daemon wants to stop.
    func apply(_ plan: Plan, revisions: [RevisionID: Revision]) async throws {
        makesVersionTable = try await !sessions.versions.exists(on: worker)
        do {
            for (index, step) in plan.steps.enumerated() {
                try await apply(step, number: index + 1, of: plan.steps.count, revisions[step.revision])
            }
            try await commit()
        } catch {
            // Whatever ended the job: the revision before it is complete.
            try await commit()
            guard var failure = error as? Failure else { throw error }
            failure.notes.append(
                applied.isEmpty
                    ? "nothing was applied by this job"
                    : "applied before by this job: \(applied.map(\.rawValue).joined(separator: ", "))")
            throw failure
        }
    }

    private func apply(_ step: Step, number: Int, of count: Int, _ revision: Revision?) async throws {
        try Task.checkCancellation()
        if activity.isStopping { throw CancellationError() }
        guard let revision else {
            throw Failure(.noSuchRevision, "cannot apply revision \"\(step.revision)\": its bytes are not kept")
        }
        let work = try Work(step, revision, number: number, of: count)
        activity.begin(step.revision)
        if step.isTransactional { return try await applyTransactional(work) }
        try await commit()
        try await applyStandalone(work)
        try await commit()
    }

    // MARK: The end of a transaction

    /// Never prepared: what the revision did to prepared statements must not be in its way.
    static let commit = {
        var query: Query = "COMMIT"
        query.isReusable = false
        return query
    }()

    /// Commits the revision that is complete, if there is one, even where the task is being cancelled. An answer that never
    /// comes is settled by reading the history after a new connection, never guessed.
    func commit() async throws {
        guard let pending = uncommitted else { return }
        do {
            try await Task { [worker] in try await worker.script("COMMIT") }.value
        } catch let error as ServerError where !error.endsSession {
            uncommitted = nil
            throw Self.failure(error, ending: pending.work)
        } catch {
            uncommitted = nil
            throw (error as? ServerError).map { ConnectionError($0) } ?? error
        }
        if let event = pending.event { reporter.announce(event) }
        didCommit()
    }

    /// The server has said that it has committed what was complete.
    func didCommit() {
        guard let committed = uncommitted else { return }
        applied.append(committed.work.step.revision)
        makesVersionTable = false
        uncommitted = nil
    }

    /// Takes a transaction back, whatever state the task is in. A session that cannot do it is lost anyway.
    func rollBack() async {
        await Task { [worker] in try? await worker.script("ROLLBACK") }.value
    }
}
