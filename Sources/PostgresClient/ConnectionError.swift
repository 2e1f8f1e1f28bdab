/// Why there is no session with the server, or no longer one.
///
/// No message ever holds a password.
public struct ConnectionError: Error, Sendable, Equatable {
    /// What happened, for programs.
    public enum Kind: String, Sendable {
        /// There is no libpq on this machine, or none that can be used.
        case noLibrary
        /// Nobody answers there: no socket, refused, unknown host.
        case cannotConnect
        /// The server did not answer within the time given.
        case timedOut
        /// The server does not let this user in: password, pg_hba.conf, certificate.
        case authentication
        /// There is no such database.
        case unknownDatabase
        /// The server, the database or the role has no connection left.
        case tooManyConnections
        /// The server starts, stops or recovers.
        case notReady
        /// The session broke: the server or the network went away, or somebody ended it.
        case lost
        /// The session had been closed by this side.
        case closed
    }

    /// What happened.
    public let kind: Kind
    /// The whole sentence, for people.
    public let message: String
    /// The server's code, where the server had a word to say.
    public let sqlState: String?
    /// What to do about it.
    public let hint: String?
    /// Whether the command had been given to the server: what it did is not known then.
    public let commandMayHaveRun: Bool

    /// Makes an error.
    public init(
        kind: Kind, message: String, sqlState: String? = nil, hint: String? = nil, commandMayHaveRun: Bool = false
    ) {
        self.kind = kind
        self.message = message
        self.sqlState = sqlState
        self.hint = hint
        self.commandMayHaveRun = commandMayHaveRun
    }

    /// The same error, as seen by a command that had been given to the server.
    func afterSending() -> ConnectionError {
        ConnectionError(kind: kind, message: message, sqlState: sqlState, hint: hint, commandMayHaveRun: true)
    }

    static let closedHere = ConnectionError(
        kind: .closed, message: "cannot use the connection to PostgreSQL: it has been closed")
}

extension ConnectionError: CustomStringConvertible {
    /// The message.
    public var description: String { message }
}

/// A COMMIT was sent and its answer never came: the transaction may have been committed or not.
public struct CommitOutcomeUnknown: Error, Sendable, Equatable, CustomStringConvertible {
    /// How the session was lost.
    public let reason: ConnectionError

    /// What is not known, and why.
    public var description: String {
        "cannot tell whether the transaction was committed: \(reason.message)"
    }
}

/// A transaction that did not end as its body meant it to.
public enum TransactionError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A statement in the body failed, the body went on, and COMMIT became a ROLLBACK.
    case rolledBack(cause: ServerError?)
    /// A statement in the body ended the transaction before COMMIT; what it did until then is committed or rolled back.
    case endedEarly
    /// The scope was used after its transaction had ended.
    case scopeEnded
    /// The connection itself was used inside its own transaction's body, which would wait for itself.
    case usedOutsideScope

    /// The sentence for people.
    public var description: String {
        switch self {
        case .rolledBack(let cause):
            let reason = cause.map { ": \($0)" } ?? ": a statement in it had failed"
            return "cannot commit the transaction\(reason)"
        case .endedEarly:
            return "cannot commit the transaction: one of its statements has ended it"
        case .scopeEnded:
            return "cannot run a command in the transaction: it has ended"
        case .usedOutsideScope:
            return "cannot run a command on the connection: its own transaction's body must use the transaction's scope"
        }
    }
}

/// A command that cannot be sent as it stands.
public struct CommandError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The sentence for people.
    public let message: String

    /// The message.
    public var description: String { message }

    static let nulByte = CommandError(message: "cannot send the statement: it holds a NUL character")
    static let nulInParameter = CommandError(
        message: "cannot send the statement: a text parameter holds a NUL character")
    static let notCopyIn = CommandError(message: "cannot copy data in: the statement is not COPY … FROM STDIN")
    static let tooManyParameters = CommandError(message: "cannot send the statement: it has more than 65535 parameters")
}
