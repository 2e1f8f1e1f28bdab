import PostgresClient
import SQLText

/// Looks on while the executor runs a plan, statement by statement. With one, nothing is sent in company: what the server
/// does between two calls is the doing of one statement.
protocol StepObserver: Sendable {
    /// The next thing that the worker's session does is this.
    func willRun(_ run: StatementRun) async throws
    /// It was done. The transaction, where there is one, is open still.
    func didRun(_ run: StatementRun) async throws
    /// The server refused it, and its transaction has been taken back.
    func didFail(_ run: StatementRun, _ error: ServerError) async
    /// What was run since the last time is committed.
    func didCommit() async throws
}

/// A statement that is run for a step.
struct StatementRun: Sendable {
    var statement: Statement
    /// Its place in the revision, counted from 1.
    var number: Int
    var work: Executor.Work
    /// It runs outside any transaction.
    var isAlone = false
}

extension StatementRun {
    /// What an entry of a trip runs; nil for a command of our own.
    init?(_ entry: Trip.Entry) {
        guard case .statement(let statement, let number, _) = entry.purpose else { return nil }
        self.init(statement: statement, number: number, work: entry.work)
    }
}
