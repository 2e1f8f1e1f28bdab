import PostgresClient

extension ServerError {
    /// The server says goodbye with it: an administrator, a crash or a shutdown ends the session (PostgreSQL manual,
    /// "Error Codes", class 57P). It is not the statement's fault.
    var endsSession: Bool { isFatal || ["57P01", "57P02", "57P03", "57P05"].contains(sqlState) }
}

extension ConnectionError {
    /// The end of a session, as the server announced it.
    init(_ error: ServerError) {
        self.init(
            kind: .lost, message: "the server ended the session: \(error.message)", sqlState: error.sqlState,
            commandMayHaveRun: true)
    }
}
