import Digest
import Planning
import PostgresClient
import Revisions

/// What is looked at before the next job is taken: jobs to be cancelled, parked jobs that may go on, and approved revisions
/// that a database with `auto_upgrade` should get.
struct Triage: Sendable {
    let engine: DatabaseEngine
    let sessions: SessionPair

    /// - Returns: the open jobs, in the order in which they were queued.
    func run() async throws -> [Job] {
        let jobs = engine.jobs(sessions)
        let open = try await jobs.open()
        var isChanged = false
        for job in open where !job.state.isRunning {
            if job.isCancelRequested, job.state != .needsDecision {
                try await move(job, to: .cancelled, .jobCancelled, "cancelled before it ran")
                isChanged = true
            } else if job.state == .awaitingApproval, try await isApproved(job) {
                try await move(job, to: .queued, .jobStateChanged, "has its approvals: back in the queue")
                isChanged = true
            }
        }
        if engine.configuration.autoUpgrade, try await queueUpgrade() { isChanged = true }
        return isChanged ? try await jobs.open() : open
    }

    private func move(_ job: Job, to state: JobState, _ kind: JobEvent.Kind, _ message: String) async throws {
        let reporter = engine.reporter(sessions)
        let event = try await reporter.jobs.move(
            job.id.number, JobStore.Move(from: job.state, to: state), runner: nil, event: kind, message: message)
        if let event { reporter.announce(event) }
    }

    private func isApproved(_ job: Job) async throws -> Bool {
        let policy = engine.configuration.policy
        if let asked = job.missingFindings {
            let standing = try await FindingsApprovalStore(
                database: engine.configuration.name, session: sessions.observer
            ).standing(for: asked.digest)
            guard policy.accepts(standing, requester: job.requestedBy) else { return false }
        }
        guard let missing = job.missingApprovals else { return true }
        if missing.isEmpty { return try await engine.isDriftSettled(sessions) }
        let standing = try await ApprovalStore(session: sessions.observer).standing(for: missing.map(\.contentDigest))
        return policy.missing(of: missing, approvals: standing, requester: job.requestedBy).isEmpty
    }

    /// Queues an upgrade to the heads where every pending revision is approved and nobody has paused it. A plan that was
    /// tried and failed is not queued again by itself.
    ///
    /// - Returns: whether one was queued.
    private func queueUpgrade() async throws -> Bool {
        let snapshot = engine.library.snapshot
        guard snapshot.problems.isEmpty, snapshot.graph.heads.count == 1 else { return false }
        guard try await RegistryRow(session: sessions.observer).pausedBecause() == nil else { return false }
        let draft: Draft
        do {
            draft = try await engine.drafting(sessions).draft(.upgrade, to: "head")
        } catch is Failure {
            return false  // Shown by status; nothing to do by itself.
        }
        guard !draft.plan.isEmpty else { return false }
        let approvals = try await ApprovalStore(session: sessions.observer)
            .standing(for: draft.plan.steps.map(\.contentDigest))
        let daemon = engine.daemonPerson
        guard engine.configuration.policy.judge(draft.plan, approvals: approvals, requester: daemon) == .approved,
            try await !engine.jobs(sessions).hasTried(planDigest: draft.plan.digest.description)
        else { return false }
        _ = try await engine.enqueue(
            .upgrade, draft: draft, target: "head", requestID: RequestID.random(), person: daemon, sessions)
        return true
    }
}
