import Glibc
public import PostgresClient

/// A real PostgreSQL server for tests: on a Unix socket in a temporary directory, with nothing that needs to last.
///
/// It ends with the test process, also when that is killed.
public actor TestCluster {
    /// How a server is stopped.
    public enum StopMode: Sendable {
        /// Ends the sessions, writes everything.
        case fast
        /// As a crash would: recovery at the next start.
        case immediate

        var signal: Int32 {
            switch self {
            case .fast: SIGINT
            case .immediate: SIGQUIT
            }
        }
    }

    /// The cluster that all tests of this process share; started when it is asked for first.
    public static var shared: TestCluster {
        get async throws { try await sharedStart.value }
    }

    private static let sharedStart = Task { try await TestCluster.make() }

    /// The directory of the server's socket.
    public nonisolated let socketDirectory: String
    /// The directory of the server's data.
    public nonisolated let dataDirectory: String
    /// The directory of the server's programs.
    public nonisolated let binaries: String
    private let directory: ClusterDirectory
    private let user: ServerUser?
    private var settings: [String: String]
    private var server: ChildProgram?
    private var lastDatabase = 0

    private static let standardSettings = [
        "listen_addresses": "", "fsync": "off", "full_page_writes": "off", "shared_buffers": "32MB",
        "max_connections": "200", "max_wal_size": "256MB", "unix_socket_permissions": "0777", "lc_messages": "C",
        "log_min_messages": "warning", "log_checkpoints": "off", "autovacuum_naptime": "1h",
    ]

    /// Makes and starts a cluster of one's own.
    ///
    /// `settings` win over those that make a server quick; `authentication` are lines of `pg_hba.conf` that come before
    /// "everybody is trusted"; `binaries` is the directory of `initdb` and `postgres`.
    public static func make(
        settings: [String: String] = [:], authentication: [String] = [], binaries: String? = nil
    ) async throws -> TestCluster {
        let user = try ServerUser.find()
        let binaries = try binaries ?? findBinaries()
        let directory = try await ClusterDirectory.make(owner: user)
        let cluster = TestCluster(directory: directory, user: user, binaries: binaries, settings: settings)
        try await cluster.initialize(authentication)
        try await cluster.start()
        return cluster
    }

    /// Makes and starts a standby that follows this cluster. What is committed here is there as well before anybody is told.
    public func makeStandby() async throws -> TestCluster {
        let directory = try await ClusterDirectory.make(owner: user)
        let standby = TestCluster(directory: directory, user: user, binaries: binaries, settings: settings)
        try await ChildProgram.run(
            asServerUser([
                binaries + "/pg_basebackup", "-D", standby.dataDirectory, "-h", socketDirectory, "-U", "postgres", "-R",
                "-c", "fast", "-X", "stream", "--no-sync",
            ]), workingDirectory: directory.path)
        try await standby.start()
        let admin = try await connect()
        try await admin.query("ALTER SYSTEM SET synchronous_standby_names = '*'")
        try await admin.query("SELECT pg_reload_conf()")
        while try await admin.query("SELECT FROM pg_stat_replication WHERE sync_state = 'sync'").isEmpty {
            try await Task.sleep(for: .milliseconds(20))
        }
        await admin.close()
        return standby
    }

    /// Makes a standby the primary, on a timeline of its own.
    public func promote() async throws {
        let admin = try await connect()
        try await admin.query("ALTER SYSTEM RESET synchronous_standby_names")
        try await admin.query("SELECT pg_promote(), pg_reload_conf()")
        await admin.close()
    }

    /// A database that has come here from the primary.
    public nonisolated func replica(of database: TestDatabase) -> TestDatabase {
        TestDatabase(name: database.name, parameters: parameters(database: database.name), cluster: self)
    }

    /// Makes a primary a standby of nobody, which takes no changes.
    public func demote() async throws {
        await stop()
        try TestFiles.write(dataDirectory + "/standby.signal", "")
        try await start()
    }

    private init(directory: ClusterDirectory, user: ServerUser?, binaries: String, settings: [String: String]) {
        self.directory = directory
        self.user = user
        self.binaries = binaries
        self.settings = Self.standardSettings.merging(settings) { $1 }
        socketDirectory = directory.path
        dataDirectory = directory.data
    }

    /// The newest installed server's programs, or those that the environment names.
    private static func findBinaries() throws -> String {
        if let named = getenv("MIGRATED_TEST_POSTGRES_BIN") { return String(cString: named) }
        for version in (13...30).reversed() {
            let path = "/usr/lib/postgresql/\(version)/bin"
            if access(path + "/initdb", X_OK) == 0 { return path }
        }
        throw TestClusterError("cannot find PostgreSQL's initdb under /usr/lib/postgresql")
    }

    private func initialize(_ authentication: [String]) async throws {
        try await ChildProgram.run(
            asServerUser([
                binaries + "/initdb", "-D", dataDirectory, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C",
                "--no-sync",
            ]), workingDirectory: directory.path)
        let lines = authentication + ["local all all trust", "local replication all trust"]
        let path = dataDirectory + "/pg_hba.conf"
        let file = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC)
        guard file >= 0 else { throw TestClusterError("cannot write \(path)") }
        defer { close(file) }
        let bytes = Array((lines.joined(separator: "\n") + "\n").utf8)
        guard write(file, bytes, bytes.count) == bytes.count else { throw TestClusterError("cannot write \(path)") }
    }

    /// The program, run as a user that PostgreSQL accepts, and ended with this process.
    private func asServerUser(_ arguments: [String]) -> [String] {
        var prefix = ["setpriv", "--pdeathsig", "QUIT"]
        if let user { prefix += ["--reuid=\(user.uid)", "--regid=\(user.gid)", "--clear-groups"] }
        return prefix + ["--"] + arguments
    }

    // MARK: Starting and stopping

    /// Whether the server runs.
    public var isRunning: Bool { server != nil }

    /// The last lines of the server's log.
    public var log: [String] { server?.lines ?? [] }

    /// Starts the server; returns when it accepts connections. `settings` are added to those that it has.
    public func start(settings more: [String: String] = [:]) async throws {
        settings.merge(more) { $1 }
        guard server == nil else { return }
        let options = settings.sorted { $0.key < $1.key }.flatMap { ["-c", "\($0.key)=\($0.value)"] }
        let child = try await ChildProgram.start(
            asServerUser([binaries + "/postgres", "-D", dataDirectory, "-k", socketDirectory] + options),
            workingDirectory: directory.path)
        guard await child.waitForLine(containing: "database system is ready to accept") else {
            throw TestClusterError("cannot start PostgreSQL: \(child.lines.joined(separator: "; "))")
        }
        server = child
    }

    /// Stops the server; returns when all of its processes are gone.
    public func stop(_ mode: StopMode = .fast) async {
        guard let child = server else { return }
        server = nil
        child.signal(mode.signal)
        await child.waitUntilExit()
    }

    /// Stops and starts the server.
    public func restart(_ mode: StopMode = .fast, settings: [String: String] = [:]) async throws {
        await stop(mode)
        try await start(settings: settings)
    }

    /// Puts a new, empty server in the place of this one, as after the loss of its disk.
    public func lose() async throws {
        await stop(.immediate)
        try await ChildProgram.run(["rm", "-rf", dataDirectory], workingDirectory: directory.path)
        try await initialize([])
        try await start()
    }

    /// Stops the server and removes everything.
    public func destroy() async {
        await stop(.immediate)
        await directory.remove()
    }

    /// Waits for a line in the server's log; false if the server ends before.
    public func waitForLog(containing text: String) async -> Bool {
        guard let server else { return false }
        return await server.waitForLine(containing: text)
    }

    // MARK: Using it

    /// How to reach a database of this cluster.
    public nonisolated func parameters(database: String = "postgres", user: String = "postgres") -> ConnectionParameters
    {
        ConnectionParameters(["host": socketDirectory, "port": "5432", "dbname": database, "user": user])
    }

    /// Opens a session.
    public nonisolated func connect(database: String = "postgres", user: String = "postgres") async throws -> Connection
    {
        try await Connection.open(
            parameters(database: database, user: user), applicationName: "tests", timeout: .seconds(30))
    }

    /// Makes a database with a name that no other test has.
    ///
    /// With a `template` it is a copy of that one, to which nobody may be connected. With a `role` the role is made (without
    /// superuser's rights), owns the database, and is the one that `parameters` names.
    public func makeDatabase(
        template: TestDatabase? = nil, role: String? = nil
    ) async throws -> TestDatabase {
        lastDatabase += 1
        let name = "test_\(lastDatabase)"
        let admin = try await connect()
        let source = template?.name ?? "template1"
        let owner = role ?? "postgres"
        let roles = try await admin.query("SELECT 1 FROM pg_roles WHERE rolname = \(owner)")
        if roles.isEmpty {
            do {
                try await admin.query("CREATE ROLE \(identifier: owner) LOGIN")
            } catch let error as ServerError where error.sqlState == "42710" || error.sqlState == "23505" {
                // Another test was quicker.
            }
        }
        try await admin.query(
            "CREATE DATABASE \(identifier: name) TEMPLATE \(identifier: source) OWNER \(identifier: owner)")
        await admin.close()
        return TestDatabase(
            name: name, parameters: parameters(database: name, user: role ?? "postgres"), cluster: self)
    }

    /// Makes a database, gives it to the body, and drops it.
    public func withDatabase<R: Sendable>(
        role: String? = nil, _ body: @Sendable (TestDatabase) async throws -> R
    ) async throws -> R {
        let database = try await makeDatabase(role: role)
        let result: Result<R, any Error>
        do {
            result = .success(try await body(database))
        } catch {
            result = .failure(error)
        }
        if isRunning { try await database.drop() }
        return try result.get()
    }
}

/// A cluster for tests that could not be made.
public struct TestClusterError: Error, Sendable, CustomStringConvertible {
    /// The sentence for people.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
