import Host
public import Planning
import PostgresClient
public import Revisions

/// What is asked and changes nothing.
extension DatabaseEngine {
    /// Where the connection stands.
    public enum Connectedness: Sendable {
        case connecting
        case connected(serverVersion: String)
        case unavailable(Failure?, nextAttempt: Timestamp?)
    }

    /// Whether there is a connection, and if not, why and until when.
    public var connectedness: Connectedness {
        switch connection {
        case .connecting: .connecting
        case .connected(let sessions, _):
            .connected(serverVersion: "\(ToolVersion(serverVersion: sessions.worker.serverVersion))")
        case .unavailable(let failure, let next): .unavailable(failure, nextAttempt: next)
        }
    }

    /// The living part of a database's status, in a fixed number of short queries, whatever the number of revisions.
    public struct Standing: Sendable {
        public var current: [RevisionID]
        public var pendingCount: Int
        public var unapprovedCount: Int
        public var openJobs: [Job]
        public var edited: [RevisionID]
        /// What the history says the version table should be, where it is not.
        public var expectedRows: [RevisionID]?
        /// Pending revisions in which somebody has to fill something in first.
        public var unfinished: [RevisionID]
        /// What the texts of pending revisions let one guess that a rehearsal will find.
        public var guesses: [Finding]
        /// What is wrong with the version table, each with the way out: a row without a file, a table in another place.
        public var problems: [Failure]
        public var pausedBecause: String?
        /// Which backup the database was made from, where it was restored.
        public var restoredFrom: RestoreEntry?
    }

    /// Reads where the database stands, beside the directory and the history.
    public func standing() async throws -> Standing {
        let sessions = try await sessions()
        let observer = sessions.observer
        let graph = library.snapshot.graph
        let found = try await sessions.versions.rowsWhereThere(on: observer)
        let current = found ?? []
        let history = try await HistoryStore(database: configuration.name, session: observer).standing()
        let overview = try await overview(sessions, rows: current, lastHistory: history.lastNumber)
        var unapproved = 0
        if configuration.policy.approvals > 0, !overview.pending.isEmpty {
            let approvals = try await ApprovalStore(session: observer)
                .standing(for: overview.pending.map(\.contentDigest))
            let plan = Plan(rowsBefore: [], steps: overview.pending)
            if case .missing(let missing) = configuration.policy.judge(
                plan, approvals: approvals, requester: daemonPerson)
            {
                unapproved = missing.count
            }
        }
        let registry = try await RegistryRow(session: observer).standing(database: configuration.name)
        return Standing(
            current: current, pendingCount: overview.pending.count, unapprovedCount: unapproved,
            openJobs: try await jobs(sessions).open(), edited: overview.edited,
            expectedRows: history.expectedRows == current.sorted() ? nil : history.expectedRows,
            unfinished: overview.pending.map(\.revision).filter { graph[$0]?.upgrade.unfinished != nil },
            guesses: overview.guesses,
            problems: try await problems(sessions, rows: found),
            pausedBecause: registry.pausedBecause, restoredFrom: registry.descent)
    }

    /// - Parameter rows: Those of the version table; nil where there is none.
    private func problems(_ sessions: SessionPair, rows: [RevisionID]?) async throws -> [Failure] {
        let graph = library.snapshot.graph
        if let rows { return rows.filter { graph[$0] == nil }.map { Failure(RevisionError(rowWithoutFile: $0)) } }
        let mistake = try await sessions.versions.mistakenIdentity(
            on: sessions.observer, database: configuration.name)
        return [mistake].compactMap { $0 }
    }

    /// What an upgrade or a downgrade would do now, and what each of its steps lacks.
    public struct Preview: Sendable {
        public var plan: Plan
        public var missingApprovals: [MissingApproval]
        /// Revisions on the way that cannot be taken back.
        public var gaps: [PlanGap]
        /// Steps whose file is gone, and whose kept bytes would be run.
        public var withoutFile: [RevisionID]
    }

    /// What an upgrade or downgrade would do now, and what it lacks.
    ///
    /// - Throws: `Failure` as the planner says; `irreversible` only where gaps are not allowed.
    public func preview(
        _ direction: Direction, to target: String, allowsGaps: Bool, for person: Person
    ) async throws -> Preview {
        let sessions = try await sessions()
        let draft = try await drafting(sessions).draft(direction, to: target, allowsGaps: allowsGaps)
        let approvals = try await ApprovalStore(session: sessions.observer)
            .standing(for: draft.plan.steps.map(\.contentDigest))
        var preview = Preview(plan: draft.plan, missingApprovals: [], gaps: draft.gaps, withoutFile: [])
        let verdict = configuration.policy.judge(draft.plan, approvals: approvals, requester: person)
        if case .missing(let missing) = verdict { preview.missingApprovals = missing }
        let directory = library.snapshot.graph
        preview.withoutFile = draft.plan.steps.map(\.revision).filter { !directory.contains($0) }
        return preview
    }

    /// What an upgrade or a downgrade would do now, as a script for psql.
    public func script(_ direction: Direction, to target: String) async throws -> String {
        let draft = try await drafting(sessions()).draft(direction, to: target)
        return try SQLScript(draft.plan, revisions: { draft.revisions[$0] }, settings: configuration.script).text
    }

    /// - Throws: `Failure` `no-such-job`.
    public func job(_ number: Int64) async throws -> Job {
        guard let job = try await jobs(sessions()).job(number) else {
            let id = JobID(database: configuration.name, number: number)
            throw Failure(.noSuchJob, "cannot find job \"\(id)\"", hint: "list them: migratectl jobs")
        }
        return job
    }

    /// A job that was just queued, as it is when it has ended, where that does not take long; otherwise as it was.
    public func ended(_ job: Job, within limit: Duration) async throws -> Job {
        let end = ContinuousClock.now + limit
        while !job.state.isFinal {
            let seen = signal.generation
            if activity.latestEnd == job.id.number { return try await self.job(job.id.number) }
            let left = end - .now
            guard left > .zero else { break }
            await signal.wait(since: seen, upTo: left)
        }
        return job
    }

    /// The jobs, newest first.
    public func jobs(limit: Int, onlyOpen: Bool) async throws -> [Job] {
        try await jobs(sessions()).latest(limit: limit, onlyOpen: onlyOpen)
    }

    /// What the rehearsal of a job found; nil where there was none.
    public func rehearsal(of number: Int64) async throws -> RehearsalReport? {
        try await jobs(sessions()).rehearsal(of: number)
    }

    /// The latest job that was rehearsed, with what was found.
    public func latestRehearsal() async throws -> (job: JobID, report: RehearsalReport)? {
        let jobs = jobs(try await sessions())
        guard let number = try await jobs.latestRehearsed(), let report = try await jobs.rehearsal(of: number) else {
            return nil
        }
        return (JobID(database: configuration.name, number: number), report)
    }

    /// The steps that were pinned when a job was queued.
    public func steps(of number: Int64) async throws -> [Step] {
        try await jobs(sessions()).steps(of: number)
    }

    /// So many events are read at once.
    public static let mostEvents = 1000

    /// A job's events after a sequence number, oldest first, `mostEvents` at the most.
    public func events(of number: Int64, after sequence: Int64) async throws -> [JobEvent] {
        try await EventStore(database: configuration.name, session: sessions().observer)
            .events(of: number, after: sequence, limit: Self.mostEvents)
    }

    /// The latest events of all jobs, oldest first.
    public func latestEvents(_ count: Int) async throws -> [JobEvent] {
        try await EventStore(database: configuration.name, session: sessions().observer).latest(count)
    }

    /// What was applied and taken back, newest first.
    public func history(limit: Int?) async throws -> [HistoryEntry] {
        try await HistoryStore(database: configuration.name, session: sessions().observer).latest(limit: limit)
    }

    /// The stamps among the history, newest first.
    public func stamps(limit: Int?) async throws -> [StampEntry] {
        try await StampStore(session: sessions().observer).latest(limit: limit, database: configuration.name)
    }

    /// The approvals in force of a revision as it is now.
    public func approvals(for revision: Revision) async throws -> [Approval] {
        let digests = [revision.upgrade.contentDigest, revision.downgrade?.contentDigest].compactMap { $0 }
        return try await ApprovalStore(session: sessions().observer).standing(for: digests)
    }

    /// The rows of the version table; empty where there is none yet.
    public func currentRows() async throws -> [RevisionID] {
        let sessions = try await sessions()
        return try await sessions.versions.rows(on: sessions.observer)
    }

    /// The name of the newest whole backup on this host. Needs no database.
    public func latestBackup() -> String? {
        BackupShelf(directory: configuration.backup.directory, database: configuration.name).latest()
    }

    /// The backups on this host, newest first. Needs no database.
    public func listBackups() -> [ListedBackup] {
        BackupShelf(directory: configuration.backup.directory, database: configuration.name).backups().map {
            ListedBackup(name: $0.name, path: $0.path, manifest: $0.manifest, problem: $0.problem)
        }
    }

    /// A backup on this host: its manifest, or why it cannot be read.
    public struct ListedBackup: Sendable {
        public var name: String
        public var path: String
        public var manifest: BackupManifest?
        public var problem: String?
    }
}
