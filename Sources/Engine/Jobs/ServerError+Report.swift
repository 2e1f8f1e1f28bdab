import Planning
import PostgresClient

extension ServerError {
    /// What the server said, as failures carry it; with the statement that it said it of, without passwords.
    func report(of statement: String? = nil) -> Failure.ServerReport {
        Failure.ServerReport(
            sqlState: sqlState, message: message, detail: detail, hint: hint, context: context, statement: statement)
    }
}
