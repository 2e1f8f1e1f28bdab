import Faults
import Liveness
import Logging
import Planning
import PostgresClient
import Revisions

/// Looks at a running job from the observer's session: is it to be cancelled, who is in its way, how far has it come. Runs
/// beside the pipeline and ends with it.
struct JobObserver: Sendable {
    let sessions: SessionPair
    let reporter: Reporter
    let activity: Activity
    let job: Int64

    /// The job was asked to end.
    struct CancelRequested: Error {}

    static let interval = Duration.milliseconds(200)

    /// After it, the same sessions in the way are worth a person's look.
    static let longWait = Duration.seconds(30)

    /// How often progress is written: often enough to be watched, seldom enough to be kept.
    static let progressInterval = Duration.seconds(1)

    /// - Throws: `CancelRequested`; `Failure` `server-read-only`; `ConnectionError` where the observer's session is lost. Whatever else goes wrong with a
    ///   look is no reason to stop the work that is looked at.
    func run() async throws {
        var shown = Shown()
        while !Task.isCancelled {
            try await Task.sleep(for: Self.interval)
            Vigil.move()
            FaultPoint.hang("observer")
            guard let now = activity.current, !activity.isMoving else { continue }
            do {
                // Once everything is applied there is nothing left to cancel.
                if now.stage != .verifying, try await reporter.jobs.isCancelRequested(job) { throw CancelRequested() }
                try await sessions.refuseReadOnly(reporter.jobs.database)
                try await lookAtQueue(&shown)
                switch now.stage {
                case .backingUp: try await lookAtDump(&shown)
                case .applying: try await lookAtStep(&shown)
                default: break
                }
            } catch let error as ServerError where !error.endsSession {
                reporter.logger.debug("cannot look at the running job: \(error)")
            }
        }
    }

    /// What was told already, so that only news is written.
    private struct Shown {
        var statement: Activity.Now.Statement?
        /// What was being applied at the last look, and when it was last looked at closely.
        var revision: RevisionID?
        var lookedAt: ContinuousClock.Instant?
        /// When it was last seen who waits.
        var queueAt: ContinuousClock.Instant?
        var progress: JobEvent.Progress?
        var progressAt: ContinuousClock.Instant?
        /// Who is in the way, since when, and whether that has been called long.
        var blockers: (pids: [Int], since: ContinuousClock.Instant, isTold: Bool)?
        /// Bytes that the dump has read, by table, and the size of the database when it began.
        var dumped: [String: Int64] = [:]
        var size: Int64?
        var isReadBack = false

        /// Whether somebody has been in the way for long now; true once for the same sessions.
        mutating func isLongBlocked(by found: [Blocker]) -> Bool {
            let pids = found.map(\.pid)
            guard let known = blockers, known.pids == pids else {
                blockers = pids.isEmpty ? nil : (pids, .now, false)
                return false
            }
            guard !known.isTold, .now - known.since >= JobObserver.longWait else { return false }
            blockers?.isTold = true
            return true
        }

        /// Whether this progress is news, and due.
        mutating func isDue(_ next: JobEvent.Progress) -> Bool {
            let now = ContinuousClock.now
            guard next != progress, progressAt.map({ now - $0 >= JobObserver.progressInterval }) ?? true else {
                return false
            }
            (progress, progressAt) = (next, now)
            return true
        }
    }

    /// Who has come to wait meanwhile: the worker, which otherwise sees to it, is at its job.
    private func lookAtQueue(_ shown: inout Shown) async throws {
        if let last = shown.queueAt, ContinuousClock.now - last < Self.progressInterval { return }
        shown.queueAt = .now
        if activity.note(waiting: try await reporter.jobs.waiting(except: job)) { reporter.signal.raise() }
    }

    private func lookAtStep(_ shown: inout Shown) async throws {
        await reporter.tellApplied(job)
        // Meanwhile the work has gone on.
        guard let now = activity.current, now.stage == .applying else { return }
        // Where one step follows the other there is nothing to wait for: not at every look.
        let isMoving = now.revision != shown.revision
        shown.revision = now.revision
        if isMoving, let lookedAt = shown.lookedAt, ContinuousClock.now - lookedAt < Self.progressInterval { return }
        shown.lookedAt = .now
        if let statement = now.statement, statement != shown.statement, let revision = now.revision {
            shown.statement = statement
            await reporter.event(
                job, .stepStarted,
                "\(revision): \(statement.verb), statement \(statement.number) of \(statement.count), line \(statement.line)",
                revision: revision,
                details: ["line": "\(statement.line)", "digest": "\(statement.digest)"])
        }
        let blockers = try await Blocker.of(pid: sessions.runner.pid, on: sessions.observer)
        if !blockers.isEmpty, activity.note(blockers: blockers) {
            let names = blockers.map(\.description).joined(separator: "; ")
            await reporter.event(job, .blockersSeen, "waits for \(names)", revision: now.revision)
        }
        if shown.isLongBlocked(by: blockers) {
            let names = blockers.map(\.description).joined(separator: "; ")
            await reporter.event(
                job, .blockersStay, "waits for more than \(Int(Self.longWait.seconds)) s, for \(names)",
                revision: now.revision)
        }
        if let progress = try await IndexBuild.progress(of: sessions.runner.pid, on: sessions.observer),
            shown.isDue(progress)
        {
            await reporter.event(
                job, .stepProgress, progress.phase ?? "building an index", revision: now.revision, progress: progress)
        }
    }

    /// How much our dump has read. See PostgreSQL's manual, "COPY Progress Reporting" (14 and later).
    private func lookAtDump(_ shown: inout Shown) async throws {
        guard sessions.observer.serverVersion >= 140_000 else { return }
        if shown.size == nil {
            shown.size = try await sessions.observer.query(
                "SELECT pg_catalog.pg_database_size(current_database()) AS size"
            ).first?.decode("size")
        }
        let rows = try await sessions.observer.query(
            """
            SELECT c.relid::regclass::text AS name, c.bytes_processed AS bytes
            FROM pg_catalog.pg_stat_progress_copy c JOIN pg_catalog.pg_stat_activity a USING (pid)
            WHERE c.datname = current_database() AND c.command = 'COPY TO' AND a.application_name = \(DumpBackup.session)
            ORDER BY c.relid
            """)
        guard !rows.isEmpty else { return try await lookAtReadingBack(&shown) }
        var tables: [String] = []
        for row in rows {
            let name: String = try row.decode("name")
            tables.append(name)
            shown.dumped[name] = max(shown.dumped[name] ?? 0, try row.decode("bytes"))
        }
        let done = shown.dumped.values.reduce(0, +)
        // The size has indexes in it, which are not read, and tables are longer as text: an estimate, never passed.
        let progress = JobEvent.Progress(
            unit: "bytes", done: done, total: shown.size.map { max($0, done) }, phase: tables.joined(separator: ", "))
        guard shown.isDue(progress) else { return }
        await reporter.event(job, .backupProgress, "dumping \(tables.joined(separator: ", "))", progress: progress)
    }

    /// A dump that was long enough to be shown is read back for a while as well, when its sessions have ended.
    private func lookAtReadingBack(_ shown: inout Shown) async throws {
        guard shown.progress != nil, !shown.isReadBack else { return }
        let sessions = try await sessions.observer.query(
            """
            SELECT FROM pg_catalog.pg_stat_activity
            WHERE datname = current_database() AND application_name = \(DumpBackup.session)
            """)
        guard sessions.isEmpty else { return }
        shown.isReadBack = true
        await reporter.event(job, .backupProgress, "reading the backup back to its last byte")
    }
}
