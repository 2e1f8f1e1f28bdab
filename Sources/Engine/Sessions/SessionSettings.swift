import SQLText

/// What our sessions set. See PostgreSQL's manual, "Client Connection Defaults" and "Lock Management".
enum SessionSettings {
    /// Right after connecting. The server is asked to notice within half a second that a killed daemon is gone.
    static func atStart(serverVersion: Int) -> String {
        var settings = [
            "SET lock_timeout = 0", "SET statement_timeout = 0", "SET idle_in_transaction_session_timeout = 0",
            "SET client_min_messages = notice", "SET standard_conforming_strings = on", "SET datestyle = 'ISO'",
        ]
        if serverVersion >= 140_000 {
            settings += ["SET client_connection_check_interval = 500", "SET idle_session_timeout = 0"]
        }
        return settings.joined(separator: "; ")
    }

    /// Before a revision: whatever an earlier one left in the session is taken back.
    static func beforeRevision(serverVersion: Int) -> String {
        "RESET SESSION AUTHORIZATION; RESET ALL; \(atStart(serverVersion: serverVersion))"
    }

    /// Said in full: BEGIN comes in one message with the RESET of what an earlier revision left, and the server has looked
    /// at `default_transaction_read_only` and its like before that is reached.
    static let begin = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE NOT DEFERRABLE"

    /// What a revision's statements run under. `scope` is `LOCAL` in a transaction, else `SESSION`.
    static func forStatements(
        scope: String, role: String?, statementTimeout: Duration?, lockTimeout: Duration?
    ) -> String {
        var settings: [String] = []
        if let role { settings.append("SET \(scope) ROLE \(SQLIdentifier.quote(role))") }
        if let statementTimeout {
            settings.append("SET \(scope) statement_timeout = \(statementTimeout.milliseconds)")
        }
        if let lockTimeout { settings.append("SET \(scope) lock_timeout = \(lockTimeout.milliseconds)") }
        return settings.joined(separator: "; ")
    }

    /// After a revision's statements, before ours: the constraints and triggers that it deferred are its own affair; then
    /// our own rights, and names that nothing of the revision's can shadow.
    static let beforeRecording = """
        SET CONSTRAINTS ALL IMMEDIATE; RESET SESSION AUTHORIZATION; SET LOCAL ROLE NONE; SET LOCAL search_path = pg_catalog; \
        SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0
        """
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
