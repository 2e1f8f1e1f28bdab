import Dispatch
import Liveness
import Synchronization

/// One session with a PostgreSQL server.
///
/// Commands run in the order in which they arrive, one at a time. A command whose task is cancelled is cancelled at the
/// server, and the next one does not start before that is over. When the session is lost, everybody who waits is told.
public actor Connection: PostgresSession {
    /// The process id of the session's backend, as the server gave it at the start.
    public nonisolated let backendPID: Int32
    /// The server's version, such as 150018 for 15.18.
    public nonisolated let serverVersion: Int
    /// Where the session leads; never shows a password.
    public nonisolated let parameters: ConnectionParameters
    /// What other sessions send with NOTIFY to the channels that this one listens to. For one consumer; ends with the
    /// session. The newest 1024 are kept.
    public nonisolated let notifications: AsyncStream<Notification>

    nonisolated let executor: QueueExecutor
    nonisolated let notices: NoticeSink
    nonisolated let usable = Atomic<Bool>(true)
    let canceller: CancelHandle?
    let notificationSender: AsyncStream<Notification>.Continuation
    /// Nil once the session has ended.
    var handle: ConnectionHandle?
    var watch: SocketWatch?
    /// Why the session has ended.
    var end: ConnectionError?
    var queue = CommandQueue<Command>()
    var running: RunningCommand?
    var statements = StatementCache()
    var isCancelInFlight = false
    var cancelWaiters: [CheckedContinuation<Void, Never>] = []
    var closeWaiters: [CommandID: CheckedContinuation<Void, Never>] = [:]
    /// The first error in the transaction that holds the session.
    var scopeFailure: ServerError?
    private var lastNumber: UInt64 = 0

    /// The connection's own queue.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private init(
        handle: ConnectionHandle, parameters: ConnectionParameters, executor: QueueExecutor
    ) {
        self.handle = handle
        self.parameters = parameters
        self.executor = executor
        notices = handle.notices
        canceller = CancelHandle(handle)
        backendPID = handle.backendPID
        serverVersion = handle.serverVersion
        (notifications, notificationSender) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1024))
    }

    deinit {
        notificationSender.finish()
    }

    /// Opens a session.
    ///
    /// `onNotice` is called on the connection's queue: what a command brought comes before the command returns. It must not
    /// block.
    public static func open(
        _ parameters: ConnectionParameters, applicationName: String, timeout: Duration = .seconds(10),
        onNotice: (@Sendable (ServerNotice) -> Void)? = nil
    ) async throws -> Connection {
        let executor = QueueExecutor(label: "PostgresClient.\(applicationName)", qos: .userInitiated)
        let connector = Connector(
            parameters: parameters, applicationName: applicationName, notices: NoticeSink(onNotice),
            queue: executor.queue, timeout: timeout)
        let handle = try await Vigil.waiting { try await connector.connect() }
        let connection = Connection(handle: handle, parameters: parameters, executor: executor)
        await connection.beginWatching()
        return connection
    }

    /// Whether commands can be sent: the session is neither lost nor closed.
    public nonisolated var isUsable: Bool { usable.load(ordering: .acquiring) }

    /// Sends the notices that come from now on somewhere else.
    public nonisolated func onNotice(_ handler: (@Sendable (ServerNotice) -> Void)?) {
        notices.replaceHandler(handler)
    }

    /// A setting that the server reports by itself, such as `server_version` or `standard_conforming_strings`.
    public func parameterStatus(_ name: String) -> String? {
        handle?.parameterStatus(name)
    }

    /// Where the session is with regard to transactions.
    public var transactionStatus: TransactionStatus {
        handle?.transactionStatus ?? .unknown
    }

    /// Whether a transaction is open, be it a failed one.
    public var isInTransaction: Bool {
        switch transactionStatus {
        case .inTransaction, .failed: true
        case .active: queue.holder != nil
        case .idle, .unknown: false
        }
    }

    // MARK: Commands

    @discardableResult
    public func query(_ query: Query) async throws -> QueryResult {
        try await self.query(query, in: nil)
    }

    @discardableResult
    public func execute(_ statement: String) async throws -> CommandResult {
        try await execute(statement, in: nil)
    }

    public func script(_ sql: String) async throws {
        try await script(sql, in: nil)
    }

    @discardableResult
    public func copyIn(_ statement: String, data: [UInt8]) async throws -> CommandResult {
        try await copyIn(statement, data: data, in: nil)
    }

    func query(_ query: Query, in scope: ScopeID?) async throws -> QueryResult {
        try Self.check(query)
        let outcome = try await run(.query(query), in: scope)
        return QueryResult(handle: outcome.rows, tag: outcome.tag, affectedRows: outcome.affectedRows)
    }

    func execute(_ statement: String, in scope: ScopeID?) async throws -> CommandResult {
        try Self.check(statement)
        return CommandResult(try await run(.execute(statement), in: scope))
    }

    func script(_ sql: String, in scope: ScopeID?) async throws {
        try Self.check(sql)
        _ = try await run(.script(sql), in: scope)
    }

    func copyIn(_ statement: String, data: [UInt8], in scope: ScopeID?) async throws -> CommandResult {
        try Self.check(statement)
        return CommandResult(try await run(.copyIn(statement, data), in: scope))
    }

    /// libpq takes C strings: what follows a NUL would be cut off silently.
    static func check(_ statement: String) throws(CommandError) {
        if statement.utf8.contains(0) { throw .nulByte }
    }

    static func check(_ query: Query) throws(CommandError) {
        try check(query.text)
        guard query.parameters.count <= 65535 else { throw .tooManyParameters }
        for case .text(let text) in query.parameters where text.utf8.contains(0) { throw .nulInParameter }
    }

    // MARK: Waiting in the queue

    /// Runs a command when its turn comes. `isShielded`: cancelling the task neither stops nor cancels it.
    func run(
        _ request: CommandRequest, in scope: ScopeID?, opensScope: Bool = false, isShielded: Bool = false
    ) async throws -> CommandOutcome {
        if scope == nil || opensScope, let current = TransactionScope.current, current.isHolding(self) {
            throw TransactionError.usedOutsideScope
        }
        let id = CommandID(number: nextNumber())
        if isShielded {
            return try await Vigil.waiting { await submit(id, request, scope, opensScope) }.get()
        }
        try Task.checkCancellation()
        return try await withTaskCancellationHandler {
            try await Vigil.waiting { await submit(id, request, scope, opensScope) }.get()
        } onCancel: {
            executor.queue.async { self.assumeIsolated { $0.taskWasCancelled(id) } }
        }
    }

    private func submit(
        _ id: CommandID, _ request: CommandRequest, _ scope: ScopeID?, _ opensScope: Bool
    ) async -> CommandReply {
        await withCheckedContinuation { caller in
            if let end { return caller.resume(returning: .failure(end)) }
            let command = Command(request: request, caller: caller)
            let entry = CommandQueue.Entry(id: id, scope: scope, opensScope: opensScope, payload: command)
            guard queue.append(entry) else {
                return caller.resume(returning: .failure(TransactionError.scopeEnded))
            }
            startNext()
        }
    }

    func nextNumber() -> UInt64 {
        lastNumber += 1
        return lastNumber
    }
}

extension CommandResult {
    init(_ outcome: CommandOutcome) {
        self.init(tag: outcome.tag, affectedRows: outcome.affectedRows, rowsReturned: outcome.rowsReturned)
    }
}

/// Where a session is with regard to transactions.
public enum TransactionStatus: String, Sendable {
    /// No transaction is open.
    case idle
    /// A command is running.
    case active
    /// A transaction is open.
    case inTransaction
    /// A transaction is open and has failed: only ROLLBACK is possible.
    case failed
    /// The session has ended.
    case unknown
}
