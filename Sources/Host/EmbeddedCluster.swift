import Glibc

/// A PostgreSQL cluster of our own: in a directory, reached by a Unix socket only, ended when we end.
///
/// The directory holds `data` (the cluster), `socket` and `log`. When this process is root, which PostgreSQL refuses,
/// the server runs as another user who then owns the directory. The same serves for scratch clusters.
public struct EmbeddedCluster: Sendable {
    /// How a cluster is made, started and stopped.
    public struct Options: Sendable {
        /// How it is made on first use.
        public var shape = PostgresTools.ClusterShape()
        /// Settings of the server, by name; what concerns its address is set by us.
        public var settings: [String: String] = [:]
        /// Whether a stop throws all work since the last checkpoint's log away: right for scratch clusters.
        public var stopsImmediately = false
        /// How long a start may take, recovery after a crash included.
        public var startTimeout: Duration = .seconds(120)
        /// How long a stop may take before the server is killed.
        public var stopTimeout: Duration = .seconds(60)
        /// A log longer than this is put aside at the start.
        public var longestLog: Int64 = 10 << 20
        /// Whether what runs in it can reach nothing but its own sockets.
        public var isCutOffFromNetwork = false
        /// Who else may connect to it, and where its socket is then.
        public var visitor: ClusterVisitor?
        /// Where the files of new clusters are kept, to be copied instead of made; nil to make them each time.
        public var templates: String?
        /// Who serves the cluster when we are root; nobody named means "postgres", else "nobody".
        public var account: SystemAccount?

        /// Makes options with defaults, for a cluster that keeps its data.
        public init() {}

        /// Options for a cluster that is thrown away: fast, and not durable at all.
        public static var scratch: Options {
            var options = Options()
            options.shape.isDurable = false
            options.shape.hasChecksums = false
            options.stopsImmediately = true
            options.settings = [
                "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "wal_level": "minimal",
                "max_wal_senders": "0", "autovacuum": "off",
                // It would want memory that can be written and executed.
                "jit": "off",
            ]
            return options
        }
    }

    /// The only port, which names the socket.
    static let port = "5432"

    /// The directory that all is in.
    public let directory: String
    /// Where the server's socket is.
    public let socketDirectory: String
    /// The server's log.
    public let logFile: String
    /// The server's process.
    public let pid: Int32
    private let superuser: String
    private let server: Task<ToolError?, Never>

    /// How to connect to it as superuser, as libpq's keywords.
    public var connection: [String: String] { connection(database: "postgres") }

    /// How to connect to one of its databases as superuser, as libpq's keywords.
    public func connection(database: String) -> [String: String] {
        ["host": socketDirectory, "port": Self.port, "user": superuser, "dbname": database]
    }

    /// Starts the cluster in `directory`, made first where it is not there, and waits until it accepts connections.
    ///
    /// - Parameter tools: PostgreSQL's programs; where none are given, the newest that can make a cluster. An existing
    ///   cluster needs those of its own major version.
    public static func start(
        directory: String, tools: PostgresTools? = nil, options: Options = Options()
    ) async throws(ToolError) -> EmbeddedCluster {
        let files = ClusterFiles(directory)
        let major = files.majorVersion()
        let tools = try await suitable(tools, major: major)
        let account = files.account(configured: options.account)
        let socketDirectory: String
        do throws(FileError) {
            let own = try files.prepare(for: account, longestLog: options.longestLog)
            socketDirectory = options.visitor?.socketDirectory ?? own
        } catch {
            throw ToolError(program: "postgres", error)
        }
        if major == nil { try await initialise(files, tools, options, account) }
        let started = try await ClusterStart(
            files: files, tools: tools, options: options, account: account, socketDirectory: socketDirectory
        ).run()
        return EmbeddedCluster(
            directory: files.directory, socketDirectory: socketDirectory, logFile: files.log, pid: started.pid,
            superuser: options.shape.superuser, server: started.server)
    }

    /// Stops the server and waits until it has ended; one that has ended already is stopped.
    public func stop() async {
        server.cancel()
        _ = await server.value
        if !socketDirectory.hasPrefix(directory + "/") { try? DirectoryTree.remove(socketDirectory) }
    }

    /// Waits until the server has ended; returns why, or nil when it was stopped by us.
    public func waitUntilEnded() async -> ToolError? { await server.value }

    /// Stops the server and removes the directory with all that is in it.
    public func stopAndRemove() async throws(FileError) {
        await stop()
        try DirectoryTree.remove(directory)
    }

    /// Removes a cluster that was left behind by a process that died; its server, which died with it, is waited for.
    public static func removeAbandoned(_ directory: String) async throws(FileError) {
        let files = ClusterFiles(directory)
        let clock = ContinuousClock()
        let patience = clock.now + .seconds(5)
        while let pid = files.inhabitants().first {
            // Somebody else's child: its end is no event for us.
            if clock.now > patience { kill(pid, SIGKILL) }
            guard (try? await clock.sleep(for: .milliseconds(20))) != nil else { return }
        }
        files.removeDistantSocketDirectory()
        try DirectoryTree.remove(directory)
    }

    private static func suitable(_ tools: PostgresTools?, major: Int?) async throws(ToolError) -> PostgresTools {
        var found = tools
        if found == nil {
            found = try await PostgresTools.discover(serverVersion: (major ?? 0) * 10000, withServer: true)
        }
        guard let found else {
            throw ToolError(program: "postgres", cause: .missing, reason: "there is no such program")
        }
        guard found.hasServer else {
            throw ToolError(
                program: "postgres", cause: .missing, reason: "there is no such program in \"\(found.directory)\"",
                hint: "install the package \"postgresql-\(found.version.major)\"")
        }
        if let major, major != found.version.major {
            throw ToolError(
                program: "postgres", cause: .versionMismatch,
                reason: "the cluster is of version \(major), and the programs are of version \(found.version)",
                hint: "install the package \"postgresql-\(major)\"")
        }
        return found
    }

    /// Makes the cluster beside its place and moves it there: one that is there is complete.
    private static func initialise(
        _ files: ClusterFiles, _ tools: PostgresTools, _ options: Options, _ account: SystemAccount?
    ) async throws(ToolError) {
        let unfinished = files.data + ".new"
        do throws(FileError) {
            try DirectoryTree.remove(unfinished)
        } catch {
            throw ToolError(program: "initdb", error)
        }
        let template = options.templates.flatMap { ClusterTemplate(in: $0, of: tools, shape: options.shape) }
        do throws(ToolError) {
            if template?.copy(to: unfinished, for: account) != true {
                try await tools.initialiseCluster(unfinished, shape: options.shape, account: account)
                template?.keep(unfinished)
            }
            do throws(FileError) {
                try options.visitor?.admit(to: unfinished)
                try AtomicFile.publish(unfinished, as: files.data)
            } catch {
                throw ToolError(program: "initdb", error)
            }
        } catch {
            try? DirectoryTree.remove(unfinished)
            throw files.explain(error, account: account)
        }
    }
}
