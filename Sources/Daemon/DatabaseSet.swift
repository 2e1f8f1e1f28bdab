import Engine
import Host
import Logging
import Planning
import PostgresClient
import ServiceLifecycle
import Synchronization
import Systemd

/// The databases that the daemon looks after, each with its own engine. A reload adds, replaces and removes some.
final class DatabaseSet: Service {
    private struct State {
        var engines: [String: DatabaseEngine] = [:]
        var running: Set<ObjectIdentifier> = []
        var isStopping = false
    }

    private let state = Mutex(State())
    /// Raised when an engine has ended.
    private let ended = ChangeSignal()
    private let additions: AsyncStream<DatabaseEngine>
    private let adding: AsyncStream<DatabaseEngine>.Continuation
    private let watchdog: Watchdog
    private let notifier: ServiceNotifier
    private let logger: Logger
    private let faults: FaultPlan

    init(watchdog: Watchdog, notifier: ServiceNotifier, logger: Logger, faults: FaultPlan) {
        (additions, adding) = AsyncStream.makeStream()
        self.watchdog = watchdog
        self.notifier = notifier
        self.logger = logger
        self.faults = faults
    }

    /// The engines, by the names of their databases.
    var engines: [DatabaseEngine] {
        state.withLock { $0.engines.values.sorted { $0.configuration.name < $1.configuration.name } }
    }

    /// The engine of a database; the only one where no name is given.
    ///
    /// - Throws: `Failure` `no-such-database`.
    func engine(_ name: String?) throws(Failure) -> DatabaseEngine {
        let engines = engines
        guard let name else {
            guard engines.count == 1, let only = engines.first else {
                throw Failure(
                    .noSuchDatabase, "cannot choose a database: there are \(engines.count)",
                    hint: "name one with -d: \(engines.map(\.configuration.name).joined(separator: ", "))")
            }
            return only
        }
        guard let engine = engines.first(where: { $0.configuration.name == name }) else {
            throw Failure(
                .noSuchDatabase, "cannot find database \"\(name)\": it is not configured",
                hint: "there are: \(engines.map(\.configuration.name).joined(separator: ", "))")
        }
        return engine
    }

    // MARK: Changes

    /// Takes over a set of configurations: what is new is started, what is gone or different is stopped first. Returns what
    /// was done, a line each.
    func apply(_ configurations: [DatabaseConfiguration]) async -> [String] {
        var changes: [String] = []
        let wanted = Dictionary(configurations.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        for engine in engines where wanted[engine.configuration.name] != engine.configuration {
            let name = engine.configuration.name
            changes.append(wanted[name] == nil ? "database \"\(name)\" removed" : "database \"\(name)\" changed")
            engine.stop()
            await waitUntilEnded(engine)
            // One that is replaced stays to be found until then: those who watch its jobs wait for the next.
            if wanted[name] == nil { state.withLock { $0.engines[name] = nil } }
        }
        for configuration in configurations {
            let known = state.withLock { $0.engines[configuration.name]?.configuration }
            guard known != configuration else { continue }
            if !changes.contains("database \"\(configuration.name)\" changed") {
                changes.append("database \"\(configuration.name)\" added")
            }
            start(configuration)
        }
        return changes
    }

    private func start(_ configuration: DatabaseConfiguration) {
        let engine = DatabaseEngine(
            configuration, daemon: Person(PeerIdentity.own()), logger: logger, now: SystemClock.now, faults: faults)
        let isStopping = state.withLock { state in
            if !state.isStopping {
                state.engines[configuration.name] = engine
                state.running.insert(ObjectIdentifier(engine))
            }
            return state.isStopping
        }
        if !isStopping { adding.yield(engine) }
    }

    private func waitUntilEnded(_ engine: DatabaseEngine) async {
        while true {
            let seen = ended.generation
            guard state.withLock({ $0.running.contains(ObjectIdentifier(engine)) }) else { return }
            await ended.wait(since: seen)
        }
    }

    // MARK: Running

    func run() async throws {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                for await engine in additions {
                    group.addTask { await self.run(engine) }
                }
            }
        } onGracefulShutdown: {
            self.stop()
        }
    }

    private func stop() {
        state.withLock { $0.isStopping = true }
        for engine in engines { engine.stop() }
        adding.finish()
    }

    private func run(_ engine: DatabaseEngine) async {
        let heartbeats = SupervisedLoop.allCases.map { loop in
            (loop, watchdog.supervise("\(loop.rawValue) \(engine.configuration.name)", isIdle: true))
        }
        let supervision = Supervision(interval: watchdog.beatInterval) { loop, isAtWork in
            for (name, heartbeat) in heartbeats where name == loop {
                if isAtWork { heartbeat.report() } else { heartbeat.idle() }
            }
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await engine.run(supervision) }
            group.addTask { await self.showStatus(of: engine) }
            await group.next()
            group.cancelAll()
        }
        for (_, heartbeat) in heartbeats { heartbeat.end() }
        state.withLock { _ = $0.running.remove(ObjectIdentifier(engine)) }
        ended.raise()
    }

    // MARK: The service manager's status line

    private func showStatus(of engine: DatabaseEngine) async {
        var shown = ""
        while !Task.isCancelled {
            let seen = engine.signal.generation
            let line = statusLine
            if line != shown {
                shown = line
                notifier.status(line)
            }
            await engine.signal.wait(since: seen, upTo: Self.rest)
            // Nothing has happened for a while, but what was called is still in memory.
            if engine.signal.generation == seen, !engines.contains(where: \.isWorking) { ResidentMemory.giveBack() }
        }
    }

    /// After how long without news memory is given back. A call after that is answered a millisecond later.
    private static let rest = Duration.seconds(30)

    /// One honest line for `systemctl status`.
    var statusLine: String {
        engines.map { "\($0.configuration.name): \($0.statusWord)" }.joined(separator: "; ")
    }
}
