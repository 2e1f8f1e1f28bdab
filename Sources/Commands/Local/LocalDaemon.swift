import FoundationEssentials
import Host
import Planning

/// A daemon for the time of one call: the program `migrated` on a private socket. Lock, registry and rules are those of the
/// service; it works on what this call asks for and on nothing else, and ends with it, whatever ends this program.
struct LocalDaemon: Sendable {
    /// Where it works when not in the database of the settings.
    enum ThrowAway: Sendable {
        case cluster
        /// Beside the database of this URL.
        case server(url: String)
    }

    let context: CommandContext
    var database: String?
    var directories: [String] = []
    var throwAway: ThrowAway?

    /// A path where no daemon listens.
    static let noSocket = "/nonexistent/migratectl"

    /// Its log is of interest only where it ends before its time; these are its last lines.
    private static let linesKept = 30

    /// Starts it, gives `body` its socket and a context in which Ctrl-C ends the jobs of this call, and ends it.
    ///
    /// - Throws: what the daemon refused its start with, else what `body` throws; `Failure` `daemon-unavailable` where there
    ///   is no program or it ends before its time; `interrupted`.
    func serve<R: Sendable>(
        _ body: @escaping @Sendable (_ socket: String, _ context: CommandContext) async throws -> R
    ) async throws -> R {
        // Before there is anything that a signal could leave behind.
        let endings = context.endings()
        let program = try Self.program(context.environment)
        let place = try Place.make(
            context.environment, withCluster: throwAway.map { if case .cluster = $0 { true } else { false } } ?? false)
        defer { place.remove() }
        let relay = InterruptRelay()
        var inner = context
        inner.interrupts = { relay.stream() }
        do {
            return try await withThrowingTaskGroup(of: R?.self) { [inner] group in
                group.addTask { try await run(program, at: place) }
                group.addTask {
                    for await _ in endings where !relay.send() {
                        throw Failure(.interrupted, "cannot complete the call: it was interrupted")
                    }
                    return nil
                }
                group.addTask {
                    try await place.waitUntilReady()
                    return try await body(place.socket, inner)
                }
                defer { group.cancelAll() }
                while let result = try await group.next() {
                    if let result { return result }
                }
                throw CancellationError()
            }
        } catch {
            throw place.failure() ?? error
        }
    }

    /// Runs it until this task is cancelled. It gets a minute to bring what it does to a safe end.
    private func run<R>(_ program: String, at place: Place) async throws -> R? {
        var runner = ToolRunner()
        runner.limits.termination = .seconds(60)
        runner.limits.standardErrorLines = Self.linesKept
        var command = ToolRunner.Command(program, arguments(place), environment: environment)
        command.workingDirectory = FilePaths.workingDirectory()
        do {
            try await runner.run(command)
        } catch  where error.cause == .cancelled {
            throw CancellationError()
        } catch {
            throw Failure(
                .daemonUnavailable, "cannot go on without migrated: \(error.reason)",
                hint: error.hint ?? "look at what it said", notes: error.standardError)
        }
        throw Failure(.daemonUnavailable, "cannot go on without migrated: it ended before its time")
    }

    private func arguments(_ place: Place) -> [String] {
        var arguments = ["--errand", place.directory]
        if let database { arguments += ["--only", database] }
        for directory in directories { arguments += ["--migrations", directory] }
        switch throwAway {
        case .cluster: arguments += ["--throw-away-cluster", place.cluster ?? ""]
        case .server: arguments.append("--throw-away-beside")
        case nil: break
        }
        return arguments
    }

    /// Ours, without what a service manager or an outer call says to somebody else. A URL may hold a password, and
    /// arguments are for everybody to read.
    private var environment: [String: String] {
        let foreign: Set = [
            "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES",
            "JOURNAL_STREAM", "INVOCATION_ID", "MIGRATED_SOCKET",
        ]
        var environment = context.environment.filter { !foreign.contains($0.key) }
        if case .server(let url) = throwAway { environment["DATABASE_URL"] = url }
        return environment
    }

    /// The program `migrated`: beside this one, in `PATH`, or where distributions keep what is not for people.
    private static func program(_ environment: [String: String]) throws -> String {
        let own = FilePaths.resolved("/proc/self/exe").map { FilePaths.split($0).parent }
        let path = (environment["PATH"] ?? "").split(separator: ":").map(String.init).filter { $0.hasPrefix("/") }
        let directories =
            [own].compactMap { $0 } + path + ["/usr/libexec", "/usr/lib/migrated", "/usr/local/bin", "/usr/bin"]
        guard let program = directories.map({ FilePaths.join($0, "migrated") }).first(where: ToolRunner.isExecutable)
        else {
            throw Failure(
                .daemonUnavailable, "cannot find the program \"migrated\": it is neither beside migratectl nor in PATH",
                hint: "install it, or add its directory to PATH")
        }
        return program
    }
}

/// The private directories of one call.
private struct Place: Sendable {
    let directory: String
    /// For a cluster that is thrown away. Beside the other one: PostgreSQL's server runs as another user where we are root.
    let cluster: String?

    var socket: String { FilePaths.join(directory, "socket") }

    static func make(_ environment: [String: String], withCluster: Bool) throws -> Place {
        func absolute(_ name: String) -> String? {
            environment[name].flatMap { $0.hasPrefix("/") && TextFiles.exists($0) ? $0 : nil }
        }
        let temporary = absolute("TMPDIR") ?? "/tmp"
        do {
            let directory = try DirectoryTree.makeTemporary(
                in: absolute("XDG_RUNTIME_DIR") ?? temporary, prefix: "migratectl-")
            guard withCluster else { return Place(directory: directory, cluster: nil) }
            do {
                return Place(
                    directory: directory,
                    cluster: try DirectoryTree.makeTemporary(in: temporary, prefix: "migratectl-cluster-"))
            } catch {
                try? DirectoryTree.remove(directory)
                throw error
            }
        } catch let error as FileError {
            throw Failure(.usage, "\(error)", hint: error.hint ?? "name another directory: TMPDIR=…")
        }
    }

    func remove() {
        try? DirectoryTree.remove(directory)
        if let cluster { try? DirectoryTree.remove(cluster) }
    }

    /// Returns once the daemon says that its socket can be connected to.
    func waitUntilReady() async throws {
        let ready = FilePaths.join(directory, "ready")
        let changes = DirectoryWatcher(directories: [directory], matching: { $0 == "ready" }).changes()
        if TextFiles.exists(ready) { return }
        for await _ in changes where TextFiles.exists(ready) { return }
        throw CancellationError()
    }

    /// Why the daemon did not start; nil where it did, or where it had no time to say it.
    func failure() -> Failure? {
        guard let bytes = try? TextFiles.readBytes(FilePaths.join(directory, "failure")) else { return nil }
        return try? JSONDecoder().decode(Failure.self, from: Data(bytes))
    }
}
