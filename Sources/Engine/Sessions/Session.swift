import PostgresClient

/// What the stores need of a connection: the observer's own, the worker's, or a transaction on either.
protocol Session: Sendable {
    func query(_ query: Query) async throws -> QueryResult
    @discardableResult func execute(_ statement: String) async throws -> CommandResult
}

extension Connection: Session {}
extension TransactionScope: Session {}
