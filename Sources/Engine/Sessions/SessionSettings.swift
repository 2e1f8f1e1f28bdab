import PostgresClient
import SQLText

/// What our sessions set. See PostgreSQL's manual, "Client Connection Defaults" and "Lock Management".
enum SessionSettings {
    /// What every server knows. Limits that a role or a database may have are not meant for migrations.
    static let everywhere: [(String, String)] = [
        ("lock_timeout", "0"), ("statement_timeout", "0"), ("idle_in_transaction_session_timeout", "0"),
        ("client_min_messages", "notice"), ("standard_conforming_strings", "on"), ("datestyle", "ISO"),
    ]

    /// The worker's. The server is asked to notice within half a second that a killed daemon is gone (14 and later).
    static func all(serverVersion: Int) -> [(String, String)] {
        let interval = serverVersion >= 140_000 ? [("client_connection_check_interval", "500")] : []
        return everywhere + laterLimits(serverVersion: serverVersion) + interval
    }

    /// Limits such as those of `everywhere` that not every server knows: one that does not refuses the session at its start.
    private static func laterLimits(serverVersion: Int) -> [(String, String)] {
        [(140_000, "idle_session_timeout"), (170_000, "transaction_timeout")]
            .filter { serverVersion >= $0.0 }.map { ($0.1, "0") }
    }

    /// Lifts these limits for a session that has learned only now which server it is connected to.
    static func liftLaterLimits(of session: Connection) async throws {
        let limits = laterLimits(serverVersion: session.serverVersion)
        guard !limits.isEmpty else { return }
        try await session.script(limits.map { "SET \($0) = \($1)" }.joined(separator: "; "))
    }

    /// A value in libpq's `options`, where a backslash keeps white space and backslashes from being separators.
    static func escaped(_ value: String) -> String {
        value.reduce(into: "") { text, character in
            if character == "\\" || character.isWhitespace { text.append("\\") }
            text.append(character)
        }
    }

    /// A search path without the schema that has the user's name.
    static func withoutUsersSchema(_ searchPath: String) -> String {
        let schemas = searchPath.split(separator: ",").map { String($0.drop { $0 == " " }) }
        return schemas.filter { $0 != "\"$user\"" && $0 != "$user" }.joined(separator: ",")
    }

    /// Before a revision: whatever an earlier one left in the session is taken back.
    static let beforeRevision = ["RESET SESSION AUTHORIZATION", "RESET ALL"]

    /// Said in full: BEGIN comes in one message with the RESET of what an earlier revision left, and the server has looked
    /// at `default_transaction_read_only` and its like before that is reached.
    static let begin = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE NOT DEFERRABLE"

    /// What a revision's statements run under, as commands. `scope` is `LOCAL` in a transaction, else `SESSION`.
    static func forStatements(
        scope: String, role: String?, statementTimeout: Duration?, lockTimeout: Duration?
    ) -> [String] {
        var settings: [String] = []
        if let role { settings.append("SET \(scope) ROLE \(SQLIdentifier.quote(role))") }
        if let statementTimeout {
            settings.append("SET \(scope) statement_timeout = \(statementTimeout.milliseconds)")
        }
        if let lockTimeout { settings.append("SET \(scope) lock_timeout = \(lockTimeout.milliseconds)") }
        return settings
    }

    /// After a revision's statements, before ours: the constraints and triggers that it deferred are its own affair; then
    /// our own rights, and names that nothing of the revision's can shadow. The lock time-out stays: with strong locks in hand,
    /// the version row is not waited for without limit either. What we record is planned once, not anew for each revision.
    static let beforeRecording = [
        "SET CONSTRAINTS ALL IMMEDIATE", "RESET SESSION AUTHORIZATION",
        """
        SELECT pg_catalog.set_config('role', 'none', true), pg_catalog.set_config('search_path', 'pg_catalog', true), \
        pg_catalog.set_config('statement_timeout', '0', true), \
        pg_catalog.set_config('plan_cache_mode', 'force_generic_plan', true)
        """,
    ]
}

extension Duration {
    /// Whole milliseconds, at least 1 for anything above nothing.
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        let value = seconds * 1000 + attoseconds / 1_000_000_000_000_000
        return self > .zero ? max(1, value) : 0
    }

    /// Seconds with their fraction.
    var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
