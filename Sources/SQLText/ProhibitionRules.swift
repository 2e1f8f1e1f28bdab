extension Prohibition {
    /// Why this statement must not be in a revision; nil if it may.
    static func of(_ words: StatementWords) -> Prohibition? {
        switch words.word(0) {
        case "begin", "commit", "end", "abort", "start":
            return words.begins(with: "commit", "prepared") ? .twoPhaseCommit : .transactionControl
        case "rollback":
            return ofRollback(words)
        case "prepare" where words.matches(1, "transaction") && !isNameOfPrepared(words):
            return .twoPhaseCommit
        case "discard" where words.matches(1, "all"):
            return .discardAll
        case "reset":
            if words.matches(1, "all") { return .resetAll }
            return words.matches(1, ["session", "authorization"]) || words.matches(1, "session_authorization")
                ? .sessionAuthorization : nil
        case "deallocate":
            return words.matches(1, "all") || words.matches(1, ["prepare", "all"]) ? .deallocateAll : nil
        case "set":
            return ofSet(words)
        case "copy" where words.isCopyToClient:
            return .copyToClient
        default:
            return callsAdvisoryUnlock(words) ? .advisoryUnlock : nil
        }
    }

    /// ROLLBACK [WORK | TRANSACTION] TO [SAVEPOINT] name goes back inside the transaction and is allowed.
    private static func ofRollback(_ words: StatementWords) -> Prohibition? {
        if words.matches(1, "prepared") { return .twoPhaseCommit }
        let next = words.matches(1, "work") || words.matches(1, "transaction") ? 2 : 1
        return words.matches(next, "to") ? nil : .transactionControl
    }

    /// `PREPARE transaction AS …` and `PREPARE transaction (int) AS …` name a prepared statement "transaction".
    private static func isNameOfPrepared(_ words: StatementWords) -> Bool {
        words.matches(2, "as") || words.isSign(2, Byte.leftParenthesis)
    }

    private static func ofSet(_ words: StatementWords) -> Prohibition? {
        for next in words.matches(1, "local") || words.matches(1, "session") ? [1, 2] : [1] {
            if words.matches(next, ["session", "authorization"]) || words.matches(next, "session_authorization") {
                return .sessionAuthorization
            }
        }
        return nil
    }

    /// Whether an unlocking function is called, and not only mentioned in a definition or a grant.
    private static func callsAdvisoryUnlock(_ words: StatementWords) -> Bool {
        var found = false
        for (index, lexeme) in words.lexemes.enumerated() where lexeme.upper - lexeme.lower >= 18 {
            guard lexeme.kind == .identifier || lexeme.kind == .quotedIdentifier else { continue }
            guard words.isSign(index + 1, Byte.leftParenthesis) else { continue }
            if SQLIdentifier.unquote(words.text(index)).hasPrefix("pg_advisory_unlock") {
                found = true
                break
            }
        }
        return found && !onlyDefines(words)
    }

    private static func onlyDefines(_ words: StatementWords) -> Bool {
        let head = CommandHead(words)
        switch head.command {
        case "grant", "revoke", "comment", "drop", "security":
            return true
        case "create", "alter":
            return ["function", "procedure", "routine", "view", "rule", "trigger", "policy", "default privileges"]
                .contains(head.object)
        default:
            return false
        }
    }
}
