/// How a transaction is begun.
public struct TransactionOptions: Sendable, Equatable {
    /// What a transaction sees of others.
    public enum Isolation: String, Sendable {
        /// Each statement sees what was committed before it.
        case readCommitted = "READ COMMITTED"
        /// All statements see the same.
        case repeatableRead = "REPEATABLE READ"
        /// As if transactions ran one after the other.
        case serializable = "SERIALIZABLE"
    }

    /// The isolation level; nil for the session's default.
    public var isolation: Isolation?
    /// Whether writing is refused; nil for the session's default.
    public var isReadOnly: Bool?
    /// Settings for this transaction only, as SET LOCAL would make them: `["lock_timeout": "500ms"]`.
    public var settings: [String: String]
    /// More statements of our own to run right after BEGIN, in the same trip.
    public var prelude: String?

    /// Makes options.
    public init(
        isolation: Isolation? = nil, isReadOnly: Bool? = nil, settings: [String: String] = [:], prelude: String? = nil
    ) {
        self.isolation = isolation
        self.isReadOnly = isReadOnly
        self.settings = settings
        self.prelude = prelude
    }

    /// BEGIN and what belongs to it, for one trip.
    var beginScript: String {
        var script = "BEGIN"
        if let isolation { script += " ISOLATION LEVEL \(isolation.rawValue)" }
        if let isReadOnly { script += isReadOnly ? " READ ONLY" : " READ WRITE" }
        if !settings.isEmpty {
            let calls = settings.sorted { $0.key < $1.key }.map { name, value in
                "pg_catalog.set_config(\(Self.literal(name)), \(Self.literal(value)), true)"
            }
            script += "; SELECT " + calls.joined(separator: ", ")
        }
        if let prelude { script += "; " + prelude }
        return script
    }

    private static func literal(_ text: String) -> String {
        let quoted = text.replacing("'", with: "''")
        guard text.contains("\\") else { return "'\(quoted)'" }
        return " E'\(quoted.replacing("\\", with: "\\\\"))'"
    }
}

/// The inside of a transaction: its commands, while those of everybody else wait.
public struct TransactionScope: PostgresSession {
    /// The scope whose body this task runs in.
    @TaskLocal static var current: TransactionScope?

    /// The connection that the transaction runs on.
    public let connection: Connection
    let id: ScopeID

    @discardableResult
    public func query(_ query: Query) async throws -> QueryResult {
        try await connection.query(query, in: id)
    }

    @discardableResult
    public func execute(_ statement: String) async throws -> CommandResult {
        try await connection.execute(statement, in: id)
    }

    public func script(_ sql: String) async throws {
        try await connection.script(sql, in: id)
    }

    @discardableResult
    public func copyIn(_ statement: String, data: [UInt8]) async throws -> CommandResult {
        try await connection.copyIn(statement, data: data, in: id)
    }

    func isHolding(_ other: isolated Connection) -> Bool {
        connection === other && other.queue.holder == id
    }
}

extension Connection {
    /// Runs a transaction: BEGIN, the body, COMMIT; ROLLBACK if the body throws or the task is cancelled.
    ///
    /// Commands of other callers wait until it is over. COMMIT and ROLLBACK are never cut off by the task's cancellation.
    /// Throws `CommitOutcomeUnknown` when the answer to COMMIT is lost, `TransactionError` when the transaction did not end
    /// as meant.
    public func transaction<R: Sendable>(
        _ options: TransactionOptions = TransactionOptions(),
        body: @Sendable (TransactionScope) async throws -> R
    ) async throws -> R {
        let scope = TransactionScope(connection: self, id: ScopeID(number: nextNumber()))
        try await begin(scope.id, options)
        let value: R
        do {
            value = try await TransactionScope.$current.withValue(scope) { try await body(scope) }
            try Task.checkCancellation()
        } catch {
            await rollBack(scope.id)
            throw error
        }
        try await commit(scope.id)
        return value
    }

    private func begin(_ scope: ScopeID, _ options: TransactionOptions) async throws {
        do {
            _ = try await run(.script(options.beginScript), in: scope, opensScope: true)
        } catch {
            await rollBack(scope)
            throw error
        }
    }

    private func commit(_ scope: ScopeID) async throws {
        defer { leave(scope) }
        if end == nil, handle?.transactionStatus == .idle { throw TransactionError.endedEarly }
        let cause = scopeFailure
        do {
            let outcome = try await run(.script("COMMIT"), in: scope, isShielded: true)
            if outcome.tag != "COMMIT" { throw TransactionError.rolledBack(cause: cause) }
        } catch let error as ConnectionError where error.commandMayHaveRun {
            throw CommitOutcomeUnknown(reason: error)
        }
    }

    /// Ends the transaction whatever its state; a session that cannot even do that is given up.
    private func rollBack(_ scope: ScopeID) async {
        guard queue.holder == scope else { return }
        defer { leave(scope) }
        guard handle?.transactionStatus != .idle || running != nil else { return }
        do {
            _ = try await run(.script("ROLLBACK"), in: scope, isShielded: true)
        } catch {
            lost(error as? ServerError)
        }
    }

    private func leave(_ scope: ScopeID) {
        guard queue.holder == scope else { return }
        scopeFailure = nil
        for entry in queue.release(scope) {
            entry.payload.caller.resume(returning: .failure(TransactionError.scopeEnded))
        }
        startNext()
    }
}
