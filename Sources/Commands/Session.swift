public import ArgumentParser
import Control
public import Planning

/// What a verb works with: the daemon, where to write, and the options that all verbs share.
struct Session: Sendable {
    let client: ControlClient
    let output: Output
    let context: CommandContext
    /// The database that was named, if one was.
    let database: String?
    /// Whether the daemon is there for this call alone: no job outlives it.
    let isLocal: Bool

    init(_ options: GlobalOptions, context: CommandContext = .current, localSocket: String? = nil) {
        client = ControlClient(socketPath: localSocket ?? options.socketPath(context.environment))
        isLocal = localSocket != nil
        let painter = Painter(
            isTerminal: context.output.isTerminal, environment: context.environment, isRefused: options.noColor)
        output = Output(sink: context.output, painter: painter, isJSON: options.json)
        self.context = context
        database = options.database
    }

    /// ` --local` and ` -d NAME` where they were given, for commands that are suggested.
    var databaseOption: String { (isLocal ? " --local" : "") + (database.map { " -d \($0)" } ?? "") }

    /// Asks, where there is somebody to ask; refuses to `verb` where there is nobody.
    func isAgreed(_ question: String, to verb: String) throws -> Bool {
        guard context.inputIsTerminal, !output.isJSON else {
            throw Failure(
                .usage, "cannot \(verb) unasked: there is no terminal to ask on", hint: "look at it, then add --yes")
        }
        return try confirm(question)
    }

    /// Asks a question that is answered with yes or no; no is the answer to silence.
    func confirm(_ question: String) throws -> Bool {
        try output.write("\(question) [y/N] ")
        let answer = context.readLine()?.lowercased()
        if answer == nil { try output.line() }
        return answer == "y" || answer == "yes"
    }
}

/// A verb of `migratectl` that talks to the daemon.
protocol Verb: AsyncParsableCommand, Sendable {
    var options: GlobalOptions { get }
    /// Whether `--local` starts a daemon for it.
    var needsDaemon: Bool { get }
    func run(in session: Session) async throws
}

extension Verb {
    var needsDaemon: Bool { true }

    mutating func run() async throws {
        let isLocal = options.isLocal(CommandContext.current.environment)
        guard isLocal, needsDaemon else {
            // A service is not asked where none is to be used.
            let session = Session(options, localSocket: isLocal ? LocalDaemon.noSocket : nil)
            defer { session.client.close() }
            return try await run(in: session)
        }
        try await run(with: LocalDaemon(context: .current, database: options.database))
    }

    /// Runs with a daemon that is there for this call alone.
    func run(with daemon: LocalDaemon) async throws {
        try await daemon.serve { socket, context in
            let session = Session(options, context: context, localSocket: socket)
            defer { session.client.close() }
            try await run(in: session)
        }
    }
}

/// A target such as `head`, `ae10`, `billing@head`, `+2` or `-1`.
struct TargetArgument: ExpressibleByArgument {
    var text: String

    init(_ text: String) {
        self.text = text
    }

    /// A relative target may have been shielded from the parser, which would take `-1` for an option.
    init?(argument: String) {
        text = argument.first == " " ? String(argument.dropFirst()) : argument
        guard !text.isEmpty else { return nil }
    }

    var defaultValueDescription: String { text }

    /// The arguments with each `-1`, `-2`, … made a value that no parser takes for an option.
    static func shield(_ arguments: [String]) -> [String] {
        arguments.map { argument in
            let digits = argument.dropFirst()
            guard argument.first == "-", !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }) else {
                return argument
            }
            return " \(argument)"
        }
    }
}

/// The name of a job, such as `main-41`.
extension JobID: ExpressibleByArgument {
    public init?(argument: String) {
        self.init(parsing: argument)
    }
}
