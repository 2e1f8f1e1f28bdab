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
    /// Who looks on, where somebody does.
    let observer: (any StepObserver)?
    /// What the rehearsal lets us expect, where there was one.
    let expectation: RehearsalExpectation?
    /// The measure of the statement that was stopped because it ran far longer than in the rehearsal.
    var overran: StatementMeasure?
    /// Whether the version table is still to be made, by the first revision that is recorded.
    var makesVersionTable = false
    private var applied: [RevisionID] = []

    init(
        configuration: DatabaseConfiguration, sessions: SessionPair, job: Job, reporter: Reporter, activity: Activity,
        retry: LockRetry, observer: (any StepObserver)? = nil, expectation: RehearsalExpectation? = nil
    ) {
        self.configuration = configuration
        self.sessions = sessions
        self.job = job
        self.reporter = reporter
        self.activity = activity
        self.retry = retry
        self.observer = observer
        self.expectation = expectation
    }

    var worker: Connection { sessions.worker }

    /// A step and the bytes that it applies.
    struct Work: Sendable {
        var step: Step
        var revision: Revision
        var section: Revision.Section
        /// Its place in the plan.
        var number: Int

        init(_ step: Step, _ revision: Revision?, number: Int) throws(Failure) {
            guard let revision else {
                throw Failure(
                    .noSuchRevision,
                    "cannot \(step.direction.rawValue) revision \"\(step.revision)\": its bytes are not kept")
            }
            guard let section = revision.section(step.direction), section.contentDigest == step.contentDigest else {
                throw Failure(
                    .digestMismatch,
                    "cannot \(step.direction.rawValue) revision \"\(step.revision)\": its bytes are not those of the plan",
                    location: Failure.Location(path: revision.path))
            }
            self.step = step
            self.revision = revision
            self.section = section
            self.number = number
        }

        /// Whether it may go in one trip with others: COPY interrupts a trip, and standalone statements are watched singly.
        var isForCompany: Bool { step.isTransactional && !section.statements.contains(where: \.isCopy) }
    }

    /// How many revisions go in one trip at the most.
    private static let longestTrip = 32

    /// Above it, trips get shorter again: a stop waits for the end of one.
    private static let tripTime = Duration.milliseconds(100)

    /// Applies the steps in order; small ones several in a trip. What was applied before a failure stays applied and is named
    /// in it.
    ///
    /// - Throws: `Failure`, or `CancellationError` where the task was cancelled or the daemon wants to stop.
    func apply(_ plan: Plan, revisions: [RevisionID: Revision]) async throws {
        makesVersionTable = try await !sessions.versions.exists(on: worker)
        let works = try plan.steps.enumerated().map { index, step throws(Failure) in
            try Work(step, revisions[step.revision], number: index)
        }
        let longest = observer == nil ? Self.longestTrip : 1
        var length = 1
        do {
            while applied.count < works.count {
                try Task.checkCancellation()
                if activity.isStopping { throw CancellationError() }
                let trip = works[applied.count...].prefix(length).prefix { $0.isForCompany }
                let start = ContinuousClock.now
                try await apply(trip.isEmpty ? works[applied.count...].prefix(1) : trip)
                length = ContinuousClock.now - start < Self.tripTime ? min(2 * length, longest) : 1
            }
        } catch var failure as Failure {
            if let overran { failure.notes += await differences(from: overran) }
            failure.notes.append(
                applied.isEmpty
                    ? "nothing was applied by this job"
                    : "applied before by this job: \(applied.map(\.rawValue).joined(separator: ", "))")
            throw failure
        }
    }

    private func apply(_ works: ArraySlice<Work>) async throws {
        guard let first = works.first else { return }
        activity.begin(first.step.revision)
        if !first.step.isTransactional { return try await applyStandalone(first) }
        if works.count == 1 { return try await applyTransactional(first) }
        do {
            try await applyTogether(works)
        } catch let refused as StatementError {
            let work = works[applied.count]
            guard refused.mayBeRepeated else { throw refused.failure(in: work) }
            // By itself, and with all patience.
            try await applyTransactional(work)
        }
    }

    /// The server has said that it has committed a revision.
    func didCommit(_ work: Work) {
        applied.append(work.step.revision)
        makesVersionTable = false
    }

    /// Takes a transaction back, whatever state the task is in. A session that cannot do it is lost anyway.
    func rollBack() async {
        await Task { [worker] in try? await worker.script("ROLLBACK") }.value
    }
}
