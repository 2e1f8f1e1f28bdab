import CLibPQ
import Synchronization

/// A message that some session sent with NOTIFY.
public struct Notification: Sendable, Equatable {
    /// The channel.
    public let channel: String
    /// The payload; empty where there is none.
    public let payload: String
    /// The process id of the sender's backend.
    public let pid: Int32
}

/// A message of the server that is not an error: NOTICE, WARNING, INFO, LOG.
public struct ServerNotice: Sendable, Equatable {
    /// `NOTICE`, `WARNING`, `INFO`, `LOG`, `DEBUG`; never translated.
    public let severity: String
    /// The five characters of the SQLSTATE code.
    public let sqlState: String
    /// The primary message.
    public let message: String
    /// The secondary message that carries more details.
    public let detail: String?
    /// What the server suggests.
    public let hint: String?
    /// The call stack of functions and the like.
    public let context: String?
    /// The function in the server's source that said it: what tells messages without a SQLSTATE of their own apart.
    public let routine: String?
}

/// Where a connection's notices go, and the last words of a server that ends an idle session.
final class NoticeSink: Sendable {
    private struct State {
        var handler: (@Sendable (ServerNotice) -> Void)?
        var lastWords: ServerError?
    }

    private let state: Mutex<State>

    init(_ handler: (@Sendable (ServerNotice) -> Void)?) {
        state = Mutex(State(handler: handler))
    }

    func replaceHandler(_ handler: (@Sendable (ServerNotice) -> Void)?) {
        state.withLock { $0.handler = handler }
    }

    /// The FATAL message that arrived while no command was running.
    var lastWords: ServerError? {
        state.withLock { $0.lastWords }
    }

    func receive(_ result: OpaquePointer) {
        guard let message = ServerError(result: result) else { return }
        if message.isFatal {
            state.withLock { $0.lastWords = message }
        }
        let handler = state.withLock { $0.handler }
        handler?(
            ServerNotice(
                severity: message.severity, sqlState: message.sqlState, message: message.message,
                detail: message.detail, hint: message.hint, context: message.context,
                routine: message.routine))
    }
}

/// Owns libpq's connection object, and the sink that libpq calls.
///
/// To be used on the connection's queue only; the last owner ends the session.
final class ConnectionHandle: @unchecked Sendable {
    let pointer: OpaquePointer
    let notices: NoticeSink

    init(_ pointer: OpaquePointer, notices: NoticeSink) {
        self.pointer = pointer
        self.notices = notices
        let argument = Unmanaged.passUnretained(notices).toOpaque()
        PQsetNoticeReceiver(
            pointer,
            { argument, result in
                guard let argument, let result else { return }
                Unmanaged<NoticeSink>.fromOpaque(argument).takeUnretainedValue().receive(result)
            }, argument)
    }

    deinit {
        PQfinish(pointer)
    }

    var isBroken: Bool { PQstatus(pointer) == CONNECTION_BAD }

    /// libpq's last message, on one line.
    var errorMessage: String {
        String(cString: PQerrorMessage(pointer)).split(whereSeparator: \.isNewline)
            .map { $0.trimmingSpaces() }.filter { !$0.isEmpty }.joined(separator: "; ")
    }

    func takeNotification() -> Notification? {
        guard let raw = PQnotifies(pointer) else { return nil }
        defer { PQfreemem(raw) }
        return Notification(
            channel: String(cString: raw.pointee.relname), payload: String(cString: raw.pointee.extra),
            pid: raw.pointee.be_pid)
    }
}

/// What is needed to cancel the running command from another thread.
final class CancelHandle: @unchecked Sendable {
    private let pointer: OpaquePointer

    init?(_ handle: ConnectionHandle) {
        guard let pointer = PQgetCancel(handle.pointer) else { return nil }
        self.pointer = pointer
    }

    deinit {
        PQfreeCancel(pointer)
    }

    /// Asks the server to cancel; returns when the server has sent the signal. Blocks.
    func send() {
        var reason = [CChar](repeating: 0, count: 256)
        _ = PQcancel(pointer, &reason, Int32(reason.count))
    }
}

extension StringProtocol {
    func trimmingSpaces() -> String {
        String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}
