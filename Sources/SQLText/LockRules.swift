/// The strongest lock that a statement takes on a table (or materialized view) that already exists.
enum LockRules {
    static func lock(_ words: StatementWords, _ head: CommandHead) -> TableLock? {
        switch head.command {
        case "create":
            return lockOfCreate(words, head)
        case "alter":
            return lockOfAlter(words, head)
        case "drop":
            return lockOfDrop(words, head)
        case "select", "with", "values", "table", "insert", "update", "delete", "merge", "explain", "prepare",
            "declare":
            return QueryLock(words, from: 0).lock
        case "copy":
            return lockOfCopy(words)
        case "truncate", "cluster", "repack":
            return .accessExclusive
        case "lock":
            return lockOfLock(words)
        case "vacuum":
            return Vacuum(words).isFull ? .accessExclusive : .shareUpdateExclusive
        case "analyze", "analyse":
            return .shareUpdateExclusive
        case "reindex":
            return Reindex(words).isConcurrent ? .shareUpdateExclusive : .share
        case "refresh":
            return words.matches(head.next, "concurrently") ? .exclusive : .accessExclusive
        case "comment", "security":
            return lockOfComment(head)
        case "reassign":
            return .accessExclusive
        default:
            return nil
        }
    }

    private static func lockOfCreate(_ words: StatementWords, _ head: CommandHead) -> TableLock? {
        switch head.object {
        case "table", "foreign table":
            return lockOfCreateTable(words, head)
        case "index":
            return words.matches(head.next, "concurrently") ? .shareUpdateExclusive : .share
        case "view", "materialized view":
            return QueryLock(words, from: head.next).lock
        case "trigger":
            // INSTEAD OF is for views, of which nothing is counted here.
            let isOnView = words.find("instead", "of", in: head.next..<words.count) != nil
            return isOnView ? nil : .shareRowExclusive
        case "rule", "policy":
            return .accessExclusive
        case "statistics":
            return .shareUpdateExclusive
        case "publication":
            return words.find("table", in: head.next..<words.count) == nil ? nil : .shareUpdateExclusive
        case "schema":
            return lockOfCreateTable(words, head)
        case "sequence":
            return ownsColumn(words, head) ? .accessShare : nil
        case "function", "procedure":
            return lockOfBody(words, head)
        default:
            return nil
        }
    }

    private static func lockOfCreateTable(_ words: StatementWords, _ head: CommandHead) -> TableLock? {
        var locks: [TableLock] = []
        let range = head.next..<max(head.next, words.count)
        if words.find("partition", "of", in: range) != nil { locks.append(.accessExclusive) }
        if words.find("inherits", in: range) != nil { locks.append(.shareUpdateExclusive) }
        if let query = words.find("as", in: range), let lock = QueryLock(words, from: query).lock { locks.append(lock) }
        for index in range where words.matches(index, "references") && words.name(at: index + 1) != nil {
            locks.append(.shareRowExclusive)
        }
        for index in range where words.matches(index, "like") {
            let isElement = words.isSign(index - 1, Byte.leftParenthesis) || words.isSign(index - 1, Byte.comma)
            if isElement, words.name(at: index + 1) != nil { locks.append(.accessShare) }
        }
        return locks.max()
    }

    private static func ownsColumn(_ words: StatementWords, _ head: CommandHead) -> Bool {
        guard let owned = words.find("owned", "by", in: head.next..<words.count) else { return false }
        return !words.matches(owned + 2, "none")
    }

    /// The body of a routine, if it is SQL and not a string: it is parsed at once.
    private static func lockOfBody(_ words: StatementWords, _ head: CommandHead) -> TableLock? {
        let range = head.next..<words.count
        guard let body = words.find("begin", "atomic", in: range) ?? words.find("return", in: range) else { return nil }
        return QueryLock(words, from: body + 1).lock
    }

    private static func lockOfAlter(_ words: StatementWords, _ head: CommandHead) -> TableLock? {
        switch head.object {
        case "table", "foreign table", "materialized view":
            return AlterTable(words, head).lock
        case "domain":
            return lockOfAlterDomain(words, head)
        case "policy", "trigger", "rule":
            return .accessExclusive
        case "publication":
            return words.find("table", in: head.next..<words.count) == nil ? nil : .shareUpdateExclusive
        case "sequence":
            return ownsColumn(words, head) ? .accessShare : nil
        case "type":
            let hasAttribute = words.find("attribute", in: head.next..<words.count) != nil
            return hasAttribute && words.matches(words.count - 1, "cascade") ? .accessExclusive : nil
        default:
            return nil
        }
    }

    /// A constraint that is checked has the tables that use the domain read, with no writers.
    private static func lockOfAlterDomain(_ words: StatementWords, _ head: CommandHead) -> TableLock? {
        guard let name = words.name(at: head.next) else { return nil }
        let range = name.next..<words.count
        switch words.word(name.next) {
        case "add": return words.find("not", "valid", in: range) == nil ? .share : nil
        case "set": return words.matches(name.next + 1, ["not", "null"]) ? .share : nil
        case "validate": return .share
        default: return nil
        }
    }

    private static func lockOfDrop(_ words: StatementWords, _ head: CommandHead) -> TableLock? {
        switch head.object {
        case "index":
            return words.matches(head.next, "concurrently") ? .shareUpdateExclusive : .accessExclusive
        case "table", "foreign table", "materialized view", "trigger", "rule", "policy", "owned":
            return .accessExclusive
        case "statistics":
            return .shareUpdateExclusive
        case "schema", "type", "domain", "function", "procedure", "routine", "aggregate", "sequence", "extension",
            "operator", "collation", "server":
            return words.matches(words.count - 1, "cascade") ? .accessExclusive : nil
        default:
            return nil
        }
    }

    private static func lockOfCopy(_ words: StatementWords) -> TableLock? {
        if words.isSign(1, Byte.leftParenthesis) { return QueryLock(words, from: 1).lock }
        return words.find("from", in: 1..<words.count) == nil ? .accessShare : .rowExclusive
    }

    private static func lockOfLock(_ words: StatementWords) -> TableLock {
        guard let start = words.find("in", in: 1..<words.count) else { return .accessExclusive }
        var name = ""
        var index = start + 1
        while index < words.count, !words.matches(index, "mode") {
            name += words.word(index)
            index += 1
        }
        return TableLock.allCases.first { $0.rawValue.lowercased() == name } ?? .accessExclusive
    }

    private static func lockOfComment(_ head: CommandHead) -> TableLock? {
        switch head.object {
        case "table", "column", "materialized view", "foreign table":
            return .shareUpdateExclusive
        case "constraint", "trigger", "rule", "policy":
            return .accessShare
        default:
            return nil
        }
    }
}

/// VACUUM, with its options in the old or the new form.
struct Vacuum {
    var isFull: Bool

    init(_ words: StatementWords) {
        if words.isSign(1, Byte.leftParenthesis) {
            isFull = words.isOn("full", in: words.options(at: 1)) ?? false
        } else {
            isFull = words.matches(1, "full")
        }
    }
}
