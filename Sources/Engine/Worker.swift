import Faults
import Host
import Liveness
import Logging
import Planning
import PostgresClient

/// The loop that does one database's work: connect, recover, take the next job, run it, wait for news. It ends only with
/// the daemon; an unreachable database is tried again with growing pauses.
struct Worker: Sendable {
    let engine: DatabaseEngine
    let supervision: Supervision

    private var configuration: DatabaseConfiguration { engine.configuration }
    private var logger: Logger { engine.logger }

    /// A slow poll is the truth; signals and notifications are hints.
    static let idlePoll = Duration.seconds(30)
    /// How many attempts to connect fail, in some five seconds, before a person is called.
    static let patience = 4
    /// While another daemon has the job or the lock, nobody tells us when it ends.
    static let busyPoll = Duration.milliseconds(700)

    func run() async {
        var failures = 0
        while !Task.isCancelled && !engine.activity.isStopping {
            // Taken before the attempt: who asks for another one while this one fails is not left waiting.
            let seen = engine.reconnect.generation
            if engine.isReleased {
                engine.disconnected(engine.releasedFailure, until: nil)
                waitIdly()
                await engine.reconnect.wait(since: seen)
                continue
            }
            do {
                let sessions = try await supervision.over(.worker) { try await connect() }
                failures = 0
                do {
                    try await serve(sessions)
                } catch {
                    // Being asked to end is no failure that anybody should be told of.
                    let isMeant = error is CancellationError || error is Pipeline.Moved
                    let failure = isMeant ? nil : Self.failure(error, configuration.name)
                    await leave(sessions, because: failure)
                    throw error
                }
                await leave(sessions, because: nil)
            } catch is CancellationError {
                break
            } catch is Pipeline.Moved {
                engine.connecting()
            } catch {
                failures += 1
                await pause(after: Self.failure(error, configuration.name), failures: failures, since: seen)
            }
        }
        engine.disconnected(nil, until: nil)
    }

    /// Nobody waits for the worker while it waits for news.
    private func waitIdly() {
        supervision.beat(.worker, false)
    }

    private func leave(_ sessions: SessionPair, because failure: Failure?) async {
        if engine.activity.isStopping {
            // Shielded: who is cancelled has all the more reason to leave nothing behind.
            await Task { [engine] in try? await engine.withdrawOwnJobs(sessions) }.value
        }
        engine.disconnected(failure, until: nil)
        await sessions.close()
    }

    // MARK: Connecting

    private func connect() async throws -> SessionPair {
        engine.connecting()
        try await DatabaseNaming.settle(configuration, logger: logger)
        let sessions = try await SessionPair.open(configuration)
        do {
            let bootstrap = RegistryBootstrap(
                database: configuration.name, session: sessions.worker, identity: sessions.identity,
                owner: configuration.registryRole)
            if engine.isHome(sessions.identity), try await !bootstrap.isThere() {
                // Released by a daemon on another host, or removed by hand: either was meant.
                try engine.markReleased("elsewhere: its registry is gone")
                throw engine.releasedFailure
            }
            while try await bootstrap.ensure() == .busy {
                try await Vigil.waiting { try await Task.sleep(for: Self.busyPoll) }
            }
            let retry = LockRetry(
                settings: configuration.locks, deadlockTimeout: try await Self.deadlockTimeout(on: sessions.observer))
            try await sessions.observer.execute("LISTEN migrated")
            engine.connected(sessions, retry: retry)
            return sessions
        } catch {
            await sessions.close()
            throw error
        }
    }

    private static func deadlockTimeout(on session: any PostgresSession) async throws -> Duration {
        let milliseconds = try await session.query(
            "SELECT setting::bigint AS ms FROM pg_catalog.pg_settings WHERE name = 'deadlock_timeout'"
        ).first?.decode("ms", as: Int64.self)
        return .milliseconds(milliseconds ?? 1000)
    }

    /// Pauses after a failed attempt: longer each time, at most a minute, unless news comes that could help.
    private func pause(after failure: Failure, failures: Int, since seen: UInt64) async {
        let longest = min(60, Double(1 << min(failures, 6)) / 2)
        let pause = Duration.seconds(Double.random(in: longest / 2...longest))
        engine.disconnected(failure, until: pause)
        let kind: DaemonEvent = failure.code == .registryMismatch ? .registryMismatch : .databaseUnavailable
        // What a restart of the server does to us is over by then; what asks for a person is told at once, and once.
        let isNews = failure.code == .databaseUnavailable ? failures == Self.patience : failures == 1
        logger.log(
            level: isNews ? .error : .notice,
            "\(failure.message); next attempt in \(Int(pause.seconds + 0.5)) s",
            metadata: ["message-id": "\(kind.messageID)", "hint": "\(failure.hint ?? "")"])
        waitIdly()
        await engine.reconnect.wait(since: seen, upTo: pause)
    }

    private static func failure(_ error: any Error, _ database: String) -> Failure {
        switch error {
        case let failure as Failure: failure
        case let error as ConnectionError: Failure(error, database: database)
        case let error as CommitOutcomeUnknown: Failure(error.reason, database: database)
        case let error as Restoration.Unsettled: Self.failure(error.reason, database)
        case let error as ServerError:
            Failure(.databaseUnavailable, "cannot use database \"\(database)\": \(error.message)", hint: error.hint)
        default: Failure(.internalError, "cannot work on database \"\(database)\": \(error)")
        }
    }

    // MARK: Serving

    /// Does what there is to do until the daemon stops or a session is lost.
    private func serve(_ sessions: SessionPair) async throws {
        let listener = Task { [signal = engine.signal] in
            for await _ in sessions.observer.notifications { signal.raise() }
        }
        defer { listener.cancel() }
        var told = Told()
        while !engine.activity.isStopping, !engine.isReleased {
            try Task.checkCancellation()
            let seen = engine.signal.generation
            guard let rest = try await supervision.over(.worker, { try await work(sessions, &told) }) else { continue }
            waitIdly()
            try await waitForNews(sessions, since: seen, upTo: rest)
        }
    }

    /// One look at what there is to do, and the next job. Returns how long to rest without news; nil where the next
    /// look should come at once.
    private func work(_ sessions: SessionPair, _ told: inout Told) async throws -> Duration? {
        FaultPoint.hang("worker")
        try await sessions.refuseReadOnly(configuration.name)
        let isAlone = try await recover(sessions, &told)
        let open = try await Triage(engine: engine, sessions: sessions).run()
        if let job = next(of: open) {
            try await run(job, sessions)
            return nil
        }
        let someoneElseRuns = open.contains { $0.state.isRunning }
        if someoneElseRuns { try await tellOfOrphan(sessions, &told) }
        if isAlone, !someoneElseRuns { try await engine.lookIfDue(sessions) }
        return someoneElseRuns || !isAlone ? Self.busyPoll : Self.idlePoll
    }

    /// What was told of those who keep us waiting, so that only news is told.
    private struct Told {
        var holder: LockHolder?
        var orphan: OrphanedRunner?
    }

    /// Brings back what was left behind. Where that has to wait, because somebody still works on it, a new holder of the
    /// lock is named in the events of the job.
    private func recover(_ sessions: SessionPair, _ told: inout Told) async throws -> Bool {
        let abandoned = try await engine.jobs(sessions).abandoned().first
        guard abandoned != nil || engine.isFresh else { return true }
        let reporter = engine.reporter(sessions)
        if try await Recovery(
            sessions: sessions, reporter: reporter, backups: engine.backups(sessions), configuration: configuration
        ).run() {
            engine.recovered()
            return true
        }
        guard let job = abandoned?.job, let found = try await MigrationLock(session: sessions.worker).holder(),
            found.pid != told.holder?.pid
        else { return false }
        told.holder = found
        await reporter.event(
            job.id.number, .lockWaiting,
            "outcome unknown: without its runner, and the lock is held by \(found.description)")
        return false
    }

    /// Says what a daemon that is gone has left running, and how far that has come.
    private func tellOfOrphan(_ sessions: SessionPair, _ told: inout Told) async throws {
        let orphan = try await OrphanedRunner.find(on: sessions.observer)
        defer { told.orphan = orphan }
        guard let orphan, !orphan.isWhere(told.orphan) else { return }
        await engine.reporter(sessions).event(
            orphan.job, .lockWaiting,
            "\(orphan.description); waiting for it, unless somebody ends it: migratectl resolve \(configuration.name)-\(orphan.job) --end-session",
            progress: orphan.progress)
    }

    private func waitForNews(_ sessions: SessionPair, since seen: UInt64, upTo limit: Duration) async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await engine.signal.wait(since: seen, upTo: limit) }
            group.addTask { await sessions.worker.waitUntilClosed() }
            group.addTask { await sessions.observer.waitUntilClosed() }
            await group.next()
            group.cancelAll()
        }
        guard sessions.worker.isUsable, sessions.observer.isUsable else {
            throw ConnectionError(kind: .lost, message: "the server closed the connection")
        }
    }

    private func next(of open: [Job]) -> Job? {
        let isFree = !open.contains { $0.state.isRunning || $0.state == .needsDecision }
        let job = isFree ? open.first { $0.state == .queued && engine.mayRun($0) } : nil
        engine.note(
            waiting: open.filter { !$0.state.isRunning && $0.id != job?.id }
                .map { Activity.Waiting(job: $0.id.number, state: $0.state) })
        return job
    }

    // MARK: One job

    /// Runs a job with its observer beside it, and writes how it ended.
    private func run(_ job: Job, _ sessions: SessionPair) async throws {
        let reporter = engine.reporter(sessions)
        let box = PipelineBox(engine.pipeline(for: job, sessions))
        let observer = JobObserver(
            sessions: sessions, reporter: reporter, activity: engine.activity, job: job.id.number)
        engine.activity.begin(job.id.number, .planning)
        defer {
            engine.activity.end()
            supervision.beat(.observer, false)
        }
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await box.run() }
                group.addTask { try await supervision.over(.observer) { try await observer.run() } }
                group.addTask { try await engine.stopRequest() }
                defer { group.cancelAll() }
                try await group.next()
            }
        } catch {
            try await box.end(after: error)
        }
        engine.activity.end()
        engine.signal.raise()
        await engine.notifyOthers(sessions)
    }
}

/// The pipeline of the running job. Its task ends before anything else touches it.
private final class PipelineBox: @unchecked Sendable {
    private var pipeline: Pipeline
    private var failure: (any Error)?

    init(_ pipeline: Pipeline) { self.pipeline = pipeline }

    func run() async throws {
        do {
            try await pipeline.run()
        } catch {
            failure = error
            throw error
        }
    }

    /// Writes the state in which the job ended. What says that the sessions are gone is thrown on: whoever connects next
    /// finds the job without its runner and brings it back.
    func end(after error: any Error) async throws {
        // Where observer and pipeline both ended, what the pipeline says of itself comes first.
        let cause: any Error = (failure is CancellationError ? nil : failure) ?? error
        // It was over before it heard of whatever should have ended it.
        if pipeline.job.state.isFinal, !(cause is ConnectionError) { return }
        switch cause {
        case is Pipeline.LostJob:
            return
        case is Pipeline.Moved:
            throw cause
        case let failure as Failure where failure.code == .needsDecision:
            try await pipeline.enter(.needsDecision, failure.message, failure: failure)
        case let failure as Failure:
            try await pipeline.fail(failure)
        case is JobObserver.CancelRequested where pipeline.job.state == .verifying:
            try await pipeline.enter(.queued, "was applied before it could be cancelled: confirming it again")
        case is JobObserver.CancelRequested:
            try await pipeline.enter(.cancelled, "cancelled")
        case is CancellationError, is DatabaseEngine.Stopping:
            try await pipeline.enter(.queued, "the daemon stops: back in the queue")
            throw CancellationError()
        case is ConnectionError, is CommitOutcomeUnknown, is Restoration.Unsettled:
            throw cause
        case let error as ServerError where error.endsSession:
            throw ConnectionError(error)
        case let error as ServerError:
            try await pipeline.fail(
                Failure(
                    .internalError, "cannot go on with the job: \(error.message)", hint: error.hint, sql: error.report()
                ))
        default:
            try await pipeline.fail(Failure(.internalError, "cannot go on with the job: \(cause)"))
        }
    }
}

extension Pipeline {
    /// Ends the job as failed, from whichever state it is in.
    mutating func fail(_ failure: Failure) async throws {
        try await enter(.failed, failure.message, failure: failure)
    }
}
