/// Recognises well-known causes in what PostgreSQL's programs write to their standard error.
///
/// They give no code to go by, only text; they run in the C locale, so that it is always the same text. What is
/// recognised adds a cause and a hint for people; whether a run failed is never decided here.
enum ToolDiagnosis {
    private struct Sign {
        var text: String
        var cause: ToolError.Cause
        var hint: String?
    }

    private static let signs: [Sign] = [
        Sign(
            text: "aborting because of server version mismatch", cause: .versionMismatch,
            hint: "install PostgreSQL's client programs of the server's version or a newer one"),
        Sign(
            text: "in file header", cause: .versionMismatch,
            hint: "use programs at least as new as those that wrote the archive"),
        Sign(
            text: "unrecognized configuration parameter", cause: .versionMismatch,
            hint: "use programs of the server's own major version"),
        Sign(text: "password authentication failed", cause: .authentication, hint: "check the user and the password"),
        Sign(text: "no password supplied", cause: .authentication, hint: "configure the user's password"),
        Sign(
            text: "authentication failed", cause: .authentication, hint: "check the server's pg_hba.conf for this user"),
        Sign(
            text: "no pg_hba.conf entry", cause: .authentication,
            hint: "allow this user, database and address in the server's pg_hba.conf"),
        Sign(text: "No space left on device", cause: .noSpace, hint: "free some space, or use another file system"),
        Sign(text: "Disk quota exceeded", cause: .noSpace, hint: "free some space, or raise the quota"),
        Sign(
            text: "row-level security", cause: .permissionDenied,
            hint: "back up as the tables' owner, or as a role with BYPASSRLS"),
        Sign(
            text: "permission denied for", cause: .permissionDenied,
            hint: "grant the role what it lacks; pg_read_all_data lets it read all tables"),
        Sign(
            text: "permission denied to set role", cause: .permissionDenied, hint: "make the user a member of the role"),
        Sign(text: "must be owner of", cause: .permissionDenied, hint: "run as the object's owner"),
        Sign(
            text: "too many clients already", cause: .unreachable,
            hint: "raise the server's max_connections, or use fewer jobs"),
        Sign(
            text: "remaining connection slots are reserved", cause: .unreachable,
            hint: "raise the server's max_connections, or use fewer jobs"),
        Sign(
            text: "too many connections for role", cause: .unreachable,
            hint: "use fewer jobs, or raise the role's limit"),
        Sign(
            text: "canceling statement due to lock timeout", cause: .timedOut,
            hint: "wait until whoever holds the lock has finished"),
        // How pg_dump ends its own waiting for a lock.
        Sign(
            text: "canceling statement due to statement timeout", cause: .timedOut,
            hint: "wait until whoever holds the lock has finished"),
        Sign(text: "Connection refused", cause: .unreachable, hint: "start the server, or correct host and port"),
        Sign(text: "connection to server", cause: .unreachable, hint: nil),
        Sign(text: "could not translate host name", cause: .unreachable, hint: "check the host's name"),
        Sign(text: "Permission denied", cause: .permissionDenied, hint: nil),
    ]

    /// The same error with its cause, the line that names it, and a hint, where one of the signs is there.
    static func explain(_ error: ToolError, tools: ToolVersion) -> ToolError {
        guard error.cause == .failed else { return error }
        for sign in signs {
            guard let line = error.standardError.last(where: { contains($0, sign.text) }) else { continue }
            var explained = error
            explained.cause = sign.cause
            explained.hint = sign.hint
            explained.reason = withoutProgram(line, error.program)
            return explained
        }
        // What comes after an error's own line (details, the command) says less than that line.
        guard let line = error.standardError.last(where: { contains($0, "error: ") || contains($0, "ERROR:  ") })
        else { return error }
        var explained = error
        explained.reason = withoutValues(withoutProgram(line, error.program))
        return explained
    }

    /// Of the server's messages, those that only say what things are called.
    private static let plain = ["does not exist", "already exists", "violates", "permission denied", "must be owner"]

    /// The line without the server's words, where they may be what stands in a row: a reason is written where more people
    /// read it than may see that. The whole line stays among those of standard error.
    private static func withoutValues(_ line: String) -> String {
        let mark = "ERROR:  "
        guard let range = line.utf8.firstRange(of: Array(mark.utf8)) else { return line }
        let words = String(line[range.upperBound...])
        // A value that is refused stands after a colon.
        if !contains(words, ": \""), plain.contains(where: { contains(words, $0) }) { return line }
        return "\(line[..<range.lowerBound])an error of the server, whose text may hold data"
    }

    private static func contains(_ line: String, _ text: String) -> Bool {
        line.utf8.firstRange(of: Array(text.utf8)) != nil
    }

    private static func withoutProgram(_ line: String, _ program: String) -> String {
        for prefix in ["\(program): error: ", "\(program): detail: ", "\(program): "] where line.hasPrefix(prefix) {
            return String(line.dropFirst(prefix.count))
        }
        return line
    }
}
