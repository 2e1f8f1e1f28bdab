public import Control
import FoundationEssentials
public import Glibc
public import PostgresClient
import Synchronization

/// The real `migrated` and `migratectl`, as they were built beside this test: a daemon in a directory of its own, started,
/// killed and started again, and what it tells its service manager.
///
/// Get one by ``withDaemon(_:on:_:)``: nothing is left of it, however the test ends.
public final class DaemonHarness: Sendable {
    /// What a test may say about the settings.
    public struct Options: Sendable {
        /// Lines for `[daemon]`.
        public var daemon: [String] = []
        /// Lines for `[access]`.
        public var access: [String] = []
        /// Lines for each `[database.NAME]`.
        public var database: [String] = ["approvals = 0"]
        /// Lines for each `[database.NAME.backup]`.
        public var backup: [String] = ["policy = \"none\"", "reason = \"a test\""]
        /// Lines for each `[database.NAME.rehearsal]`.
        public var rehearsal: [String] = ["policy = \"off\""]
        /// Lines for each `[database.NAME.locks]`.
        public var locks: [String] = []

        /// No approvals are needed, and no backup is taken.
        public init() {}

        /// The same with a dump before each change.
        public static var withDump: Options {
            var options = Options()
            options.backup = ["policy = \"dump\"", "min_free = \"1MiB\"", "jobs = 1"]
            return options
        }
    }

    /// The directory that everything is in.
    public let directory: String
    private let place: ClusterDirectory
    private let running = Mutex<Running?>(nil)
    private let daemons = Mutex<[WholeProgram]>([])

    /// A daemon and the service manager of its own: what one daemon said is never taken for another's word.
    private struct Running {
        var daemon: WholeProgram
        var manager: FakeServiceManager
    }

    /// The control socket.
    public var socket: String { directory + "/run/control" }
    /// Where state and backups are.
    public var state: String { directory + "/state" }
    /// Where backups are, in a directory a database.
    public var backups: String { state + "/backups" }
    /// Where the copies of rehearsals are, in a directory a database.
    public var rehearsals: String { state + "/rehearsals" }
    /// Where the files of new clusters are kept for the next rehearsals.
    public var clusterTemplates: String { rehearsals + "/.clusters" }
    /// Where the revisions are.
    public var migrations: String { directory + "/migrations" }
    /// The settings file.
    public var settingsFile: String { directory + "/migrated.toml" }

    /// Makes the directories, and no daemon yet.
    public init() async throws {
        place = try await ClusterDirectory.make(owner: nil)
        directory = place.path
        try TestFiles.makeDirectory(migrations)
    }

    /// A program of ours, beside the one that runs the tests.
    public static func program(_ name: String) throws -> String {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let path = own.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/" + name
        guard access(path, X_OK) == 0 else { throw TestClusterError("cannot find \(path): swift build") }
        return path
    }

    // MARK: Settings

    /// Writes the settings for databases, by their names in the settings.
    public func configure(_ databases: [String: TestDatabase], _ options: Options = Options()) throws {
        let urls = databases.mapValues { Self.url($0.parameters) }
        try configure(urls: urls, options)
    }

    /// The same for databases that are known by their URLs only.
    public func configure(urls: [String: String], _ options: Options = Options()) throws {
        var lines = ["[daemon]", "socket = \"\(socket)\"", "state_directory = \"\(state)\""] + options.daemon
        lines += ["[access]"] + options.access
        for (name, url) in urls.sorted(by: { $0.key < $1.key }) {
            lines += ["[database.\(name)]", "url = \"\(url)\"", "migrations = \"\(migrations)\""] + options.database
            lines += ["[database.\(name).backup]"] + options.backup
            lines += ["[database.\(name).rehearsal]"] + options.rehearsal
            lines += ["[database.\(name).locks]"] + options.locks
        }
        try TestFiles.write(settingsFile, lines.joined(separator: "\n") + "\n")
    }

    /// A database's URL.
    public static func url(_ parameters: ConnectionParameters) -> String {
        "postgresql://\(parameters["user"] ?? "")@/\(parameters["dbname"] ?? "")?host=\(parameters["host"] ?? "")"
            + "&port=\(parameters["port"] ?? "")"
    }

    /// One URL for servers of which only one takes changes.
    public static func url(of databases: [TestDatabase]) -> String {
        func all(_ keyword: String) -> String {
            databases.map { $0.parameters[keyword] ?? "" }.joined(separator: ",")
        }
        return "postgresql://\(databases.first?.parameters["user"] ?? "")@/\(databases.first?.name ?? "")"
            + "?host=\(all("host"))&port=\(all("port"))&target_session_attrs=read-write"
    }

    // MARK: Its state

    /// Copies what daemons have left here to another place, where they have.
    public func keepState(at path: String) async throws {
        if access(state, F_OK) == 0 { try await copy(state, to: path) }
    }

    /// Begins with what ``keepState(at:)`` has kept of another harness.
    public func takeState(from path: String) async throws {
        if access(path, F_OK) == 0 { try await copy(path, to: state) }
    }

    private func copy(_ source: String, to target: String) async throws {
        try await ChildProgram.run(["cp", "-a", source, target], workingDirectory: "/")
    }

    // MARK: The daemon

    /// The daemon that was started last.
    public var daemon: WholeProgram { get throws { try last.daemon } }

    /// What each daemon that was started here has written to standard error, the first one's first.
    public var journals: [String] { daemons.withLock { $0 }.map(\.errors) }

    /// What it tells its service manager.
    public var manager: FakeServiceManager { get throws { try last.manager } }

    private var last: Running {
        get throws {
            guard let last = running.withLock({ $0 }) else { throw TestClusterError("no daemon was started") }
            return last
        }
    }

    /// Starts the daemon; returns when it has said READY and has tried to reach each of its databases once.
    @discardableResult
    public func start(environment: [String: String] = [:]) async throws -> WholeProgram {
        let daemon = try await launch(environment: environment)
        try await hear("READY")
        try await within(.seconds(60), "the first attempts to connect\n\(daemon.errors.suffix(4000))") {
            let client = self.client()
            defer { client.close() }
            while true {
                let databases = try await client.call(GetStatus.self, .init()).databases
                if !databases.contains(where: { $0.connection == .connecting }) { return }
            }
        }
        return daemon
    }

    /// Starts the daemon and waits for nothing.
    @discardableResult
    public func launch(
        environment: [String: String] = [:], arguments: [String] = [], descriptors: [Int32: Int32] = [:]
    ) async throws -> WholeProgram {
        let manager = try FakeServiceManager()
        var variables = ["NOTIFY_SOCKET": manager.path, "HOME": directory, "SWIFT_BACKTRACE": "enable=no"]
        variables.merge(environment) { $1 }
        var words = [try Self.program("migrated"), "--settings", settingsFile] + arguments
        // Who is handed sockets must find its own number in the environment.
        if !descriptors.isEmpty { words = ["/bin/sh", "-c", "LISTEN_PID=$$ exec \"$@\"", "sh"] + words }
        let daemon = try await WholeProgram.start(
            words, workingDirectory: directory, environment: variables, descriptors: descriptors)
        running.withLock { $0 = Running(daemon: daemon, manager: manager) }
        daemons.withLock { $0.append(daemon) }
        return daemon
    }

    /// Waits for the daemon's next message that assigns that name, and returns the value.
    @discardableResult
    public func hear(_ name: String, where fits: @escaping @Sendable (String) -> Bool = { _ in true }) async throws
        -> String
    {
        let (manager, daemon) = (try manager, try daemon)
        return try await within(.seconds(60), "\(name)= from\n\(manager.messages)\n\(daemon.errors.suffix(4000))") {
            guard let message = await manager.next(where: { $0[name].map(fits) ?? false }) else {
                throw CancellationError()
            }
            return message[name] ?? ""
        }
    }

    /// Ends the daemon by a signal, and waits for that.
    @discardableResult
    public func end(_ signal: Int32 = SIGTERM) async throws -> WholeProgram.Outcome {
        let daemon = try daemon
        daemon.signal(signal)
        return try await daemon.wait()
    }

    // MARK: Its clients

    /// A client of the daemon, which goes on for half a minute when it is away.
    public func client() -> ControlClient { ControlClient(socketPath: socket) }

    /// Runs `migratectl` to its end.
    public func control(
        _ arguments: String..., environment: [String: String] = [:], user: uid_t? = nil
    ) async throws -> WholeProgram.Outcome {
        try await startControl(arguments, environment: environment, user: user).wait(upTo: .seconds(100))
    }

    /// Starts `migratectl`.
    @discardableResult
    public func startControl(
        _ arguments: [String], environment: [String: String] = [:], user: uid_t? = nil
    ) async throws -> WholeProgram {
        let variables = ["MIGRATED_SOCKET": socket, "HOME": directory].merging(environment) { $1 }
        return try await WholeProgram.start(
            [try Self.program("migratectl")] + arguments, workingDirectory: directory, environment: variables,
            user: user)
    }

    // MARK: Its end

    /// Ends the daemon, whatever it does, and removes everything.
    public func destroy() async {
        if let daemon = running.withLock({ $0?.daemon }), daemon.isRunning {
            daemon.signal(SIGKILL)
            _ = try? await daemon.wait()
        }
        await place.remove()
    }
}

/// Gives a body a daemon that is configured for a new database of the shared cluster, named "main" in the settings, and
/// runs already.
public func withDaemon<R: Sendable>(
    _ options: DaemonHarness.Options = .init(), start: Bool = true,
    _ body: @Sendable (DaemonHarness, TestDatabase) async throws -> R
) async throws -> R {
    try await TestCluster.shared.withDatabase { database in
        try await withHarness { harness in
            try harness.configure(["main": database], options)
            if start { try await harness.start() }
            return try await body(harness, database)
        }
    }
}

/// Gives a body a harness without a daemon.
///
/// A few at a time only, however many tests run side by side: each is several processes. One within another is let in.
public func withHarness<R: Sendable>(_ body: @Sendable (DaemonHarness) async throws -> R) async throws -> R {
    if HarnessGate.isInside { return try await withOwnHarness(body) }
    try await HarnessGate.enter()
    let result: Result<R, any Error>
    do {
        result = .success(try await HarnessGate.$isInside.withValue(true) { try await withOwnHarness(body) })
    } catch {
        result = .failure(error)
    }
    HarnessGate.leave()
    return try result.get()
}

private func withOwnHarness<R: Sendable>(_ body: @Sendable (DaemonHarness) async throws -> R) async throws -> R {
    let harness = try await DaemonHarness()
    let result: Result<R, any Error>
    do {
        result = .success(try await body(harness))
    } catch {
        result = .failure(error)
    }
    await harness.destroy()
    return try result.get()
}

/// How many tests have daemons at one time.
private enum HarnessGate {
    @TaskLocal static var isInside = false
    private static let free = Bulletin(4)

    static func enter() async throws {
        while true {
            _ = try await free.first { $0 > 0 ? true : nil }
            let isLetIn = free.change { free in
                guard free > 0 else { return false }
                free -= 1
                return true
            }
            if isLetIn { return }
        }
    }

    static func leave() { free.change { $0 += 1 } }
}
