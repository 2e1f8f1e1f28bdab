/// What a command is made of.
enum CommandRequest: Sendable {
    /// Extended protocol, rows kept.
    case query(Query)
    /// Extended protocol, one statement, rows counted and thrown away.
    case execute(String)
    /// Simple protocol, rows thrown away.
    case script(String)
    /// Extended protocol, `COPY … FROM STDIN` with its data.
    case copyIn(String, [UInt8])
    /// Extended protocol, several in one trip; told after each.
    case batch([BatchCommand], (@Sendable (Int) -> Void)?)

    /// Its first words, without what may be secret in them.
    var gist: String {
        switch self {
        case .query(let query): Self.start(of: query.text)
        case .execute(let text), .script(let text), .copyIn(let text, _): Self.start(of: text)
        case .batch(let commands, _): "a batch of \(commands.count)"
        }
    }

    private static func start(of text: String) -> String {
        text.split(whereSeparator: \.isWhitespace).prefix(6).joined(separator: " ")
    }
}

/// How a command went.
struct CommandOutcome: Sendable {
    var rows: ResultHandle?
    var tag = ""
    var affectedRows: Int?
    var rowsReturned = 0
    /// Those of the commands of a batch.
    var batch: [CommandOutcome] = []

    /// Prepared statements have gone without our doing.
    var dropsPreparedStatements: Bool { tag == "DISCARD ALL" || tag == "DEALLOCATE ALL" }
}

/// What a waiting caller is given.
typealias CommandReply = Result<CommandOutcome, any Error>

/// A command with its waiting caller.
struct Command: Sendable {
    let request: CommandRequest
    let caller: CheckedContinuation<CommandReply, Never>
}

/// The command that the server works on.
struct RunningCommand {
    enum Phase {
        /// The statement is being prepared under this name; it runs afterwards.
        case preparing(String)
        /// The server works on it; `usesPrepared` if under a prepared name.
        case executing(usesPrepared: Bool)
        /// The server reads COPY data; so many bytes have been given to libpq.
        case copyingIn(sent: Int)
        /// The server sends COPY data, which is thrown away.
        case copyingOut
        /// The server is ready for the next command.
        case finished
    }

    let entry: CommandQueue<Command>.Entry
    var phase: Phase = .executing(usesPrepared: false)
    var outcome = CommandOutcome()
    var failure: (any Error)?
    /// How far a batch has come.
    var batch: BatchProgress?
    /// COPY data was asked for and given.
    var didCopyIn = false
    /// Somebody wants it to end.
    var isCancelRequested = false
    /// The task that waits for it was cancelled.
    var isTaskCancelled = false
    /// Requests to cancel that were sent.
    var cancelAttempts = 0
    /// It was sent again after its prepared statement had gone stale.
    var isRetry = false

    var id: CommandID { entry.id }

    var isFinished: Bool {
        if case .finished = phase { true } else { false }
    }

    /// The first failure counts: later ones follow from it.
    mutating func fail(_ error: any Error) {
        if failure == nil { failure = error }
    }

    var reply: CommandReply {
        guard let failure else { return .success(outcome) }
        let isOurCancel = isTaskCancelled && (failure as? ServerError)?.sqlState == "57014"
        return .failure(inBatch(isOurCancel ? CancellationError() : failure))
    }

    /// An error with its place, where the command is a batch.
    func inBatch(_ error: any Error) -> any Error {
        batch.map { BatchError(index: $0.outcomes.count, cause: error) } ?? error
    }
}

/// What a statement did.
public struct CommandResult: Sendable, Equatable {
    /// What the server calls it: `CREATE TABLE`, `INSERT 0 3`. Empty for an empty statement.
    public let tag: String
    /// How many rows it touched, where the tag says so.
    public let affectedRows: Int?
    /// How many rows it gave; they were thrown away.
    public let rowsReturned: Int

    /// Makes a result.
    public init(tag: String, affectedRows: Int?, rowsReturned: Int = 0) {
        self.tag = tag
        self.affectedRows = affectedRows
        self.rowsReturned = rowsReturned
    }
}

/// Where commands can be run: a connection, or the scope of a transaction on it.
public protocol PostgresSession: Sendable {
    /// Runs one statement with parameters (extended protocol) and gives its rows.
    @discardableResult
    func query(_ query: Query) async throws -> QueryResult
    /// Runs exactly one statement (extended protocol); its rows are counted, not kept.
    @discardableResult
    func execute(_ statement: String) async throws -> CommandResult
    /// Runs statements of our own in one trip (simple protocol); never for texts from outside.
    func script(_ sql: String) async throws
    /// Runs `COPY … FROM STDIN` with this data.
    @discardableResult
    func copyIn(_ statement: String, data: [UInt8]) async throws -> CommandResult
}
