import Host
public import Logging
public import Planning
import PostgresClient
import Revisions
import Synchronization

/// One database: its revisions, its queue and its worker. What the handlers of the socket call is here; what is done
/// about it is done by the worker, which learns of it from the registry.
public final class DatabaseEngine: Sendable {
    public let configuration: DatabaseConfiguration
    public let library: RevisionLibrary
    /// Raised whenever something of this database may have changed.
    public let signal: ChangeSignal
    let reconnect = ChangeSignal()
    let logger: Logger
    let activity = Activity()
    let waitCounts = WaitCounts()
    let daemonPerson: Person
    let faults: FaultPlan
    let now: @Sendable () -> Timestamp
    private let state = Mutex(State())

    /// The daemon wants to end and its patience with the running job is over.
    struct Stopping: Error {}

    private struct State {
        var connection = Connection.connecting
        var isFresh = true
        /// The database that we last had a registry in.
        var home: ServerIdentity?
        var overview: Overview?
        /// The last look at the schema; the report is nil where it failed.
        var drift: (at: ContinuousClock.Instant, report: DriftReport?)?
        /// The jobs that were queued, retried or settled through this engine.
        var ownJobs: Set<Int64> = []
    }

    /// What follows from directory, history and version rows; remembered until one of them changes, so that asking for the
    /// status costs the same however many revisions there are.
    struct Overview: Sendable {
        var generation: UInt64
        var lastHistory: Int64
        var rows: [RevisionID]
        /// The steps that are not applied, parents first.
        var pending: [Step]
        /// Applied revisions whose files mean something else by now.
        var edited: [RevisionID]
        /// What the texts of pending ones let one guess.
        var guesses: [Finding]
    }

    enum Connection: Sendable {
        case connecting
        case connected(SessionPair, LockRetry)
        case unavailable(Failure?, nextAttempt: Timestamp?)
    }

    /// Makes the engine of a database; nothing happens before `run`.
    public init(
        _ configuration: DatabaseConfiguration, daemon: Person, logger: Logger,
        now: @escaping @Sendable () -> Timestamp, faults: FaultPlan = FaultPlan()
    ) {
        self.configuration = configuration
        signal = ChangeSignal()
        library = RevisionLibrary(
            directories: configuration.directories, isRecursive: configuration.isRecursive, signal: signal)
        daemonPerson = daemon
        var logger = logger
        logger[metadataKey: "database"] = "\(configuration.name)"
        self.logger = logger
        self.now = now
        self.faults = faults
    }

    // MARK: Running

    /// Watches the directories and works off the queue until the daemon stops.
    public func run(_ supervision: Supervision = .none) async {
        library.load()
        report(library.snapshot)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await Worker(engine: self, supervision: supervision).run() }
            group.addTask { await self.library.watch(supervision) { self.report($0) } }
            await group.next()
            group.cancelAll()
        }
    }

    /// Begins no further step, and gives the running one `configuration.stopPatience` to end.
    public func stop() {
        activity.isStopping = true
        signal.raise()
        reconnect.raise()
    }

    func stopRequest() async throws {
        while !activity.isStopping {
            try Task.checkCancellation()
            let seen = signal.generation
            if activity.isStopping { break }
            await signal.wait(since: seen)
        }
        // Nothing has been begun that would be worth waiting for.
        let waits: [JobState] = [.planning, .waitingForLock, .rehearsing]
        if let stage = activity.current?.stage, waits.contains(stage) { throw Stopping() }
        try await Task.sleep(for: configuration.stopPatience)
        throw Stopping()
    }

    /// More guesses are left to be asked for.
    private static let mostGuesses = 100

    /// Says what the text of files that have just come lets one guess.
    private func reportGuesses(_ arrivals: [Revision]) {
        for guess in arrivals.flatMap(Guess.findings).prefix(Self.mostGuesses) {
            logger.notice(
                "\(configuration.name): \(guess.guess)",
                metadata: [
                    "message-id": "\(DaemonEvent.revisionGuessed.messageID)", "hint": "\(guess.hint ?? "")",
                    "revision": "\(guess.revisions.first?.rawValue ?? "")",
                ])
        }
    }

    private func report(_ snapshot: RevisionLibrary.Snapshot) {
        reportGuesses(snapshot.arrivals)
        guard snapshot.problems.isEmpty else {
            for problem in snapshot.problems {
                logger.error(
                    "\(problem.location.map { "\($0): " } ?? "")\(problem.message)",
                    metadata: [
                        "message-id": "\(DaemonEvent.directoryBroken.messageID)", "hint": "\(problem.hint ?? "")",
                    ])
            }
            return
        }
        let heads = snapshot.graph.heads.map(\.rawValue).joined(separator: ", ")
        logger.info(
            "\(configuration.name): \(snapshot.graph.revisions.count) revisions, head \(heads.isEmpty ? "none" : heads)",
            metadata: ["message-id": "\(DaemonEvent.directoryChanged.messageID)"])
    }

    // MARK: What the worker tells

    func connecting() { state.withLock { $0.connection = .connecting } }

    func connected(_ sessions: SessionPair, retry: LockRetry) {
        state.withLock {
            $0.connection = .connected(sessions, retry)
            $0.isFresh = true
            $0.home = sessions.identity
        }
        signal.raise()
        logger.info(
            "\(configuration.name): connected to PostgreSQL \(ToolVersion(serverVersion: sessions.worker.serverVersion))",
            metadata: ["message-id": "\(DaemonEvent.databaseConnected.messageID)"])
    }

    func disconnected(_ failure: Failure?, until pause: Duration?) {
        let next = pause.map { Timestamp(microseconds: now().microseconds + $0.milliseconds * 1000) }
        state.withLock { $0.connection = .unavailable(failure, nextAttempt: next) }
        signal.raise()
    }

    /// Whether nothing has been recovered since the connection was made.
    var isFresh: Bool { state.withLock { $0.isFresh } }

    /// Whether we have had a registry in this very database.
    func isHome(_ identity: ServerIdentity) -> Bool {
        guard let home = state.withLock({ $0.home }) else { return false }
        return home.systemIdentifier == identity.systemIdentifier && home.databaseOID == identity.databaseOID
    }

    func recovered() { state.withLock { $0.isFresh = false } }

    var connection: Connection { state.withLock { $0.connection } }

    /// The sessions, where there are some. While an attempt to connect is under way, as after a restart, its end is waited
    /// for, for a moment: a caller is answered late rather than wrongly.
    ///
    /// - Throws: `Failure` `database-unavailable` with the reason why there are none.
    func sessions() async throws(Failure) -> SessionPair {
        await waitUntilTried(upTo: .seconds(5))
        switch connection {
        case .connected(let sessions, _): return sessions
        case .connecting:
            throw Failure(
                .databaseUnavailable, "cannot reach database \"\(configuration.name)\": still connecting",
                hint: "try again in a moment")
        case .unavailable(let failure, _):
            throw failure
                ?? Failure(.databaseUnavailable, "cannot reach database \"\(configuration.name)\": not connected")
        }
    }

    /// Cuts the pause before the next attempt to connect short, where there is one, and lets callers wait for its outcome:
    /// somebody wants to know.
    public func tryAgain() {
        let isPausing = state.withLock { state in
            guard case .unavailable(_, nextAttempt: .some) = state.connection else { return false }
            state.connection = .connecting
            return true
        }
        if isPausing { reconnect.raise() }
    }

    /// Waits, for a moment at the most, until the first attempt to connect has ended.
    public func waitUntilTried(upTo limit: Duration) async {
        let clock = ContinuousClock()
        let end = clock.now + limit
        while case .connecting = connection, clock.now < end {
            let seen = signal.generation
            guard case .connecting = connection else { return }
            await signal.wait(since: seen, upTo: end - clock.now)
        }
    }

    var driftSeen: (at: ContinuousClock.Instant, report: DriftReport?)? { state.withLock { $0.drift } }

    func noteDrift(_ report: DriftReport?) { state.withLock { $0.drift = (.now, report) } }

    func note(waiting jobs: [Activity.Waiting]) {
        if activity.note(waiting: jobs) { signal.raise() }
    }

    // MARK: Own jobs

    /// Takes a job for this engine's own: see `DatabaseConfiguration.takesOnlyOwnJobs`.
    func own(_ job: Int64) {
        state.withLock { _ = $0.ownJobs.insert(job) }
        signal.raise()
    }

    /// Whether a queued job is this engine's to run.
    func mayRun(_ job: Job) -> Bool {
        // A backup is on the host where its restore was asked for.
        guard job.kind != .restore || job.requestedBy.machineID == daemonPerson.machineID else { return false }
        return !configuration.takesOnlyOwnJobs || isOwn(job)
    }

    private func isOwn(_ job: Job) -> Bool { state.withLock { $0.ownJobs.contains(job.id.number) } }

    /// Cancels what was queued through this engine and has not come to an end, where nobody would come back for it.
    func withdrawOwnJobs(_ sessions: SessionPair) async throws {
        guard configuration.takesOnlyOwnJobs else { return }
        let reporter = reporter(sessions)
        for job in try await reporter.jobs.open() where isOwn(job) && job.state.allows(.cancelled) {
            let event = try await reporter.jobs.move(
                job.id.number, JobStore.Move(from: job.state, to: .cancelled), runner: sessions.runner,
                event: .jobCancelled, message: "ended with the call that it was queued for")
            if let event { reporter.announce(event) }
        }
    }

    // MARK: Pieces

    func jobs(_ sessions: SessionPair) -> JobStore {
        JobStore(database: configuration.name, session: sessions.observer)
    }

    func reporter(_ sessions: SessionPair) -> Reporter {
        Reporter(
            jobs: jobs(sessions), events: EventStore(database: configuration.name, session: sessions.observer),
            signal: signal, logger: logger, waits: waitCounts, logsData: configuration.logsData)
    }

    func drafting(_ sessions: SessionPair) -> Drafting {
        Drafting(
            configuration: configuration, library: library, session: sessions.observer, versions: sessions.versions)
    }

    func backups(_ sessions: SessionPair) -> any BackupProvider {
        DumpBackup(
            database: configuration.name, rules: configuration.backup,
            connection: configuration.connection.keywordValues,
            serverVersion: sessions.worker.serverVersion, machineID: daemonPerson.machineID,
            lockTimeout: configuration.locks.budget, now: now)
    }

    func pipeline(for job: Job, _ sessions: SessionPair) -> Pipeline {
        let retry: LockRetry =
            if case .connected(_, let retry) = connection { retry } else {
                LockRetry(settings: configuration.locks, deadlockTimeout: .seconds(1))
            }
        return Pipeline(
            configuration: configuration, sessions: sessions, library: library, backups: backups(sessions),
            reporter: reporter(sessions), activity: activity, retry: retry, faults: faults, now: now, job: job)
    }

    /// Tells other daemons that there is news. A hint at a low rate, never in the transaction of a revision.
    func notifyOthers(_ sessions: SessionPair) async {
        _ = try? await sessions.observer.execute("NOTIFY migrated")
    }

    /// See `Overview`.
    func overview(
        _ sessions: SessionPair, rows: [RevisionID], lastHistory last: Int64
    ) async throws -> Overview {
        let snapshot = library.snapshot
        let known = state.withLock { $0.overview }
        if let known, known.generation == snapshot.generation, known.lastHistory == last, known.rows == rows {
            return known
        }
        let graph = snapshot.graph
        let applied = (try? graph.applied(rows: rows.filter { graph[$0] != nil })) ?? []
        let pending = graph.revisions.compactMap { revision -> Step? in
            guard !applied.contains(revision.id) else { return nil }
            return Step(
                GraphStep(revision: revision.id, direction: .upgrade, rowChanges: [], rowsAfter: []), of: revision)
        }
        let edited = try await EditedRevisions(database: configuration.name, session: sessions.observer)
            .find(in: graph, rows: rows)
        let made = Overview(
            generation: snapshot.generation, lastHistory: last, rows: rows, pending: pending, edited: edited,
            guesses: Array(
                pending.prefix(Self.mostGuesses).compactMap { graph[$0.revision] }.flatMap(Guess.findings)
                    .prefix(Self.mostGuesses)))
        state.withLock { $0.overview = made }
        return made
    }
}
