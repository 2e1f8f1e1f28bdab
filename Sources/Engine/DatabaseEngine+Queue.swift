import Digest
import Logging
public import Planning
import PostgresClient
import Revisions

/// Queueing, cancelling, settling: what changes the registry on a person's behalf.
extension DatabaseEngine {
    /// Queues an upgrade or a downgrade. The target is resolved now; what it means is pinned, bytes and all.
    ///
    /// - Throws: `Failure` as the planner says; `revisions-invalid` while the directory has faults; `queue-full`.
    public func enqueue(
        _ kind: JobKind, target: String, requestID: String, person: Person
    ) async throws -> Job {
        let sessions = try await sessions()
        let requestID = try RequestID.parse(requestID)
        if let known = try await known(requestID, sessions) { return known }
        let direction = kind.direction ?? .upgrade
        let draft = try await drafting(sessions).draft(direction, to: target)
        if kind == .downgrade { try await pauseForDowngrade(to: target, by: person, sessions) }
        return try await enqueue(
            kind, draft: draft, target: target, requestID: requestID, person: person, sessions)
    }

    /// Queues the rehearsal of an upgrade. Nothing is done to the database but a backup.
    ///
    /// - Throws: `Failure` as for an upgrade.
    public func enqueueRehearsal(
        to target: String, takesWayBack: Bool, requestID: String, person: Person
    ) async throws -> Job {
        let sessions = try await sessions()
        let requestID = try RequestID.parse(requestID)
        if let known = try await known(requestID, sessions) { return known }
        let draft = try await drafting(sessions).draft(.upgrade, to: target)
        return try await enqueue(
            .rehearse, draft: draft, target: target, options: takesWayBack ? [] : [Pipeline.noWayBack],
            requestID: requestID, person: person, sessions)
    }

    func enqueue(
        _ kind: JobKind, draft: Draft, target: String, options: [String] = [], requestID: String, person: Person,
        _ sessions: SessionPair
    ) async throws -> Job {
        try await refuseFullQueue(sessions)
        let targets = kind != .downgrade ? try Self.tips(of: draft, target: target) : draft.plan.rowsAfter
        let revisions = draft.plan.steps.compactMap { draft.revisions[$0.revision] }
        try await SourceStore(session: sessions.observer).keep(revisions)
        return try await insert(
            JobStore.Request(
                kind: kind, target: (options + [target]).joined(separator: " "), targetRevisions: targets,
                steps: draft.plan.steps, planDigest: draft.plan.digest.description, requestID: requestID, person: person
            ), sessions)
    }

    /// What an upgrade's target means now: the planned revisions that no other planned one builds on.
    /// Where everything is applied already, what the target itself means: a downgrade may be ahead in the queue.
    private static func tips(of draft: Draft, target: String) throws -> [RevisionID] {
        let planned = draft.plan.steps.map(\.revision)
        guard !planned.isEmpty else {
            do {
                return try draft.graph.resolve(RevisionTarget(parsing: target), rows: draft.plan.rowsBefore)
            } catch {
                throw Failure(error)
            }
        }
        let graph = draft.graph
        let beneath = Set(planned.flatMap { (graph.node($0)?.downRevisions ?? []) + graph.dependencies(of: $0) })
        return planned.filter { !beneath.contains($0) }
    }

    /// Queues a stamp; without targets, only the making of the version table.
    ///
    /// - Throws: `Failure` as the graph says; `revisions-invalid` while the directory has faults; `queue-full`.
    public func enqueueStamp(
        to targets: [String], purge: Bool, requestID: String, person: Person
    ) async throws -> Job {
        let sessions = try await sessions()
        let requestID = try RequestID.parse(requestID)
        if let known = try await known(requestID, sessions) { return known }
        let drafting = drafting(sessions)
        if !targets.isEmpty { try drafting.refuseFaulty("stamp") }
        let rows = try await sessions.versions.rows(on: sessions.observer)
        let parsed: [RevisionTarget]
        do {
            parsed = try targets.map { text throws(RevisionError) in try RevisionTarget(parsing: text) }
        } catch {
            throw Failure(error)
        }
        var request = StampRequest(targets: parsed, purge: purge)
        let draft = try await drafting.draft(request, rows: rows)
        do {
            request.targets = try draft.graph.pinned(parsed)
        } catch {
            throw Failure(error)
        }
        try await refuseFullQueue(sessions)
        try await pauseBefore(draft, by: person, sessions)
        return try await insert(
            JobStore.Request(
                kind: .stamp, target: ((purge ? ["--purge"] : []) + targets).joined(separator: " "),
                targetRevisions: draft.plan.rowsAfter, stamp: request, requestID: requestID, person: person), sessions)
    }

    /// What a stamp says is not applied any more must not be applied again unasked.
    private func pauseBefore(_ draft: Draft, by person: Person, _ sessions: SessionPair) async throws {
        let graph = draft.graph
        func applied(_ rows: [RevisionID]) -> Set<RevisionID> {
            (try? graph.applied(rows: rows.filter(graph.contains))) ?? []
        }
        guard !applied(draft.plan.rowsBefore).isSubset(of: applied(draft.plan.rowsAfter)) else { return }
        let registry = RegistryRow(session: sessions.observer)
        guard try await registry.pausedBecause() == nil else { return }
        try await registry.pause(because: "stamp by \(person.userName)")
    }

    /// Queues a backup.
    public func enqueueBackup(requestID: String, person: Person) async throws -> Job {
        let sessions = try await sessions()
        let requestID = try RequestID.parse(requestID)
        if let known = try await known(requestID, sessions) { return known }
        try await refuseFullQueue(sessions)
        return try await insert(
            JobStore.Request(kind: .backup, target: "", requestID: requestID, person: person), sessions)
    }

    /// Queues the emptying of a development database.
    ///
    /// - Throws: `Failure` `permission-denied` where the settings do not say that it is one.
    public func enqueueReset(requestID: String, person: Person) async throws -> Job {
        guard configuration.isDevelopment else {
            throw Failure(
                .permissionDenied, "cannot reset \"\(configuration.name)\": it is not a development database",
                hint: "where it is one, write development = true under [database.\(configuration.name)]")
        }
        let sessions = try await sessions()
        let requestID = try RequestID.parse(requestID)
        if let known = try await known(requestID, sessions) { return known }
        try await refuseFullQueue(sessions)
        return try await insert(
            JobStore.Request(kind: .reset, target: "", requestID: requestID, person: person), sessions)
    }

    private func known(_ requestID: String, _ sessions: SessionPair) async throws -> Job? {
        try await jobs(sessions).job(requestID: requestID)
    }

    func refuseFullQueue(_ sessions: SessionPair) async throws {
        let open = try await jobs(sessions).openCount()
        guard open < configuration.queueLimit else {
            throw Failure(
                .queueFull, "cannot queue a job for \"\(configuration.name)\": \(open) jobs are open already",
                hint: "cancel some: migratectl jobs")
        }
    }

    func insert(_ request: JobStore.Request, _ sessions: SessionPair) async throws -> Job {
        let (job, event): (Job, JobEvent?)
        do {
            (job, event) = try await jobs(sessions).enqueue(request)
        } catch let error as ServerError where error.sqlState == "25006" {
            // read_only_sql_transaction: the worker looks at once, and says so to everybody.
            signal.raise()
            throw Failure(readOnly: configuration.name)
        }
        own(job.id.number)
        if let event { reporter(sessions).announce(event) }
        return job
    }

    /// Asks a job to end.
    ///
    /// - Throws: `Failure` `no-such-job`; `invalid-state` where it is over already.
    public func cancel(_ number: Int64, by person: Person) async throws -> Job {
        let sessions = try await sessions()
        let job = try await job(number)
        guard !job.state.isFinal, job.state != .needsDecision else {
            throw Failure(
                .invalidState, "cannot cancel job \"\(job.id)\": it is \(job.state.rawValue)",
                hint: job.state == .needsDecision ? "settle it: migratectl resolve \(job.id)" : nil)
        }
        try await jobs(sessions).requestCancel(number)
        logger.notice(
            "\(job.id): \(person.userName) asks to cancel it",
            metadata: [
                "message-id": "\(DaemonEvent.cancelRequested.messageID)", "job": "\(job.id)",
                "user": "\(person.userName)",
            ])
        signal.raise()
        await notifyOthers(sessions)
        return try await self.job(number)
    }

    /// Queues what a job that failed or was cancelled was to do once more, with what it meant then: its revisions are pinned
    /// already, bytes and all.
    ///
    /// - Throws: `Failure` `no-such-job`; `invalid-state` for a job that did not end that way; `digest-mismatch` where a file
    ///   was changed since: whoever mended it wants the new bytes, and whoever approved the old ones has not seen these.
    public func retry(_ number: Int64, requestID: String, person: Person) async throws -> Job {
        let sessions = try await sessions()
        let requestID = try RequestID.parse(requestID)
        if let known = try await known(requestID, sessions) { return known }
        let job = try await job(number)
        guard job.state == .failed || job.state == .cancelled else {
            throw Failure(
                .invalidState, "cannot retry job \"\(job.id)\": it is \(job.state.rawValue)",
                hint: Self.insteadOfRetry(job))
        }
        let steps = try await jobs(sessions).steps(of: number)
        let rows = try await sessions.versions.rows(on: sessions.observer)
        let applied = try? library.snapshot.graph.applied(rows: rows)
        for step in steps {
            let isLeft = (applied?.contains(step.revision) ?? false) == (step.direction == .downgrade)
            guard isLeft, let now = library.snapshot.graph[step.revision],
                now.section(step.direction)?.contentDigest != step.contentDigest
            else { continue }
            throw Failure(
                .digestMismatch,
                "cannot retry job \"\(job.id)\": the file of \"\(step.revision)\" was changed after it was queued",
                hint: "queue it with the file as it is: migratectl \(job.kind.rawValue) \(job.target)",
                location: Failure.Location(path: now.path))
        }
        if job.kind == .downgrade { try await pauseForDowngrade(to: job.target, by: person, sessions) }
        try await refuseFullQueue(sessions)
        return try await insert(
            JobStore.Request(
                kind: job.kind, target: job.target, targetRevisions: job.targetRevisions, steps: steps,
                restore: try await RestoreStore(session: sessions.observer).request(of: number), requestID: requestID,
                person: person), sessions)
    }

    private static func insteadOfRetry(_ job: Job) -> String {
        switch job.state {
        case .succeeded: "queue a new one: migratectl \(job.kind.rawValue) \(job.target)"
        case .awaitingApproval: "approve what it waits for: migratectl job \(job.id)"
        case .needsDecision: "settle it: migratectl resolve \(job.id)"
        default: "it is not over: migratectl watch \(job.id)"
        }
    }

    /// Before the downgrade is there: a crash in between leaves a pause too many, never an upgrade too many.
    private func pauseForDowngrade(to target: String, by person: Person, _ sessions: SessionPair) async throws {
        let row = RegistryRow(session: sessions.observer)
        guard try await row.pausedBecause() == nil else { return }
        try await row.pause(because: "downgrade to \(target) by \(person.userName)")
    }

    /// Pauses `auto_upgrade`, or lets it go on where no reason is given.
    public func pauseAutoUpgrade(because reason: String?) async throws {
        let sessions = try await sessions()
        try await RegistryRow(session: sessions.observer).pause(because: reason)
        signal.raise()
        await notifyOthers(sessions)
    }

    /// Makes the registry of a clone or a restored copy this database's own, and connects again.
    public func adopt() async throws {
        let sessions = try await SessionPair.open(configuration)
        do {
            try await RegistryBootstrap(
                database: configuration.name, session: sessions.worker, identity: sessions.identity
            ).adopt()
        } catch {
            await sessions.close()
            throw error
        }
        await sessions.close()
        reconnect.raise()
    }
}
