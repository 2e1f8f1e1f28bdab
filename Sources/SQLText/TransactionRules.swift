/// Whether PostgreSQL (13 and later) refuses a statement in a transaction block.
///
/// What depends on the catalogue is answered for the ordinary case: CLUSTER and REINDEX of a partitioned table are
/// refused as well, and only the server can tell that a table is partitioned.
enum TransactionRules {
    static func refusal(_ words: StatementWords, _ head: CommandHead) -> Ternary {
        switch head.command {
        case "vacuum":
            return .yes
        case "create", "drop", "alter":
            return refusalOfDefinition(words, head)
        case "reindex":
            return refusalOfReindex(words)
        case "cluster", "repack":
            return refusalOfCluster(words)
        case "discard":
            return words.matches(1, "all") ? .yes : .no
        case "commit", "rollback":
            return words.matches(1, "prepared") ? .yes : .no
        case "call":
            return .unknown
        case "do":
            return RoutineBody.mayControlTransaction(words) ? .unknown : .no
        default:
            return .no
        }
    }

    private static func refusalOfDefinition(_ words: StatementWords, _ head: CommandHead) -> Ternary {
        switch (head.command, head.object) {
        case ("create", "database"), ("drop", "database"), ("create", "tablespace"), ("drop", "tablespace"),
            ("alter", "system"):
            return .yes
        case ("create", "index"), ("drop", "index"):
            return words.matches(head.next, "concurrently") ? .yes : .no
        case ("create", "subscription"):
            return createsSlot(words, head) ? .yes : .no
        case ("drop", "subscription"):
            return .unknown
        case ("alter", "subscription"):
            return refusalOfAlterSubscription(words, head)
        case ("alter", "database"):
            return movesDatabase(words, head) ? .yes : .no
        case ("alter", "table"):
            return AlterTable(words, head).detachesConcurrently ? .yes : .no
        default:
            return .no
        }
    }

    private static func refusalOfReindex(_ words: StatementWords) -> Ternary {
        let reindex = Reindex(words)
        switch reindex.target {
        case .schema, .database, .system: return .yes
        case .index, .table: return reindex.isConcurrent ? .yes : .no
        case nil: return .unknown
        }
    }

    /// CLUSTER and REPACK work through all tables, a transaction each, unless one is named.
    private static func refusalOfCluster(_ words: StatementWords) -> Ternary {
        var next = 1
        if words.isSign(next, Byte.leftParenthesis) {
            if words.isOn("concurrently", in: words.options(at: next)) == true { return .yes }
            next = words.afterParentheses(next)
        } else if words.matches(next, "verbose") {
            next += 1
        }
        return next >= words.count || words.matches(next, ["using", "index"]) ? .yes : .no
    }

    private static func createsSlot(_ words: StatementWords, _ head: CommandHead) -> Bool {
        let options = withOptions(words, from: head.next)
        if words.isOn("connect", in: options) == false { return false }
        return words.isOn("create_slot", in: options) ?? true
    }

    private static func refusalOfAlterSubscription(_ words: StatementWords, _ head: CommandHead) -> Ternary {
        guard let name = words.name(at: head.next) else { return .unknown }
        switch words.word(name.next) {
        case "refresh":
            return .yes
        case "set" where words.isSign(name.next + 1, Byte.leftParenthesis):
            let options = words.options(at: name.next + 1)
            return options.keys.contains("failover") || options.keys.contains("two_phase") ? .yes : .no
        case "set", "add", "drop":
            guard words.matches(name.next + 1, "publication") else { return .no }
            return words.isOn("refresh", in: withOptions(words, from: name.next)) == false ? .no : .yes
        default:
            return .no
        }
    }

    private static func withOptions(_ words: StatementWords, from start: Int) -> [String: String?] {
        guard start < words.count, let with = words.find("with", in: start..<words.count) else { return [:] }
        return words.options(at: with + 1)
    }

    private static func movesDatabase(_ words: StatementWords, _ head: CommandHead) -> Bool {
        guard let name = words.name(at: head.next) else { return false }
        if words.matches(name.next, ["set", "tablespace"]) { return !words.isSign(name.next + 2, Byte.equals) }
        return words.matches(name.next, "tablespace") || words.matches(name.next, ["with", "tablespace"])
    }
}

/// What can be said of the body of a DO block without knowing its language.
enum RoutineBody {
    /// Whether a word in the body may end the transaction, or run a statement that is refused in one.
    static func mayControlTransaction(_ words: StatementWords) -> Bool {
        for (index, lexeme) in words.lexemes.enumerated() {
            switch lexeme.kind {
            case .identifier where lexeme.matches("language", in: words.bytes):
                let language = words.text(index + 1).split(separator: "'").first.map(String.init) ?? ""
                if SQLIdentifier.unquote(language) != "plpgsql" { return true }
            case .string, .dollarString:
                if !words.matches(index - 1, "language"), hasRiskyWord(words.bytes[lexeme.lower..<lexeme.upper]) {
                    return true
                }
            default:
                continue
            }
        }
        return false
    }

    private static func hasRiskyWord(_ body: ArraySlice<UInt8>) -> Bool {
        var index = body.startIndex
        while index < body.endIndex {
            guard Byte.startsIdentifier(body[index]) else {
                index += 1
                continue
            }
            let lower = index
            while index < body.endIndex, Byte.continuesIdentifier(body[index]), body[index] != Byte.dollar {
                index += 1
            }
            guard (4...8).contains(index - lower) else { continue }
            switch Byte.foldedText(body[lower..<index]) {
            case "commit", "rollback", "execute", "call": return true
            default: continue
            }
        }
        return false
    }
}

/// REINDEX [(options)] target [CONCURRENTLY] [name].
struct Reindex {
    var target: StandaloneProbe.ReindexTarget?
    var isConcurrent = false
    var name: [String] = []

    init(_ words: StatementWords) {
        var next = 1
        if words.isSign(next, Byte.leftParenthesis) {
            isConcurrent = words.isOn("concurrently", in: words.options(at: next)) ?? false
            next = words.afterParentheses(next)
        } else if words.matches(next, "verbose") {
            next += 1
        }
        target = StandaloneProbe.ReindexTarget(rawValue: words.word(next))
        next += 1
        if words.matches(next, "concurrently") {
            isConcurrent = true
            next += 1
        }
        name = words.name(at: next)?.parts ?? []
    }
}
