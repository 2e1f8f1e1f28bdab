import Glibc
public import Logging

/// Where our log goes.
public enum LogDestination: Sendable, Equatable {
    /// To the journal, with fields.
    case journal
    /// To standard error, as plain lines.
    case standardError

    /// The journal where our standard error is connected with it, as under the service manager, and it listens; else
    /// standard error: whoever redirects it wants to see something there.
    public static func detect() -> LogDestination {
        let stream = getenv("JOURNAL_STREAM").map { String(cString: $0) }
        return detect(journalStream: stream, descriptor: STDERR_FILENO, socket: "/run/systemd/journal/socket")
    }

    static func detect(journalStream: String?, descriptor: Int32, socket: String) -> LogDestination {
        guard let journalStream, access(socket, F_OK) == 0 else { return .standardError }
        let parts = journalStream.split(separator: ":", omittingEmptySubsequences: false)
        var status = stat()
        guard parts.count == 2, let device = UInt64(parts[0]), let inode = UInt64(parts[1]),
            fstat(descriptor, &status) == 0, status.st_dev == device, status.st_ino == inode
        else { return .standardError }
        return .journal
    }

    /// A handler that writes there, as `LoggingSystem.bootstrap` wants it.
    ///
    /// - Parameter identifier: The program's name, as the journal shows it.
    public func handler(identifier: String, level: Logger.Level = .info) -> any LogHandler {
        switch self {
        case .journal: JournalLogHandler(identifier: identifier, logLevel: level)
        case .standardError: StandardErrorLogHandler(logLevel: level)
        }
    }
}
