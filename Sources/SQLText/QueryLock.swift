/// The strongest lock that a query takes on a table: by what it writes, by what it locks, by what it reads.
struct QueryLock {
    private(set) var lock: TableLock?
    private let words: StatementWords

    /// Looks at the tokens from `start` on.
    init(_ words: StatementWords, from start: Int) {
        self.words = words
        let commonTables = Self.commonTables(words, from: start)
        var specialDepths: [Bool] = []
        for index in start..<max(start, words.count) {
            if words.isSign(index, Byte.leftParenthesis) {
                specialDepths.append(takesFrom(index - 1))
            } else if words.isSign(index, Byte.rightParenthesis) {
                _ = specialDepths.popLast()
            }
            guard words.kind(index) == .identifier else { continue }
            if writes(index, start) {
                lock = .rowExclusive
                return
            }
            if locksRows(index) {
                raise(.rowShare)
            } else if specialDepths.last != true, readsTable(index, start, commonTables) {
                raise(.accessShare)
            }
        }
    }

    private mutating func raise(_ other: TableLock) {
        lock = lock.map { max($0, other) } ?? other
    }

    /// Functions whose arguments have a FROM of their own.
    private func takesFrom(_ index: Int) -> Bool {
        index >= 0 && ["extract", "substring", "trim", "overlay", "position"].contains(words.word(index))
    }

    private func writes(_ index: Int, _ start: Int) -> Bool {
        if words.matches(index, ["insert", "into"]) || words.matches(index, ["delete", "from"])
            || words.matches(index, ["merge", "into"])
        {
            return !isLabel(index)
        }
        guard words.matches(index, "update") else { return false }
        return index == start || words.isSign(index - 1, Byte.leftParenthesis) || beginsQuery(index)
    }

    /// Behind the common tables of a WITH, the options of an EXPLAIN, the AS of a PREPARE.
    private func beginsQuery(_ index: Int) -> Bool {
        guard index > 0 else { return true }
        if words.isSign(index - 1, Byte.rightParenthesis) { return true }
        return ["explain", "analyze", "verbose", "as"].contains(words.word(index - 1))
    }

    private func isLabel(_ index: Int) -> Bool {
        index > 0 && words.isSign(index - 1, Byte.dot)
    }

    private func locksRows(_ index: Int) -> Bool {
        guard words.matches(index, "for") else { return false }
        return words.matches(index + 1, "update") || words.matches(index + 1, "share")
            || words.matches(index + 1, ["no", "key", "update"]) || words.matches(index + 1, ["key", "share"])
    }

    private func readsTable(_ index: Int, _ start: Int, _ commonTables: Set<String>) -> Bool {
        let isSource =
            (words.matches(index, "from") && !words.matches(index - 1, "distinct")) || words.matches(index, "join")
            || (words.matches(index, "table") && index == start)
        guard isSource, !isLabel(index) else { return false }
        var next = index + 1
        while words.matches(next, "only") || words.matches(next, "lateral") { next += 1 }
        guard let name = words.name(at: next), !words.isSign(name.next, Byte.leftParenthesis) else { return false }
        return name.parts.count > 1 || !commonTables.contains(name.parts[0])
    }

    /// The names in `WITH name [(columns)] AS [NOT] [MATERIALIZED] (…)`.
    private static func commonTables(_ words: StatementWords, from start: Int) -> Set<String> {
        var names: Set<String> = []
        guard (start..<max(start, words.count)).contains(where: { words.matches($0, "with") }) else { return names }
        for index in start..<words.count where words.matches(index, "as") && index > start {
            var body = index + 1
            if words.matches(body, "not") { body += 1 }
            if words.matches(body, "materialized") { body += 1 }
            guard words.isSign(body, Byte.leftParenthesis) else { continue }
            var name = index - 1
            if words.isSign(name, Byte.rightParenthesis) {
                while name > start, !words.isSign(name, Byte.leftParenthesis) { name -= 1 }
                name -= 1
            }
            if let parts = words.name(at: name)?.parts { names.insert(parts[0]) }
        }
        return names
    }
}
