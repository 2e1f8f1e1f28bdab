/// Reads what a statement does to tables out of its tokens.
struct TableChangeRules {
    let words: StatementWords
    var cursor: PositionCursor
    var changes: [TableChange] = []
    private var table = ""
    private var place = SourcePosition.start

    init(words: StatementWords, cursor: PositionCursor) {
        self.words = words
        self.cursor = cursor
    }

    mutating func read() {
        let head = CommandHead(words)
        stand(at: 0)
        switch (head.command, head.object) {
        case ("create", "table"): readCreateTable(head)
        case ("create", "index"): readCreateIndex(head)
        case ("alter", "table"), ("alter", "materialized view"): readAlter(AlterTable(words, head))
        case ("drop", "table"), ("drop", "materialized view"), ("drop", "foreign table"): readDrop(head, .dropTable)
        case ("drop", "schema"), ("drop", "database"): readDrop(head, .dropTable)
        case ("drop", "index"):
            if !words.matches(head.next, "concurrently") { readDrop(head, .lockOut) }
        case ("reindex", _): readReindex(head)
        case ("vacuum", _), ("cluster", _), ("refresh", _): readRewriting(head)
        case ("lock", _): readLock()
        default: break
        }
    }

    private mutating func stand(at index: Int) {
        guard words.lexemes.indices.contains(index) else { return }
        place = cursor.position(at: words.lexemes[index].lower, in: words.bytes)
    }

    private mutating func add(_ kind: TableChange.Kind) {
        changes.append(TableChange(kind: kind, table: table, position: place))
    }

    /// Sets the table that is spoken of, and returns the token behind its name.
    private mutating func readTable(at index: Int) -> Int {
        guard let name = words.name(at: index) else { return index }
        table = name.parts.joined(separator: ".")
        return name.next
    }

    // MARK: Making and dropping

    private mutating func readCreateTable(_ head: CommandHead) {
        guard !head.modifiers.contains("temp"), !head.modifiers.contains("temporary") else { return }
        let next = readTable(at: words.skippingExistence(head.next))
        add(.createTable)
        guard words.isSign(next, Byte.leftParenthesis) else { return }
        for element in words.clauses(from: next + 1, to: words.afterParentheses(next) - 1) {
            stand(at: element.lowerBound)
            readElement(element, isNew: true)
        }
    }

    private mutating func readCreateIndex(_ head: CommandHead) {
        let isConcurrent = words.matches(head.next, "concurrently")
        guard let on = words.find("on", in: head.next..<words.count) else { return }
        let next = readTable(at: words.matches(on + 1, "only") ? on + 2 : on + 1)
        if !isConcurrent { add(.buildIndex) }
        if head.modifiers.contains("unique") { add(.demandUnique) }
        let list = words.matches(next, "using") ? next + 2 : next
        // One that has only some of the rows leaves the others to be looked for.
        guard words.find("where", in: list..<words.count) == nil else { return }
        add(.index(columns: columns(at: list)))
    }

    private mutating func readDrop(_ head: CommandHead, _ kind: TableChange.Kind) {
        for name in words.clauses(from: words.skippingExistence(head.next)) {
            stand(at: name.lowerBound)
            _ = readTable(at: name.lowerBound)
            add(kind)
        }
    }

    private mutating func readReindex(_ head: CommandHead) {
        guard !Reindex(words).isConcurrent, let target = Reindex(words).target?.rawValue, target != "system" else {
            return
        }
        table = words.name(at: words.count - 1)?.parts.joined(separator: ".") ?? ""
        add(.buildIndex)
    }

    private mutating func readRewriting(_ head: CommandHead) {
        guard RewriteRules.rewrites(words, head) == .yes else { return }
        let last = words.name(at: words.count - 1)
        let named = head.command == "refresh" ? words.name(at: head.next) : last
        table = named?.parts.joined(separator: ".") ?? ""
        add(.rewrite(isCertain: true))
    }

    private mutating func readLock() {
        guard LockRules.lock(words, CommandHead(words))?.blocksWrites == true else { return }
        var next = words.matches(1, "table") ? 2 : 1
        if words.matches(next, "only") { next += 1 }
        _ = readTable(at: next)
        add(.lockOut)
    }

    // MARK: ALTER TABLE

    private mutating func readAlter(_ alter: AlterTable) {
        table = alter.table.joined(separator: ".")
        for action in alter.actions {
            stand(at: action.lowerBound)
            switch words.word(action.lowerBound) {
            case "add": readAdd(action, alter)
            case "alter": readAlterColumn(action, alter)
            case "drop": readDropColumn(action)
            case "validate" where words.matches(action.lowerBound + 1, "constraint"):
                if let name = words.name(at: action.lowerBound + 2) { add(.validate(constraint: name.parts[0])) }
            case "attach": add(.check)
            case "detach" where !words.matches(action.upperBound - 1, "concurrently"): add(.lockOut)
            default:
                let rewrites = alter.rewrites(of: action)
                if rewrites != .no { add(.rewrite(isCertain: rewrites == .yes)) }
            }
        }
    }

    private mutating func readAdd(_ action: Range<Int>, _ alter: AlterTable) {
        let first = action.lowerBound + 1
        if Self.constraintWords.contains(words.word(first)) {
            return readElement(first..<action.upperBound, isNew: false)
        }
        let rewrites = alter.rewrites(of: action)
        if rewrites != .no { add(.rewrite(isCertain: rewrites == .yes)) }
        let name = words.skippingExistence(words.matches(first, "column") ? first + 1 : first)
        readColumn(name..<max(name, action.upperBound), isNew: false)
    }

    private mutating func readAlterColumn(_ action: Range<Int>, _ alter: AlterTable) {
        let next = words.matches(action.lowerBound + 1, "column") ? action.lowerBound + 2 : action.lowerBound + 1
        if let column = words.name(at: next), words.matches(column.next, ["set", "not", "null"]) {
            return add(.setNotNull(column: column.parts[0]))
        }
        let rewrites = alter.rewrites(of: action)
        if rewrites != .no { add(.rewrite(isCertain: rewrites == .yes)) }
    }

    private mutating func readDropColumn(_ action: Range<Int>) {
        let first = action.lowerBound + 1
        guard !words.matches(first, "constraint") else { return }
        let next = words.skippingExistence(words.matches(first, "column") ? first + 1 : first)
        if let column = words.name(at: next) { add(.dropColumn(column.parts[0])) }
    }

    // MARK: Columns and constraints

    private static let constraintWords: Set<String> = [
        "constraint", "primary", "unique", "foreign", "check", "exclude",
    ]

    /// An element of CREATE TABLE, or what ADD adds: a constraint, or a column with its own. In a new table there is nothing
    /// to check.
    private mutating func readElement(_ element: Range<Int>, isNew: Bool) {
        guard Self.constraintWords.contains(words.word(element.lowerBound)) else {
            return readColumn(element, isNew: isNew)
        }
        var first = element.lowerBound
        var name = ""
        if words.matches(first, "constraint") {
            name = words.name(at: first + 1)?.parts[0] ?? ""
            first += 2
        }
        let isUnchecked = words.find("not", "valid", in: element) != nil
        switch words.word(first) {
        case "primary", "unique":
            guard words.find("using", "index", in: element) == nil else { return }
            if !isNew { demandUnique() }
            let list = (first..<element.upperBound).first { words.isSign($0, Byte.leftParenthesis) }
            if let list { add(.index(columns: columns(at: list))) }
        case "foreign":
            add(.addForeignKey(columns: columns(at: first + 2)))
            if !isNew { add(isUnchecked ? .addUnchecked(constraint: name) : .check) }
        case "check", "exclude":
            if !isNew { add(isUnchecked ? .addUnchecked(constraint: name) : .check) }
        default: break
        }
    }

    private mutating func readColumn(_ definition: Range<Int>, isNew: Bool) {
        guard let name = words.name(at: definition.lowerBound), name.next < definition.upperBound else { return }
        let column = name.parts[0]
        let rest = name.next..<definition.upperBound
        let isUnique = words.find("unique", in: rest) != nil || words.find("primary", "key", in: rest) != nil
        if isUnique { add(.index(columns: [column])) }
        if words.find("references", in: rest) != nil { add(.addForeignKey(columns: [column])) }
        guard !isNew else { return }
        if isUnique { demandUnique() }
        let isFilled =
            words.find("default", in: rest) != nil || words.find("generated", in: rest) != nil
            || words.word(name.next).hasSuffix("serial")
        let isRequired = words.find("not", "null", in: rest) != nil || words.find("primary", "key", in: rest) != nil
        if isRequired, !isFilled { add(.addRequired(column: column)) }
    }

    private mutating func demandUnique() {
        add(.buildIndex)
        add(.demandUnique)
    }

    /// The plain columns of the list in parentheses at `index`, up to the first expression.
    private func columns(at index: Int) -> [String] {
        guard words.isSign(index, Byte.leftParenthesis) else { return [] }
        return words.clauses(from: index + 1, to: words.afterParentheses(index) - 1)
            .prefix { words.name(at: $0.lowerBound) != nil && !words.isSign($0.lowerBound + 1, Byte.leftParenthesis) }
            .compactMap { words.name(at: $0.lowerBound)?.parts[0] }
    }
}
