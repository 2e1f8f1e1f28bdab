import Dispatch
import Faults
import Glibc
import Liveness
import Subprocess
import SystemPackage

/// What a program left when it had ended.
public struct ToolOutcome: Sendable, Equatable {
    /// Its exit status; one that a signal ended never makes an outcome.
    public var exitStatus: Int32
    /// What it wrote to its standard output.
    public var standardOutput: [UInt8]
    /// The last lines that it wrote to its standard error.
    public var standardError: [String]

    /// What it wrote to its standard output, as text without white space at its ends.
    public var outputText: String {
        let space: Set<UInt8> = [0x20, 0x0A, 0x0D, 0x09]
        let bytes = standardOutput.drop { space.contains($0) }
        let end = bytes.lastIndex { !space.contains($0) }.map { $0 + 1 } ?? bytes.startIndex
        return String(decoding: bytes[..<end], as: UTF8.self)
    }
}

/// Runs programs of this machine so that none outlives us, hangs on our terminal or floods our memory.
///
/// A program gets no standard input, an environment that holds what is given and little else, and a process group of
/// its own. It is started through `setpriv`, so that the kernel ends it when this process dies, however it dies; and
/// from a thread that never ends, because "this process" means "that thread" to the kernel.
public struct ToolRunner: Sendable {
    /// How much is kept and how long is waited.
    public struct Limits: Sendable {
        /// Lines of standard error that are kept.
        public var standardErrorLines = 50
        /// Bytes of a line of standard error that are kept.
        public var lineLength = 4096
        /// Bytes of standard output that a program may write before it is an error.
        public var standardOutput = 1 << 20
        /// How long a program that is to end may take for that before it is killed.
        public var termination: Duration = .seconds(5)

        /// The limits that fit most programs.
        public init() {}
    }

    /// A signal that tells a program to end.
    public enum EndSignal: String, Sendable {
        /// What most programs understand.
        case terminate = "TERM"
        /// Ctrl-C; a PostgreSQL server shuts down fast.
        case interrupt = "INT"
        /// A PostgreSQL server shuts down at once, and recovers when it is started again.
        case quit = "QUIT"

        var number: Int32 {
            switch self {
            case .terminate: SIGTERM
            case .interrupt: SIGINT
            case .quit: SIGQUIT
            }
        }
    }

    /// A program and all that it is started with.
    public struct Command: Sendable {
        /// The program: a path, or a name that is looked for in the usual directories.
        public var executable: String
        /// Its arguments, without its name.
        public var arguments: [String]
        /// Its environment; a search path and the C locale are added where they are missing.
        public var environment: [String: String] = [:]
        /// The directory that it starts in; "/" where none is named.
        public var workingDirectory: String?
        /// Who it runs as, when that is not who we are; needs root.
        public var account: SystemAccount?
        /// How it is told to end, by us when our task is cancelled and by the kernel when we die.
        public var endSignal: EndSignal = .terminate
        /// The exit statuses that mean success.
        public var accepted: Set<Int32> = [0]
        /// A file that its standard output and error are appended to, instead of being kept.
        public var logFile: String?
        /// Whether it is in a network of its own, which leads nowhere. Unix sockets stay within reach.
        public var isCutOffFromNetwork = false

        /// Makes a command.
        public init(_ executable: String, _ arguments: [String] = [], environment: [String: String] = [:]) {
            self.executable = executable
            self.arguments = arguments
            self.environment = environment
        }

        var name: String { FilePaths.split(executable).name }
    }

    /// The limits of each run.
    public var limits: Limits

    /// Makes a runner.
    public init(limits: Limits = Limits()) { self.limits = limits }

    /// Runs a program to its end.
    ///
    /// Another exit status than the accepted ones is an error, and so is a signal. When the task is cancelled, the
    /// program's process group is told to end, and is killed when it has not within the limit; only then this throws.
    ///
    /// - Parameters:
    ///   - onStandardErrorLine: Is told each line of standard error as it comes.
    ///   - onStart: Is told the process's number as soon as there is one.
    @discardableResult
    public func run(
        _ command: Command, onStandardErrorLine: (@Sendable (String) -> Void)? = nil,
        onStart: (@Sendable (Int32) -> Void)? = nil
    ) async throws(ToolError) -> ToolOutcome {
        let configuration = try configuration(of: command)
        guard !Task.isCancelled else { throw cancelled(command) }
        let child = ChildNumber()
        FaultPoint.pass("before the start of \(command.name)")
        let started: @Sendable (Int32) -> Void = { pid in
            child.set(pid)
            FaultPoint.pass("started \(command.name)")
            onStart?(pid)
        }
        defer {
            // Its group outlives a leader that was more obedient than the rest.
            if Task.isCancelled, let pid = child.value { kill(-pid, SIGKILL) }
        }
        let ended: Ended
        do {
            ended = try await Vigil.waiting {
                if let logFile = command.logFile {
                    return try await runLogging(configuration, into: logFile, started)
                }
                return try await runKeeping(configuration, started, onStandardErrorLine)
            }
        } catch {
            if Task.isCancelled { throw cancelled(command) }
            throw notRun(command, error)
        }
        FaultPoint.pass("ended \(command.name)")
        if Task.isCancelled { throw cancelled(command, ended) }
        return try outcome(of: command, ended)
    }
}

extension ToolRunner {
    /// How a program ended, before anybody judged it.
    struct Ended: Sendable {
        var status: TerminationStatus
        var output: [UInt8] = []
        var errorLines: [String] = []
    }

    private func runKeeping(
        _ configuration: Configuration, _ onStart: @escaping @Sendable (Int32) -> Void,
        _ onLine: (@Sendable (String) -> Void)?
    ) async throws -> Ended {
        let limits = self.limits
        let result = try await Subprocess.run(
            configuration, input: .none, output: .bytes(limit: limits.standardOutput), error: .sequence
        ) { execution in
            onStart(execution.processIdentifier.value)
            var lines = LineAssembler(longest: limits.lineLength, kept: limits.standardErrorLines)
            for try await buffer in execution.standardError {
                buffer.withUnsafeBytes { lines.take($0) { onLine?($0) } }
            }
            lines.finish { onLine?($0) }
            return lines.last
        }
        return Ended(
            status: result.terminationStatus, output: result.standardOutput, errorLines: result.closureResult)
    }

    private func runLogging(
        _ configuration: Configuration, into path: String, _ onStart: @escaping @Sendable (Int32) -> Void
    ) async throws -> Ended {
        let log = try FileDescriptor.open(
            path, .writeOnly, options: [.append, .create, .closeOnExec], permissions: [.ownerReadWrite])
        let result = try await Subprocess.run(
            configuration, input: .none, output: .fileDescriptor(log, closeAfterSpawningProcess: true),
            error: .combinedWithOutput
        ) { execution in
            onStart(execution.processIdentifier.value)
        }
        return Ended(status: result.terminationStatus)
    }

    private func outcome(of command: Command, _ ended: Ended) throws(ToolError) -> ToolOutcome {
        switch ended.status {
        case .exited(let status) where command.accepted.contains(status):
            return ToolOutcome(exitStatus: status, standardOutput: ended.output, standardError: ended.errorLines)
        case .exited(let status):
            let said = ended.errorLines.last.map { ": \($0)" } ?? ""
            throw ToolError(
                program: command.name, cause: .failed, reason: "it ended with exit status \(status)\(said)",
                exitStatus: status, standardError: ended.errorLines)
        case .signaled(let signal):
            throw ToolError(
                program: command.name, cause: .signalled, reason: "it was ended by signal \(signal)", signal: signal,
                standardError: ended.errorLines,
                hint: signal == SIGKILL ? "look for the kernel's out-of-memory killer in the journal" : nil)
        }
    }

    private func cancelled(_ command: Command, _ ended: Ended? = nil) -> ToolError {
        ToolError(
            program: command.name, cause: .cancelled, reason: "it was cancelled", standardError: ended?.errorLines ?? []
        )
    }

    private func notRun(_ command: Command, _ error: any Error) -> ToolError {
        if let error = error as? ToolError { return error }
        var (cause, reason) = (ToolError.Cause.notStarted, "\(error)")
        if let error = error as? SubprocessError {
            switch error.code {
            case .outputLimitExceeded:
                (cause, reason) = (.failed, "it wrote more than \(limits.standardOutput) bytes")
            default: reason = error.underlyingError.map { FileError.text(of: $0.rawValue) } ?? error.description
            }
        } else if let error = error as? Errno {
            reason = FileError.text(of: error.rawValue)
        }
        return ToolError(program: command.name, cause: cause, reason: reason)
    }
}

extension ToolRunner {
    /// The directories where programs are looked for, whatever our own environment says.
    static let searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// Everything that the program is started with.
    private func configuration(of command: Command) throws(ToolError) -> Configuration {
        guard let setpriv = Self.find("setpriv") else {
            throw ToolError(
                program: "setpriv", cause: .missing, reason: "there is no such program",
                hint: "install the package \"util-linux\"")
        }
        guard let executable = Self.find(command.executable) else {
            throw ToolError(program: command.name, cause: .missing, reason: "there is no such program")
        }
        var arguments = ["--pdeathsig", command.endSignal.rawValue, "--no-new-privs"]
        if let account = command.account {
            arguments += ["--reuid", "\(account.uid)", "--regid", "\(account.gid)", "--init-groups"]
        }
        var environment: [Environment.Key: String] = ["PATH": Self.searchPath, "LC_ALL": "C"]
        for (key, value) in command.environment { environment[Environment.Key(rawValue: key) ?? "_"] = value }
        var options = PlatformOptions()
        options.processGroupID = 0
        options.teardownSequence = [
            .send(
                signal: Signal(rawValue: command.endSignal.number), toProcessGroup: true,
                allowedDurationToNextStep: limits.termination)
        ]
        // The signal is asked for last: a change of user or of namespace makes the kernel forget it.
        var starting = [setpriv] + arguments + ["--", executable] + command.arguments
        if command.isCutOffFromNetwork {
            guard let unshare = Self.find("unshare") else {
                throw ToolError(
                    program: "unshare", cause: .missing, reason: "there is no such program",
                    hint: "install the package \"util-linux\"")
            }
            starting =
                [unshare] + (SystemAccount.isRoot ? [] : ["--user", "--map-current-user"]) + ["--net", "--"] + starting
        }
        return Configuration(
            executable: .path(FilePath(starting[0])), arguments: Arguments(Array(starting.dropFirst())),
            environment: .custom(environment), workingDirectory: FilePath(command.workingDirectory ?? "/"),
            platformOptions: options)
    }

    /// Whether this machine lets us give a program a network of its own.
    public func canCutOffFromNetwork() async -> Bool {
        var command = Command("true")
        command.isCutOffFromNetwork = true
        return (try? await run(command)) != nil
    }

    /// The path of a program, or nil where there is none that can be run.
    static func find(_ program: String) -> String? {
        if program.contains("/") { return isExecutable(program) ? program : nil }
        return searchPath.split(separator: ":").map { "\($0)/\(program)" }.first(where: isExecutable)
    }

    /// Whether `path` is a file that can be run.
    public static func isExecutable(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
    }
}
