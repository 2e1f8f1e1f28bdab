public import ArgumentParser
import Configuration
import Control
import Glibc
import Host
import Logging
import Planning
import PostgresClient
import Systemd

/// The command line of `migrated`.
public struct DaemonCommand: AsyncParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "migrated",
        abstract: "Looks after the schema of PostgreSQL databases.",
        discussion: """
            Reads /etc/migrated/migrated.toml and its drop-ins, watches directories of revisions, and answers migratectl \
            on a Unix socket. Unless the settings say otherwise, it applies only what was approved, and after a backup.
            """,
        version: ProgramVersion.current)

    @Option(
        help: ArgumentHelp(
            "Read this settings file, and the drop-ins in FILE.d, instead of the default one.", valueName: "file"))
    var settings: String?

    @Option(
        help: ArgumentHelp("Listen on this path, where the service manager hands over no socket.", valueName: "path"))
    var socket: String?

    @Option(
        name: .customLong("state-directory"),
        help: ArgumentHelp("Keep state and backups here.", valueName: "directory"))
    var stateDirectory: String?

    @Option(
        name: .customLong("log-level"),
        help: ArgumentHelp("trace, debug, info, notice, warning, error or critical.", valueName: "level"))
    var logLevel: String?

    @Option(
        name: .customLong("database-url"),
        help: ArgumentHelp("Look after this database, where none is configured.", valueName: "url"))
    var databaseURL: String?

    @Option(
        help: ArgumentHelp(
            "Run a PostgreSQL of its own in this directory, and look after a database in it: for development.",
            valueName: "directory"))
    var embedded: String?

    @Option(help: ArgumentHelp("Look for revisions here; may be given several times.", valueName: "directory"))
    var migrations: [String] = []

    // What migratectl starts a daemon with that serves a single call: no business of anybody else's.

    @Option(help: .private)
    var errand: String?

    @Option(name: .customLong("only"), help: .private)
    var onlyDatabase: String?

    @Option(name: .customLong("throw-away-cluster"), help: .private)
    var throwAwayCluster: String?

    // The server is that of DATABASE_URL: an argument could be read by everybody.
    @Flag(name: .customLong("throw-away-beside"), help: .private)
    var throwAwayBeside = false

    // What the unit of a copy is started with.
    @Flag(name: .customLong("serve-copy"), help: .private)
    var servesCopy = false

    @Flag(help: "Judge the settings, print every problem, and end.")
    var check = false

    public init() {}

    /// Reads the process's arguments and runs the daemon until it is asked to end. Does not return on failure: the exit
    /// status is that of the failure's code.
    public static func start() async {
        await main()
    }

    public func run() async throws {
        if servesCopy { return await serveCopy() }
        do {
            let loader = loader()
            let errand = serving
            let settings =
                try errand?.settings(from: loader.load(), environment: ProcessEnvironment.variables()) ?? loader.load()
            if check {
                print("settings are good: \(settings.databases.map(\.name).joined(separator: ", "))")
                return
            }
            let destination = LogDestination.detect()
            let level = Logger.Level(rawValue: settings.daemon.logLevel.rawValue) ?? .info
            let logger = Logger(label: "migrated") { _ in destination.handler(identifier: "migrated", level: level) }
            try await DaemonServices(loader: loader, settings: settings, logger: logger, errand: errand).run()
            errand?.removeDirectory()
        } catch {
            throw report(error)
        }
    }

    /// Serves the copy that is asked for on standard input, in the directories that the service manager has made.
    private func serveCopy() async {
        let environment = ProcessEnvironment.variables()
        await ScratchService.serve(
            STDIN_FILENO, directory: FilePaths.join(environment["TMPDIR"] ?? "/var/tmp", "copy"),
            socketDirectory: environment["RUNTIME_DIRECTORY"] ?? FilePaths.workingDirectory())
    }

    private var serving: Errand? {
        errand.map { directory in
            let server = throwAwayBeside ? ProcessEnvironment.variables()["DATABASE_URL"] : nil
            return Errand(
                directory: directory, database: onlyDatabase,
                throwAway: throwAwayCluster.map { .cluster(directory: $0) } ?? server.map { .server(url: $0) })
        }
    }

    private func loader() -> SettingsLoader {
        var environment = ProcessEnvironment.variables()
        // What is thrown away needs no url of its own; settings that configure databases go before this one.
        if throwAwayCluster != nil || throwAwayBeside { environment["DATABASE_URL"] = "embedded" }
        let directory = FilePaths.workingDirectory()
        let overrides = SettingsOverrides(
            settingsFile: settings, socket: socket, stateDirectory: stateDirectory, logLevel: logLevel,
            databaseURL: databaseURL, embedded: embedded, migrations: migrations)
        let user = geteuid() == 0 ? nil : SettingsDefaults.user(environment: environment, workingDirectory: directory)
        // Under the service manager the daemon is the system's, whichever user it runs as; what only checks its settings
        // there (ExecStartPre=) has nobody to notify.
        let isNotified = environment["INVOCATION_ID"] != nil && environment["NOTIFY_SOCKET"] != nil
        let isService = isNotified || environment["CONFIGURATION_DIRECTORY"]?.hasPrefix("/etc/") == true
        var defaults = isService ? .system : (user ?? .system)
        // Somebody's call, even root's, is about the files where it is made, unless there are settings that say otherwise.
        if errand != nil, !TextFiles.exists(defaults.settingsFile) { defaults.migrations = [directory + "/migrations"] }
        return SettingsLoader(
            environment: environment, workingDirectory: directory, overrides: overrides, defaults: defaults,
            connectionObjection: { url in
                do throws(ConnectionStringError) {
                    _ = try ConnectionParameters(url: url.unredacted)
                    return nil
                } catch {
                    return error.message
                }
            })
    }

    /// Prints why the daemon cannot run; returns what to exit with.
    private func report(_ error: any Error) -> ExitCode {
        let failure: Failure
        switch error {
        case let code as ExitCode: return code
        case let problems as SettingsProblems: failure = Failure(problems)
        case let error as Failure: failure = error
        case let error as ToolError:
            failure = Failure(.toolMissing, "\(error)", hint: error.hint, notes: error.standardError)
        case let error as FileError: failure = Failure(.settingsInvalid, "\(error)", hint: error.hint)
        default: failure = Failure(.internalError, "cannot run: \(error)")
        }
        serving?.tell(failure)
        var lines = ["migrated: \(failure.message)"] + failure.notes.map { "  \($0)" }
        if let hint = failure.hint { lines.append("hint: \(hint)") }
        // The journal takes plain lines for mere information; sd-daemon(3) has the mark of an error.
        if LogDestination.detect() == .journal { lines = lines.map { "<3>\($0)" } }
        let text = lines.joined(separator: "\n") + "\n"
        _ = text.withCString { write(STDERR_FILENO, $0, strlen($0)) }
        return ExitCode(failure.code.exitStatus)
    }
}
