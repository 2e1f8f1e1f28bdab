/// ALTER TABLE (or FOREIGN TABLE, MATERIALIZED VIEW): its table and its actions.
struct AlterTable {
    let words: StatementWords
    /// The name of the table, as its parts.
    var table: [String] = []
    /// The tokens of each action.
    var actions: [Range<Int>] = []
    /// ALTER TABLE ALL IN TABLESPACE.
    var isOfTablespace = false

    init(_ words: StatementWords, _ head: CommandHead) {
        self.words = words
        var next = words.skippingExistence(head.next)
        if words.matches(next, ["all", "in", "tablespace"]) {
            isOfTablespace = true
            return
        }
        if words.matches(next, "only") { next += 1 }
        let isInParentheses = words.isSign(next, Byte.leftParenthesis)
        guard let name = words.name(at: isInParentheses ? next + 1 : next) else { return }
        table = name.parts
        next = isInParentheses ? name.next + 1 : name.next
        if words.isSign(next, Byte.asterisk) { next += 1 }
        actions = words.clauses(from: next)
    }

    var detachesConcurrently: Bool {
        actions.contains { words.matches($0.lowerBound, ["detach", "partition"]) && endsWith("concurrently", $0) }
    }

    /// The strongest lock over all actions, tables that they refer to included.
    ///
    /// DETACH … CONCURRENTLY counts as what it holds while it waits; the strong lock on the partition, which it takes
    /// when all others have left, is left out.
    var lock: TableLock? {
        isOfTablespace ? .accessExclusive : actions.map(lock(of:)).max()
    }

    /// Whether one of the actions writes the table anew.
    var rewrites: Ternary {
        if isOfTablespace { return .unknown }
        return Ternary.any(actions.map(rewrites(of:)))
    }

    private func endsWith(_ keyword: StaticString, _ action: Range<Int>) -> Bool {
        words.matches(action.upperBound - 1, keyword)
    }

    private func lock(of action: Range<Int>) -> TableLock {
        let first = action.lowerBound
        switch words.word(first) {
        case "validate", "cluster":
            return .shareUpdateExclusive
        case "detach":
            let isGentle = endsWith("concurrently", action) || endsWith("finalize", action)
            return isGentle ? .shareUpdateExclusive : .accessExclusive
        case "add":
            return lockOfAdd(action)
        case "alter":
            return lockOfAlter(action)
        case "enable", "disable":
            let isModified = words.matches(first + 1, "always") || words.matches(first + 1, "replica")
            return words.matches(isModified ? first + 2 : first + 1, "trigger") ? .shareRowExclusive : .accessExclusive
        case "set":
            if words.matches(first + 1, ["without", "cluster"]) { return .shareUpdateExclusive }
            return words.isSign(first + 1, Byte.leftParenthesis) ? lockOfStorage(at: first + 1) : .accessExclusive
        case "reset":
            return lockOfStorage(at: first + 1)
        default:
            return .accessExclusive
        }
    }

    private func lockOfAdd(_ action: Range<Int>) -> TableLock {
        let first = action.lowerBound
        let isNamed = words.matches(first + 1, "constraint")
        let isForeignKey = words.matches(isNamed ? first + 3 : first + 1, ["foreign", "key"])
        return isForeignKey ? .shareRowExclusive : .accessExclusive
    }

    private func lockOfAlter(_ action: Range<Int>) -> TableLock {
        let first = action.lowerBound
        if words.matches(first + 1, "constraint") { return .accessExclusive }
        let next = words.matches(first + 1, "column") ? first + 3 : first + 2
        let isOption = words.isSign(next + 1, Byte.leftParenthesis)
        switch words.word(next) {
        case "set" where isOption || words.matches(next + 1, "statistics"), "reset" where isOption:
            return .shareUpdateExclusive
        default:
            return .accessExclusive
        }
    }

    /// Storage parameters are changed beside readers and writers, but for a few.
    private func lockOfStorage(at index: Int) -> TableLock {
        let strong: Set<String> = ["user_catalog_table", "security_barrier", "security_invoker", "check_option"]
        let options = words.options(at: index)
        return options.keys.contains(where: strong.contains) ? .accessExclusive : .shareUpdateExclusive
    }

    func rewrites(of action: Range<Int>) -> Ternary {
        let first = action.lowerBound
        switch words.word(first) {
        case "add":
            return rewritesByAdd(action)
        case "alter":
            return rewritesByAlter(action)
        case "set":
            return rewritesBySet(first + 1)
        default:
            return .no
        }
    }

    /// A table that is there already stays as it is; most are in the default tablespace and access method.
    private func rewritesBySet(_ index: Int) -> Ternary {
        switch words.word(index) {
        case "logged", "unlogged": .yes
        case "tablespace": words.matches(index + 1, "pg_default") ? .unknown : .yes
        case "access" where words.matches(index + 1, "method"): words.matches(index + 2, "heap") ? .unknown : .yes
        default: .no
        }
    }

    private func rewritesByAdd(_ action: Range<Int>) -> Ternary {
        var next = action.lowerBound + 1
        switch words.word(next) {
        case "constraint", "primary", "foreign", "check", "unique", "exclude":
            return .no
        case "not" where words.matches(next + 1, "null"):
            return .no
        case "column":
            next += 1
        default:
            break
        }
        next = words.skippingExistence(next) + 1
        guard next < action.upperBound else { return .unknown }
        return ColumnRewrite(words: words, definition: next..<action.upperBound).byAdding
    }

    private func rewritesByAlter(_ action: Range<Int>) -> Ternary {
        let first = action.lowerBound
        if words.matches(first + 1, "constraint") { return .no }
        let next = words.matches(first + 1, "column") ? first + 3 : first + 2
        if words.matches(next, ["set", "expression"]) { return .yes }
        var type = next
        if words.matches(next, ["set", "data", "type"]) {
            type = next + 3
        } else if words.matches(next, "type") {
            type = next + 1
        } else {
            return .no
        }
        guard type < action.upperBound else { return .unknown }
        return ColumnRewrite(words: words, definition: type..<action.upperBound).byChangingType
    }
}

extension Ternary {
    /// Yes if one is yes; else unknown if one is; else no.
    static func any(_ answers: [Ternary]) -> Ternary {
        if answers.contains(.yes) { return .yes }
        return answers.contains(.unknown) ? .unknown : .no
    }
}
