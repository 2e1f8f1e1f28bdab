import Glibc

/// PostgreSQL's own programs, of one version; the only place that knows their arguments.
public struct PostgresTools: Sendable {
    /// The directory that they are in.
    public let directory: String
    /// Their version.
    public let version: ToolVersion
    /// Runs them.
    public var runner: ToolRunner

    /// Makes a value for programs that are known to be there.
    public init(directory: String, version: ToolVersion, runner: ToolRunner = ToolRunner()) {
        self.directory = directory
        self.version = version
        self.runner = runner
    }

    /// Whether the server's own programs are there as well, so that a cluster can be made.
    public var hasServer: Bool {
        ToolRunner.isExecutable(path(of: "initdb")) && ToolRunner.isExecutable(path(of: "postgres"))
    }

    /// Finds the programs for a server.
    ///
    /// They are looked for where the distributions put them and in `PATH`. The server's own major version is the best,
    /// of several the newest minor one; else the next newer major version. Programs of an older one cannot dump the
    /// server. Those of a newer one can, but what they restore with may be news to the server: 17's begins with
    /// `SET transaction_timeout`, which 16 refuses.
    ///
    /// - Parameters:
    ///   - serverVersion: The server's version as it tells it (150018); 0 for the newest programs there are.
    ///   - preferred: A configured directory: its programs are taken, or none.
    ///   - withServer: Whether the programs of a server are needed too. Then a configured directory that has none of its
    ///     version is no hindrance.
    public static func discover(
        serverVersion: Int, preferred: String? = nil, withServer: Bool = false, runner: ToolRunner = ToolRunner()
    ) async throws(ToolError) -> PostgresTools {
        var found: [PostgresTools] = []
        for directory in preferred.map({ [$0] }) ?? usualDirectories() {
            guard let version = try? await version(in: directory, runner) else { continue }
            let tools = PostgresTools(directory: directory, version: version, runner: runner)
            if !withServer || tools.hasServer { found.append(tools) }
        }
        // Its clients are what it was configured for: the programs of a server may be elsewhere.
        if withServer, preferred != nil,
            best(of: found, serverVersion: serverVersion)?.version.major != serverVersion / 10_000
        {
            return try await discover(serverVersion: serverVersion, withServer: true, runner: runner)
        }
        guard let best = best(of: found, serverVersion: serverVersion) else {
            throw missing(found, serverVersion: serverVersion, preferred: preferred, withServer: withServer)
        }
        return best
    }

    /// The most suitable of several, or nil where none can serve that server.
    static func best(of found: [PostgresTools], serverVersion: Int) -> PostgresTools? {
        let newest = found.max { $0.version < $1.version }
        if serverVersion == 0 { return newest }
        let server = ToolVersion(serverVersion: serverVersion).major
        let major = found.map(\.version.major).filter { $0 >= server }.min()
        return found.filter { $0.version.major == major }.max { $0.version < $1.version }
    }

    private static func missing(
        _ found: [PostgresTools], serverVersion: Int, preferred: String?, withServer: Bool
    ) -> ToolError {
        let server = ToolVersion(serverVersion: serverVersion)
        let program = withServer ? "initdb" : "pg_dump"
        let package = withServer ? "postgresql" : "postgresql-client"
        let wanted = serverVersion == 0 ? package : "\(package)-\(server.major)"
        let place = preferred.map { " in \"\($0)\"" } ?? ""
        guard let newest = found.max(by: { $0.version < $1.version }) else {
            return ToolError(
                program: program, cause: .missing,
                reason: "no programs of PostgreSQL are\(place.isEmpty ? " installed" : place)",
                hint: "install the package \"\(wanted)\"")
        }
        return ToolError(
            program: program, cause: .versionMismatch,
            reason: "the server is of version \(server), and the newest programs\(place.isEmpty ? " here" : place) are "
                + "of version \(newest.version), in \"\(newest.directory)\"",
            hint: "install the package \"\(wanted)\"")
    }

    private static func version(in directory: String, _ runner: ToolRunner) async throws(ToolError) -> ToolVersion? {
        let program = FilePaths.join(directory, "pg_dump")
        // Debian's wrapper in /usr/bin picks a version by rules of its own.
        guard ToolRunner.isExecutable(program), FilePaths.resolved(program)?.hasSuffix("/pg_wrapper") == false,
            ToolRunner.isExecutable(FilePaths.join(directory, "pg_restore"))
        else { return nil }
        return ToolVersion(parsing: try await runner.run(ToolRunner.Command(program, ["--version"])).outputText)
    }

    private static func usualDirectories() -> [String] {
        var directories: [String] = []
        let parents = [
            ("/usr/lib/postgresql", "", "/bin"), ("/usr", "pgsql-", "/bin"), ("/usr/local", "pgsql", "/bin"),
        ]
        for (parent, prefix, suffix) in parents {
            let names = (try? DirectoryTree.entries(of: parent)) ?? []
            directories += names.filter { $0.hasPrefix(prefix) }.map { "\(parent)/\($0)\(suffix)" }
        }
        let path = getenv("PATH").map { String(cString: $0) } ?? ToolRunner.searchPath
        directories += path.split(separator: ":").map(String.init).filter { $0.hasPrefix("/") }
        var seen: Set<String> = []
        return directories.filter { seen.insert($0).inserted }
    }

    /// The path of one of the programs.
    func path(of program: String) -> String { FilePaths.join(directory, program) }

    /// Runs one of the programs and explains its failure as far as it can be explained.
    @discardableResult
    func run(
        _ program: String, _ arguments: [String], environment: [String: String] = [:],
        configure: (inout ToolRunner.Command) -> Void = { _ in },
        onLine: (@Sendable (String) -> Void)? = nil
    ) async throws(ToolError) -> ToolOutcome {
        var command = ToolRunner.Command(path(of: program), arguments, environment: environment)
        configure(&command)
        do throws(ToolError) {
            return try await runner.run(command, onStandardErrorLine: onLine)
        } catch {
            throw ToolDiagnosis.explain(error, tools: version)
        }
    }
}
