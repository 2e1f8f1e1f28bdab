/// Why a program of this machine did not do what it was started for.
public struct ToolError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What went wrong, as far as it is known.
    public enum Cause: String, Sendable, Codable, CaseIterable {
        /// There is no such program, or no suitable one.
        case missing
        /// The program is there and could not be started.
        case notStarted
        /// The program ended with an exit status that says: failed.
        case failed
        /// The program was ended by a signal that we did not send.
        case signalled
        /// Our caller's task was cancelled, and the program ended for that.
        case cancelled
        /// The program was not ready, or not done, within its bound.
        case timedOut
        /// The program and the server, or the archive, are of versions that do not go together.
        case versionMismatch
        /// The server did not believe who we are.
        case authentication
        /// The server could not be reached.
        case unreachable
        /// A file system is full.
        case noSpace
        /// The server's user, or ours, may not do that.
        case permissionDenied
        /// A file that the program needs could not be read, written or made.
        case file
    }

    /// The program's name, without its directory.
    public var program: String
    /// What kind of failure it is.
    public var cause: Cause
    /// Why, for people: one line.
    public var reason: String
    /// The exit status, where it ended with one.
    public var exitStatus: Int32?
    /// The signal that ended it, where one did.
    public var signal: Int32?
    /// The last lines that it wrote to its standard error.
    public var standardError: [String]
    /// What to do about it.
    public var hint: String?

    /// Makes an error.
    public init(
        program: String, cause: Cause, reason: String, exitStatus: Int32? = nil, signal: Int32? = nil,
        standardError: [String] = [], hint: String? = nil
    ) {
        self.program = program
        self.cause = cause
        self.reason = reason
        self.exitStatus = exitStatus
        self.signal = signal
        self.standardError = standardError
        self.hint = hint
    }

    /// The whole sentence, without the hint.
    public var description: String { "cannot run \"\(program)\": \(reason)" }

    /// Makes an error of a file that stood in a program's way.
    init(program: String, _ error: FileError) {
        self.init(
            program: program, cause: error.isOutOfSpace ? .noSpace : .file, reason: error.description,
            hint: error.hint)
    }
}
