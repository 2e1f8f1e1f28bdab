import Planning
import PostgresClient

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

    /// - Throws: `CancelRequested`; `ConnectionError` where the observer's session is lost.
    func run() async throws {
        var shown = Shown()
        while !Task.isCancelled {
            try await Task.sleep(for: Self.interval)
            guard let now = activity.current else { continue }
            // Once everything is applied there is nothing left to cancel.
            if now.stage != .verifying, try await reporter.jobs.isCancelRequested(job) { throw CancelRequested() }
            switch now.stage {
            case .backingUp: try await lookAtDump(&shown)
            case .applying: try await lookAtStep(now, &shown)
            default: break
            }
        }
    }

    /// What was told already, so that only news is written.
    private struct Shown {
        var statement: Activity.Now.Statement?
        var progress: JobEvent.Progress?
    }

    private func lookAtStep(_ now: Activity.Now, _ shown: inout Shown) async throws {
        if let statement = now.statement, statement != shown.statement, let revision = now.revision {
            shown.statement = statement
            await reporter.event(
                job, .stepStarted,
                "\(revision): \(statement.verb), statement \(statement.number) of \(statement.count), line \(statement.line)",
                revision: revision)
        }
        let blockers = try await Blocker.of(pid: sessions.runner.pid, on: sessions.observer)
        if !blockers.isEmpty, activity.note(blockers: blockers) {
            let names = blockers.map(\.description).joined(separator: "; ")
            await reporter.event(job, .blockersSeen, "waits for \(names)", revision: now.revision)
        }
        if let progress = try await indexProgress(), progress != shown.progress {
            shown.progress = progress
            await reporter.event(
                job, .stepProgress, progress.phase ?? "building an index", revision: now.revision, progress: progress)
        }
    }

    /// See PostgreSQL's manual, "CREATE INDEX Progress Reporting".
    private func indexProgress() async throws -> JobEvent.Progress? {
        try await sessions.observer.query(
            """
            SELECT phase, blocks_done, blocks_total, tuples_done, tuples_total, lockers_done, lockers_total
            FROM pg_catalog.pg_stat_progress_create_index WHERE pid = \(sessions.runner.pid)
            """
        ).first.map { row in
            let units: [(String, String)] = [("blocks", "blocks"), ("tuples", "tuples"), ("lockers", "sessions")]
            for (column, unit) in units {
                let total: Int64 = try row.decode("\(column)_total")
                guard total > 0 else { continue }
                return JobEvent.Progress(
                    unit: unit, done: try row.decode("\(column)_done"), total: total, phase: try row.decode("phase"))
            }
            return JobEvent.Progress(unit: "blocks", done: 0, phase: try row.decode("phase"))
        }
    }

    /// The tables that our dump reads now. See PostgreSQL's manual, "COPY Progress Reporting" (14 and later).
    private func lookAtDump(_ shown: inout Shown) async throws {
        guard sessions.observer.serverVersion >= 140_000 else { return }
        let row = try await sessions.observer.query(
            """
            SELECT coalesce(sum(bytes_processed), 0)::bigint AS bytes,
                coalesce(string_agg(relid::regclass::text, ', ' ORDER BY relid), '') AS tables,
                pg_catalog.pg_database_size(current_database()) AS size
            FROM pg_catalog.pg_stat_progress_copy c JOIN pg_catalog.pg_stat_activity a USING (pid)
            WHERE c.datname = current_database() AND c.command = 'COPY TO' AND a.application_name = 'pg_dump'
            """
        ).first
        guard let row else { return }
        let tables: String = try row.decode("tables")
        let bytes: Int64 = try row.decode("bytes")
        guard !tables.isEmpty else { return }
        let progress = JobEvent.Progress(unit: "bytes", done: bytes, phase: tables)
        guard progress != shown.progress else { return }
        shown.progress = progress
        await reporter.event(job, .backupProgress, "dumping \(tables)", progress: progress)
    }
}
