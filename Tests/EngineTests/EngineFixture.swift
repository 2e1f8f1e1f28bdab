import Glibc
import Host
import Logging
import Planning
import PostgresClient
import Revisions
import TestSupport

@testable import Engine

/// A database of a test's own, a directory of revisions, and an engine at work on both.
final class EngineFixture: Sendable {
    let database: TestDatabase
    let directory: TemporaryDirectory
    let configuration: DatabaseConfiguration
    let first: RunningEngine
    /// A session of the test's own, as the superuser.
    let admin: Connection

    var engine: DatabaseEngine { first.engine }

    private init(
        database: TestDatabase, directory: TemporaryDirectory, configuration: DatabaseConfiguration,
        first: RunningEngine, admin: Connection
    ) {
        self.database = database
        self.directory = directory
        self.configuration = configuration
        self.first = first
        self.admin = admin
    }

    static let ann = Person(uid: 1000, userName: "ann", machineID: "m1")
    static let bob = Person(uid: 1001, userName: "bob", machineID: "m1")

    /// What tests begin with: nothing needs approval, nothing is backed up, and locks are waited for briefly and often.
    static func configuration(_ database: TestDatabase, _ directory: TemporaryDirectory) -> DatabaseConfiguration {
        var configuration = DatabaseConfiguration(
            name: "main", connection: database.parameters, directories: [directory("migrations")],
            backup: BackupRules(policy: .none(reason: "a test"), directory: directory("backups"), minimumFree: 0))
        configuration.policy.approvals = 0
        configuration.rehearsal.isOn = false
        configuration.rehearsal.directory = directory("rehearsals")
        configuration.locks = LockBudget(
            first: .milliseconds(400), longest: .seconds(1), budget: .seconds(90), pause: .milliseconds(10),
            longestPause: .milliseconds(50))
        configuration.stopPatience = .milliseconds(100)
        return configuration
    }

    private static let turnstile = Turnstile(places: 10)

    /// Runs the body with an engine on a database of its own, then ends and removes everything.
    static func with<Result: Sendable>(
        _ samples: [Sample] = [], _ setting: Setting = Setting(),
        _ body: @Sendable (EngineFixture) async throws -> Result
    ) async throws -> Result {
        await turnstile.enter()
        defer { turnstile.leave() }
        let shared = try await TestCluster.shared
        let cluster = setting.cluster ?? shared
        let directory = try TemporaryDirectory()
        try directory.make("migrations")
        for sample in samples { try directory.write("migrations/\(sample.file)", sample.text) }
        return try await cluster.withDatabase(role: setting.role) { database in
            var configuration = configuration(database, directory)
            setting.configure(&configuration)
            try await setting.prepare(database)
            let admin = try await database.connectAsSuperuser()
            let fixture = EngineFixture(
                database: database, directory: directory, configuration: configuration,
                first: RunningEngine(configuration, faults: setting.faults), admin: admin)
            do {
                let result = try await body(fixture)
                await fixture.first.stop()
                await admin.close()
                return result
            } catch {
                await fixture.first.stop()
                await admin.close()
                throw error
            }
        }
    }

    /// Writes revisions as a person would, and makes sure that the engine has seen them.
    func write(_ samples: Sample...) throws {
        for sample in samples { try directory.write("migrations/\(sample.file)", sample.text) }
        engine.library.load()
    }

    func remove(_ sample: Sample) throws {
        try directory.remove("migrations/\(sample.file)")
        engine.library.load()
    }

    /// One value from the database.
    func value<T: PostgresDecodable & Sendable>(_ sql: String, as type: T.Type = T.self) async throws -> T {
        try await admin.query(Query(raw: sql)).scalar(as: type)
    }

    /// The first column of every row.
    func column(_ sql: String) async throws -> [String] {
        try await admin.query(Query(raw: sql)).map { try $0.decode(0, as: String.self) }
    }

    /// Waits until a query says so.
    func waitUntil(_ sql: String) async throws {
        while try await !value(sql, as: Bool.self) { try await Task.sleep(for: .milliseconds(5)) }
    }

    /// Takes the migration lock, as another runner would; waits until it is free.
    func takeLock() async throws {
        try await admin.execute("SELECT pg_advisory_lock(\(MigrationLock.key))")
    }

    func releaseLock() async throws {
        try await admin.execute("SELECT pg_advisory_unlock(\(MigrationLock.key))")
    }

    /// Waits until the worker of an engine is inside `pg_sleep`.
    func waitUntilWorkerSleeps() async throws {
        try await waitUntil(
            """
            SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
                AND application_name = 'migrated worker' AND wait_event = 'PgSleep')
            """)
    }
}

/// What is different from the ordinary in a test.
struct Setting: Sendable {
    /// The server, where it is not the one that all share.
    var cluster: TestCluster?
    /// The role that owns the database and that the engine connects as.
    var role: String?
    var faults = FaultPlan()
    var configure: @Sendable (inout DatabaseConfiguration) -> Void = { _ in }
    /// What is done in the database before the engine comes.
    var prepare: @Sendable (TestDatabase) async throws -> Void = { _ in }

    static func configured(_ configure: @escaping @Sendable (inout DatabaseConfiguration) -> Void) -> Setting {
        Setting(configure: configure)
    }

    static func prepared(_ prepare: @escaping @Sendable (TestDatabase) async throws -> Void) -> Setting {
        Setting(prepare: prepare)
    }

    func prepared(_ prepare: @escaping @Sendable (TestDatabase) async throws -> Void) -> Setting {
        var other = self
        other.prepare = prepare
        return other
    }
}

/// An engine whose loop runs.
struct RunningEngine: Sendable {
    let engine: DatabaseEngine
    private let task: Task<Void, Never>

    init(_ configuration: DatabaseConfiguration, machine: String = "m1", faults: FaultPlan = FaultPlan()) {
        let engine = DatabaseEngine(
            configuration, daemon: Person(uid: 0, userName: "root", machineID: machine),
            logger: Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() },
            now: {
                var time = timespec()
                clock_gettime(CLOCK_REALTIME, &time)
                return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
            }, faults: faults)
        self.engine = engine
        engine.library.load()
        task = Task { await engine.run() }
    }

    /// Asks it to stop, and waits until it has.
    func stop() async {
        engine.stop()
        await task.value
    }

    /// Ends it as a hard stop of the daemon would.
    func abort() async {
        task.cancel()
        await task.value
    }
}

extension DatabaseEngine {
    /// Looks until there is an answer, whenever something may have changed. A database that is away is looked at again.
    @discardableResult
    func await<Result>(_ look: () async throws -> Result?) async throws -> Result {
        while true {
            try Task.checkCancellation()
            let seen = signal.generation
            do {
                if let found = try await look() { return found }
            } catch let failure as Failure where failure.code == .databaseUnavailable {
            } catch is ConnectionError {
            }
            // Not all that is looked for raises the signal.
            await signal.wait(since: seen, upTo: .milliseconds(50))
        }
    }

    func connectedOrTold() async throws {
        try await self.await {
            if case .connected = connectedness { return true }
            return nil
        }
    }

    /// Queues an upgrade, once the database is there.
    func upgrade(to target: String = "head", by person: Person = EngineFixture.ann) async throws -> Job {
        try await connectedOrTold()
        return try await enqueue(.upgrade, target: target, requestID: RequestID.random(), person: person)
    }

    func downgrade(to target: String, by person: Person = EngineFixture.ann) async throws -> Job {
        try await connectedOrTold()
        return try await enqueue(.downgrade, target: target, requestID: RequestID.random(), person: person)
    }

    /// The job as soon as it is in one of these states.
    func job(_ job: Job, reaches states: JobState...) async throws -> Job {
        try await self.await {
            let now = try await self.job(job.id.number)
            return states.contains(now.state) ? now : nil
        }
    }

    /// The job as soon as nothing more becomes of it by itself.
    func outcome(of job: Job) async throws -> Job {
        try await self.await {
            let now = try await self.job(job.id.number)
            return now.state.isFinal || now.state == .needsDecision ? now : nil
        }
    }

    /// The first event of the job that fits.
    func event(of job: Job, where fits: (JobEvent) -> Bool) async throws -> JobEvent {
        try await self.await { try await events(of: job.id.number, after: 0).first(where: fits) }
    }

    func approve(_ ids: RevisionID..., direction: Direction = .upgrade, by person: Person = EngineFixture.ann)
        async throws
    {
        let items = try ids.map { id in
            guard let section = library.snapshot.graph[id]?.section(direction) else {
                throw Failure(.noSuchRevision, "no \(id)")
            }
            return (revision: id, direction: direction, digest: section.contentDigest)
        }
        _ = try await approve(items, by: person)
    }
}
