public import Planning
import PostgresClient
import Revisions

/// One job from its plan to its report. `run` reads as the list of stages; `enter` is the only door between them.
struct Pipeline: Sendable {
    let configuration: DatabaseConfiguration
    let sessions: SessionPair
    let library: RevisionLibrary
    let backups: any BackupProvider
    let reporter: Reporter
    let activity: Activity
    let retry: LockRetry
    /// Called on entry to each state, after it was written. Tests kill the program here.
    let faults: FaultPlan
    let now: @Sendable () -> Timestamp
    var job: Job

    /// Another daemon, or a person, has moved the job: it is no longer ours.
    struct LostJob: Error {}

    /// Why a job was taken back into the queue without having failed.
    struct PlanChanged: Error {}

    /// Approvals that stood when the job was planned have been taken back.
    struct ApprovalsRevoked: Error {
        var missing: [MissingApproval]
    }

    /// How often a plan may change between planning and the lock before the job gives up.
    static let replanLimit = 5

    /// Runs the job. Everything that can go wrong with it ends in a state of the job; what is thrown means that the
    /// sessions or the daemon are going away: `ConnectionError`, `CommitOutcomeUnknown`, `CancellationError`, `LostJob`.
    mutating func run() async throws {
        for _ in 0..<Self.replanLimit {
            try await enter(.planning, "making the plan")
            let draft = try await makePlan()
            try await noticeOutsideChange(draft.plan.rowsBefore)
            if draft.plan.isEmpty && job.kind.isAboutRevisions {
                return try await enter(
                    .succeeded, "nothing to do: the database is there already", isWithoutEffect: true)
            }
            if job.kind.direction != nil, case .missing(let missing) = try await verdict(of: draft.plan) {
                return try await park(missing)
            }
            if job.kind == .restore, let missing = try await missingForRestore() { return try await park([missing]) }

            try await enter(.waitingForLock, "waiting for the lock")
            do {
                return try await withLock { pipeline in try await pipeline.carryOut(draft) }
            } catch let revoked as ApprovalsRevoked {
                return try await park(revoked.missing)
            } catch let asked as FindingsAsked {
                return try await park(asked.findings)
            } catch let drifted as DriftUnaccepted {
                return try await enter(
                    .awaitingApproval, "\(drifted.report.sentence); waits for: migratectl drift --accept", missing: [])
            } catch is PlanChanged {
                try await enter(.queued, "the database or the revisions have changed: planning again")
            }
        }
        throw Failure(
            .versionChanged, "cannot carry out \(job.id): the plan changed \(Self.replanLimit) times while it waited",
            hint: "see what else migrates this database: migratectl log")
    }

    private mutating func carryOut(_ draft: Draft) async throws {
        let current = try await makePlan()
        guard current.plan.digest == draft.plan.digest else { throw PlanChanged() }
        let drift = try await lookForDrift()

        var expectation: RehearsalExpectation?
        if wantsBackup {
            try await enter(.backingUp, "backing up")
            let kept = try await keptBackup(before: current.plan)
            let backup: TakenBackup? = if let kept { kept } else { try await backUp(before: current.plan) }
            if wantsRehearsal, let backup {
                try await enter(.rehearsing, "rehearsing \(Plural.count(current.plan.steps.count, "revision"))")
                expectation = try await rehearse(current, in: backup)
            } else if wantsRehearsal {
                await reporter.event(
                    job.id.number, .rehearsalFinished, "not rehearsed: a restore point cannot be restored in a copy")
            }
        }
        if job.kind.direction != nil {
            // A backup may take hours, in which an approval may be taken back.
            if case .missing(let missing) = try await verdict(of: current.plan) {
                throw ApprovalsRevoked(missing: missing)
            }
            await nameBystanders()
            try await enter(.applying, announcement(of: current.plan))
            try await executor(expectation).apply(current.plan, revisions: current.revisions)
            await tellOverruns(of: current.plan, expectation)

            try await enter(.verifying, "verifying")
            try await verify(current.plan)
        }
        if job.kind == .stamp {
            try await enter(.applying, "stamping")
            try await executor().stamp(current)

            try await enter(.verifying, "verifying")
            try await verify(current.plan)
        }
        if job.kind == .restore { try await restore() }
        if job.kind == .reset {
            try await enter(.applying, "emptying the database")
            try await empty(current.plan)

            try await enter(.verifying, "verifying")
            try await verify(current.plan, rowsAfter: [])
        }
        if job.kind.changesSchema || job.kind == .stamp {
            try await succeed(summary(of: current.plan), keepingSchemaAfter: drift)
        } else {
            try await enter(.succeeded, summary(of: current.plan))
        }
    }

    // MARK: The door

    /// Moves the job into its next state: by the table, and written before the stage begins.
    mutating func enter(
        _ next: JobState, _ message: String, failure: Failure? = nil, missing: [MissingApproval]? = nil,
        findings: AskedFindings? = nil, isWithoutEffect: Bool = false
    ) async throws {
        guard job.state.allows(next) else {
            throw Failure(
                .internalError, "cannot move job \(job.id) from \(job.state.rawValue) to \(next.rawValue)")
        }
        let move = JobStore.Move(
            from: job.state, to: next, failure: failure, missing: missing, findings: findings,
            isWithoutEffect: isWithoutEffect)
        let (reporter, number, runner, state) = (reporter, job.id.number, sessions.runner, job.state)
        // Shielded: an outcome is written even when the task that reached it is being cancelled.
        let written = try await Task {
            if state == .applying { await reporter.tellApplied(number) }
            return try await reporter.jobs.move(
                number, move, runner: runner, event: Self.event(for: next), message: message)
        }.value
        guard let written else { throw LostJob() }
        job.state = next
        // First what is told, then that there is news: whoever is woken must not read what was.
        activity.begin(job.id.number, next)
        reporter.announce(written, failure: failure)
        faults.entered(next)
    }

    private static func event(for state: JobState) -> JobEvent.Kind {
        switch state {
        case .succeeded: .jobSucceeded
        case .failed: .jobFailed
        case .cancelled: .jobCancelled
        case .needsDecision: .jobNeedsDecision
        case .awaitingApproval: .jobAwaitingApproval
        default: .jobStateChanged
        }
    }

    // MARK: Stages

    private func makePlan() async throws -> Draft {
        try await Drafting(
            configuration: configuration, library: library, session: sessions.observer, versions: sessions.versions
        ).draft(job)
    }

    /// The version table is the truth; that somebody else has changed it is told, never papered over.
    private func noticeOutsideChange(_ rows: [RevisionID]) async throws {
        let history = HistoryStore(database: configuration.name, session: sessions.observer)
        guard let expected = try await history.expectedRows(), expected != rows else { return }
        let (was, now) = (expected.map(\.rawValue), rows.map(\.rawValue))
        await reporter.event(
            job.id.number, .versionChangedOutside,
            "the version table was changed outside: \(was.isEmpty ? "base" : was.joined(separator: ", ")) by our history, \(now.isEmpty ? "base" : now.joined(separator: ", ")) now"
        )
    }

    private func verdict(of plan: Plan) async throws -> Verdict {
        let approvals = ApprovalStore(session: sessions.observer)
        return configuration.policy.judge(
            plan, approvals: try await approvals.standing(for: plan.steps.map(\.contentDigest)),
            requester: job.requestedBy)
    }

    private mutating func park(_ missing: [MissingApproval]) async throws {
        let names = missing.map(\.revision.rawValue).joined(separator: ", ")
        try await enter(
            .awaitingApproval,
            "waits for approval of \(names), by root or the user that migrated runs as", missing: missing)
    }

    private mutating func withLock(_ body: (inout Pipeline) async throws -> Void) async throws {
        let lock = MigrationLock(session: sessions.worker)
        let (reporter, number) = (reporter, job.id.number)
        try await lock.acquire { holder in
            await reporter.event(number, .lockWaiting, "the lock is held by \(holder.description)")
        }
        await reporter.event(number, .lockAcquired, "has the lock")
        do {
            try await body(&self)
        } catch {
            await giveBack(lock)
            throw error
        }
        await giveBack(lock)
    }

    /// A lock that cannot be given back ends with its session: nobody is left waiting for it.
    private func giveBack(_ lock: MigrationLock) async {
        let worker = sessions.worker
        await Task {
            do {
                try await lock.release()
            } catch {
                await worker.close()
            }
        }.value
    }

    /// Other dumps and old transactions, before a strong lock is asked for: who may be in the way.
    private func nameBystanders() async {
        guard let found = try? await Blocker.bystanders(of: sessions.runner.pid, on: sessions.observer), !found.isEmpty
        else { return }
        await reporter.event(
            job.id.number, .blockersSeen, "may be in the way: \(found.map(\.description).joined(separator: "; "))")
    }

    private func empty(_ plan: Plan) async throws {
        // Looked at here as well: a job that was queued outlives the settings under which it was.
        guard configuration.isDevelopment else {
            throw Failure(
                .permissionDenied, "cannot reset \"\(configuration.name)\": it is not a development database",
                hint: "where it is one, write development = true under [database.\(configuration.name)]")
        }
        let stamps = StampStore(session: sessions.worker)
        var count = 0
        try await Emptying(configuration: configuration, session: sessions.worker)
            .run(lockTimeout: retry.settings.longest) { number in
                try await stamps.add(
                    by: job.id.number, rowsBefore: plan.rowsBefore, rowsAfter: [], identity: sessions.identity)
                count = number
            }
        await reporter.event(job.id.number, .databaseEmptied, "\(Plural.count(count, "object")) removed")
    }

    private func executor(_ expectation: RehearsalExpectation? = nil) -> Executor {
        Executor(
            configuration: configuration, sessions: sessions, job: job, reporter: reporter, activity: activity,
            retry: retry, expectation: expectation)
    }

    func verify(_ plan: Plan, rowsAfter: [RevisionID]? = nil) async throws {
        let rows = try await sessions.versions.rows(on: sessions.worker)
        let expected = rowsAfter ?? plan.rowsAfter
        guard rows.sorted() == expected else {
            let found = rows.map(\.rawValue).joined(separator: ", ")
            let wanted = expected.map(\.rawValue).joined(separator: ", ")
            throw Failure(
                .versionChanged,
                "cannot confirm the \(job.kind.rawValue): the version table says \"\(found)\", not \"\(wanted)\"",
                hint: "somebody else changed the version table in the meantime: migratectl history --applied")
        }
    }

    private func announcement(of plan: Plan) -> String {
        let direction = plan.steps.first?.direction == .downgrade ? "downgrading" : "applying"
        let what = "\(direction) \(Plural.count(plan.steps.count, "revision"))"
        guard case .none(let reason) = configuration.backup.policy else { return what }
        return "\(what), without a backup: \(reason)"
    }

    private func summary(of plan: Plan) -> String {
        let rows = plan.rowsAfter.map(\.rawValue).joined(separator: ", ")
        let place = "now at \(rows.isEmpty ? "base" : rows)"
        return switch job.kind {
        case .upgrade: "\(Plural.count(plan.steps.count, "revision")) applied, \(place)"
        case .downgrade: "\(Plural.count(plan.steps.count, "revision")) taken back, \(place)"
        case .stamp: "stamped, \(place)"
        case .reset: "emptied"
        case .backup: job.backup.map { "backup \($0) taken" } ?? "restore point made"
        case .restore: "restored from \(job.backup ?? "")"
        case .rehearse: "\(Plural.count(plan.steps.count, "revision")) rehearsed, \(place) only in the copy"
        }
    }
}

/// A hook for tests that end the program at a given moment.
public struct FaultPlan: Sendable {
    public var entered: @Sendable (JobState) -> Void

    public init(entered: @escaping @Sendable (JobState) -> Void = { _ in }) {
        self.entered = entered
    }
}
