import Control
import Digest
import Planning
import Revisions
import Synchronization

extension Session {
    /// How a job is shown while a verb waits for it.
    var waitingForm: JobDisplay.Form {
        if output.isJSON { return .silent }
        return output.sink.isTerminal ? .live : .lines
    }

    /// Watches a job until it is over (or, unless `staysParked`, waits for a person). Ctrl-C ends the watching, not the job;
    /// but where the job would not outlive this call anyway, it is brought to a safe end first.
    func follow(
        _ job: JobID, fromSequence: Int64 = 0, staysParked: Bool, isOurs: Bool = false, form: JobDisplay.Form
    ) async throws -> Job? {
        let display = JobDisplay(form, session: self)
        let context = context
        let interruptions = Interruptions()
        do {
            let ended = try await withThrowingTaskGroup(of: Job??.self) { group in
                group.addTask {
                    try await watch(job, fromSequence: fromSequence, staysParked: staysParked, display: display)
                }
                group.addTask {
                    for await _ in context.interrupts() {
                        guard isOurs, isLocal, interruptions.count() == 1 else {
                            throw interruption(job)
                        }
                        try await cancel(job)
                    }
                    return .none
                }
                if form == .live {
                    group.addTask {
                        while !Task.isCancelled {
                            try await Task.sleep(for: context.redrawInterval)
                            try await display.tick()
                        }
                        return .none
                    }
                }
                defer { group.cancelAll() }
                while let result = try await group.next() {
                    if case .some(let job) = result { return job }
                }
                return nil
            }
            try await display.end()
            if interruptions.haveCome, let ended { try sayInterrupted(ended) }
            return ended
        } catch {
            try await display.end()
            throw error
        }
    }

    private func watch(
        _ job: JobID, fromSequence: Int64, staysParked: Bool, display: JobDisplay
    ) async throws -> Job? {
        do {
            return try await client.watch(job, fromSequence: fromSequence, untilParked: !staysParked) { reply in
                try await display.receive(reply)
                let isInDoubt = reply.event?.kind == .jobNeedsDecision || reply.job?.state == .needsDecision
                if isInDoubt { throw DecisionNeeded() }
            }
        } catch is DecisionNeeded {
            // Approvals may be waited for; a decision is for the one who waits.
            return try await client.call(GetJob.self, .init(job: job.description)).job
        }
    }

    private struct DecisionNeeded: Error {}

    private func interruption(_ job: JobID) -> Failure {
        isLocal
            ? Failure(.interrupted, "cannot say how \(job) ended: interrupted before that was known")
            : Failure(.interrupted, "the job goes on: migratectl watch \(job)")
    }

    /// Asks for the end of a job that is being watched, on a connection of its own.
    private func cancel(_ job: JobID) async throws {
        _ = context.errors.write("migratectl: bringing \(job) to a safe end\n")
        let client = ControlClient(socketPath: client.socketPath)
        defer { client.close() }
        do {
            _ = try await client.call(Cancel.self, .init(job: job.description))
        } catch let failure as Failure where failure.code == .invalidState {
            // It has come to an end meanwhile.
        }
    }

    /// What became of a job that Ctrl-C ended. One that had succeeded by then has simply succeeded.
    private func sayInterrupted(_ job: Job) throws {
        guard job.state == .cancelled else { return }
        let steps =
            job.kind.direction == nil ? "" : ", \(job.appliedCount) of \(Quantity.count(job.stepCount, "step")) done"
        throw Failure(
            .interrupted, "cannot complete \(job.id): interrupted, and brought to a safe end\(steps)",
            hint: job.kind.direction == nil ? nil : "go on where it was left: run it again")
    }

    /// Says how a job ended, and throws what it failed of.
    func conclude(_ job: Job) throws {
        if output.isJSON { try output.document(JobReply(job: job)) }
        if let failure = failure(of: job) { throw failure }
        if !output.isJSON { try output.line(ending(job)) }
    }

    /// The last line about a job, with a sign on a terminal.
    func ending(_ job: Job) -> String {
        guard output.sink.isTerminal, job.state == .succeeded else { return JobSummary.ending(job) }
        let sign = ProgressView.Signs(environment: context.environment).done
        return output.painter(sign, .green) + " " + output.painter(JobSummary.ending(job), .bold)
    }

    /// What keeps a job from having succeeded; nil where it has, or where it is still under way.
    func failure(of job: Job) -> Failure? {
        switch job.state {
        case .failed:
            return job.failure ?? Failure(.internalError, "cannot say why \"\(job.id)\" failed")
        case .cancelled:
            return job.failure ?? Failure(.cancelled, "cannot complete \"\(job.id)\": it was cancelled")
        case .needsDecision:
            var failure =
                job.failure ?? Failure(.needsDecision, "cannot complete \"\(job.id)\": a person has to decide")
            failure.code = .needsDecision
            failure.hint =
                failure.hint ?? "look, then say: migratectl resolve \(job.id) --applied | --not-applied | --retry"
            return failure
        case .awaitingApproval:
            return job.missingFindings.map { missingApproval(of: $0, job) } ?? missingApprovals(job)
        default: return nil
        }
    }

    private func missingApproval(of asked: AskedFindings, _ job: Job) -> Failure {
        let what = Quantity.count(asked.items.count, "finding")
        return Failure(
            .notApproved,
            isLocal
                ? "cannot carry out \(job.id): \(what) of its rehearsal not approved"
                : "cannot carry out \(job.id) yet: \(what) of its rehearsal not approved; it waits and goes on by itself once that is",
            hint: "an approver reads the report and says so: migratectl\(databaseOption) approve --job \(job.id)"
                + (isLocal ? "; then run this again" : ""),
            notes: asked.items.map { "\($0.code.rawValue): \($0.object)" })
    }

    private func missingApprovals(_ job: Job) -> Failure {
        let missing = job.missingApprovals ?? []
        let names = missing.map(\.revision.rawValue)
        let direction = missing.first?.direction == .downgrade ? " --downgrade" : ""
        let listed = names.prefix(4).map { "\"\($0)\"" }.joined(separator: ", ") + (names.count > 4 ? ", …" : "")
        return Failure(
            .notApproved,
            isLocal
                ? "cannot apply \(listed): not approved"
                : "cannot apply \(listed) yet: not approved; \(job.id) waits and goes on by itself once it is",
            hint: job.kind == .restore
                ? "an approver gives it: migratectl approve --job \(job.id)"
                : "an approver gives it: migratectl\(databaseOption) approve\(direction) "
                    + (names.isEmpty ? "head" : names.joined(separator: " "))
                    + (isLocal ? "; then run this again, or do both at once with --approve" : ""),
            notes: missing.map {
                "\($0.direction.rawValue) of \($0.revision), digest \($0.contentDigest.description.prefix(12)): "
                    + "\($0.given) of \(Quantity.count($0.wanted, "approval")) given"
            })
    }
}

/// How often Ctrl-C came while a job was followed.
private final class Interruptions: Sendable {
    private let number = Mutex(0)

    var haveCome: Bool { number.withLock { $0 > 0 } }

    /// Counts another one.
    func count() -> Int {
        number.withLock { number in
            number += 1
            return number
        }
    }
}

/// A job in a few words.
enum JobSummary {
    /// `upgrade head`
    static func title(_ job: Job) -> String { "\(job.kind.rawValue) \(job.target)".trimmed }

    /// `1 of 3`; empty for what has no steps.
    static func progress(_ job: Job) -> String {
        job.kind.direction == nil || job.stepCount == 0 ? "" : "\(job.appliedCount) of \(job.stepCount)"
    }

    /// How long it ran; empty where it has not begun or is not over.
    static func elapsed(_ job: Job) -> String {
        guard let start = job.startedAt, let end = job.finishedAt else { return "" }
        return Quantity.duration(from: start, to: end)
    }

    /// The last line about a job: `main-41: 2 revisions applied in 2.4 s`.
    static func ending(_ job: Job) -> String {
        let time = elapsed(job).isEmpty ? "" : " in \(elapsed(job))"
        guard job.state == .succeeded else { return "\(job.id): \(job.state.words)" }
        switch job.kind {
        case .upgrade:
            return job.appliedCount == 0
                ? "\(job.id): nothing to do, \(job.id.database) is at \(names(job))"
                : "\(job.id): \(Quantity.count(job.appliedCount, "revision")) applied\(time), "
                    + "\(job.id.database) is at \(names(job))"
        case .downgrade:
            return job.appliedCount == 0
                ? "\(job.id): nothing to do"
                : "\(job.id): \(Quantity.count(job.appliedCount, "revision")) taken back\(time)"
        case .stamp:
            return "\(job.id): version table stamped, \(job.id.database) is at \(names(job))"
        case .reset:
            return "\(job.id): emptied\(time)"
        case .rehearse:
            return "\(job.id): rehearsed\(time), nothing was done to \(job.id.database)"
        case .restore:
            return "\(job.id): restored \(job.backup ?? "")\(time)"
        case .backup:
            return job.backup.map { "\(job.id): backup \($0) taken\(time)" } ?? "\(job.id): restore point made\(time)"
        }
    }

    private static func names(_ job: Job) -> String {
        job.targetRevisions.isEmpty ? "base" : job.targetRevisions.map(\.rawValue).joined(separator: ", ")
    }
}
