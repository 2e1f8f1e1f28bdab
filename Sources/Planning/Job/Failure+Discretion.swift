/// What the log may have of a failure. More people read it, and for longer, than may see what stands in the database; the
/// job's own record has all of it, for those who may ask over the socket.
extension Failure {
    /// The same without what the server said, where that may be values: they are in the record of `job`.
    public func withoutValues(in job: JobID) -> Failure {
        guard let sql, sql.mayTellValues else { return self }
        var failure = self
        if !sql.message.isEmpty {
            failure.message = message.replacing(
                sql.message, with: "error \(sql.sqlState), whose text may hold data: migratectl job \(job)")
        }
        if hint == sql.hint { failure.hint = nil }
        return failure
    }
}

extension Failure.ServerReport {
    /// Whether the server's message may hold what stands in rows or in a statement. It does not where PostgreSQL makes it of
    /// what things are called, and no function has had its say (PostgreSQL manual, "PostgreSQL Error Codes").
    public var mayTellValues: Bool {
        // The innermost frame: what RAISE and its like say is whatever the function's author wanted.
        let speaker = context?.prefix { $0 != "\n" } ?? ""
        if speaker.contains("PL/") || speaker.hasPrefix("Traceback") { return true }
        // "at or near" is followed by what stands there.
        if sqlState == "42601" { return true }
        return !Self.plainClasses.contains(String(sqlState.prefix(2))) && !Self.plainStates.contains(sqlState)
    }

    /// Of connections, transactions, constraints, names, rights, objects and resources.
    private static let plainClasses: Set<String> = [
        "08", "0A", "21", "23", "25", "26", "28", "2B", "2D", "34", "3B", "3D", "3F", "40", "42", "44", "53", "54",
        "55",
        "57", "58",
    ]

    /// Too long a string, no value where there must be one, division by zero: of all that is wrong with data, what is said
    /// without it.
    private static let plainStates: Set<String> = ["22001", "22004", "22012"]
}
