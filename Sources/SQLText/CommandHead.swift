/// The words with which a statement begins, up to where it names what it works on.
struct CommandHead {
    /// The first word, in lower case: `create`.
    var command: String
    /// The kind of object, in lower case: `materialized view`; "" where the command names none.
    var object: String
    /// The words between: `or replace`, `unique`, `temporary`.
    var modifiers: [String]
    /// The token behind the words of the object.
    var next: Int

    init(_ words: StatementWords) {
        next = 0
        while words.isSign(next, Byte.leftParenthesis) { next += 1 }
        command = words.word(next)
        object = ""
        modifiers = []
        next += 1
        switch command {
        case "create", "alter", "drop":
            readModifiers(words)
            readObject(words)
        case "comment" where words.matches(1, "on"):
            next = 2
            readObject(words)
        case "security":
            while next < words.count, !words.matches(next, "on") { next += 1 }
            next += 1
            readObject(words)
        case "refresh", "import", "reassign":
            readObject(words)
        case "start", "commit", "rollback", "prepare", "discard", "lock", "release":
            if Self.secondWords.contains(words.word(1)) { object = words.word(1) }
        case "reindex":
            object = Reindex(words).target?.rawValue ?? ""
        default:
            break
        }
    }

    private mutating func readModifiers(_ words: StatementWords) {
        guard command == "create" else { return }
        while Self.modifierWords.contains(words.word(next)) {
            modifiers.append(words.word(next))
            next += 1
        }
    }

    private mutating func readObject(_ words: StatementWords) {
        let first = words.word(next)
        guard !first.isEmpty else { return }
        let length = Self.lengthOfObject(first, words.word(next + 1), words.word(next + 2))
        object = (0..<length).map { words.word(next + $0) }.joined(separator: " ")
        next += length
    }

    private static func lengthOfObject(_ first: String, _ second: String, _ third: String) -> Int {
        switch (first, second) {
        case ("text", "search"), ("foreign", "data"): third.isEmpty ? 2 : 3
        case ("materialized", "view"), ("foreign", "table"), ("foreign", "schema"), ("event", "trigger"),
            ("operator", "class"), ("operator", "family"), ("access", "method"), ("user", "mapping"),
            ("default", "privileges"), ("large", "object"), ("procedural", "language"), ("property", "graph"):
            2
        default: 1
        }
    }

    private static let modifierWords: Set<String> = [
        "or", "replace", "unique", "temp", "temporary", "local", "global", "unlogged", "recursive", "trusted",
        "constraint", "default",
    ]

    /// Second words that belong to the name of a command and are no name of the user's.
    private static let secondWords: Set<String> = ["transaction", "prepared", "all", "table", "savepoint"]

    /// The command as people call it.
    func verb(isConcurrent: Bool) -> String {
        let particle = command == "comment" || command == "security" ? " on " : " "
        var verb = command == "security" ? "security label" : command
        if !object.isEmpty { verb += particle + object }
        if isConcurrent { verb += command == "alter" ? " detach partition concurrently" : " concurrently" }
        return verb.uppercased()
    }
}

extension StatementWords {
    /// The token behind `IF EXISTS` or `IF NOT EXISTS`, if one of them stands at `index`.
    func skippingExistence(_ index: Int) -> Int {
        if matches(index, ["if", "not", "exists"]) { return index + 3 }
        return matches(index, ["if", "exists"]) ? index + 2 : index
    }

    /// The options of a list `(name, name value, name = value)` that opens at `index`, in lower case, quotes removed.
    func options(at index: Int) -> [String: String?] {
        var options: [String: String?] = [:]
        guard isSign(index, Byte.leftParenthesis) else { return options }
        let close = afterParentheses(index) - 1
        var next = index + 1
        while next < close {
            let name = word(next)
            next += 1
            while isSign(next, Byte.dot) { next += 2 }
            if isSign(next, Byte.equals) { next += 1 }
            var value: String?
            while next < close, !isSign(next, Byte.comma) {
                if value == nil { value = optionValue(next) }
                next = isSign(next, Byte.leftParenthesis) ? afterParentheses(next) : next + 1
            }
            options.updateValue(value, forKey: name)
            next += 1
        }
        return options
    }

    private func optionValue(_ index: Int) -> String {
        let written = kind(index) == .string ? SQLIdentifier.unquoteLiteral(text(index)) ?? "" : text(index)
        return SQLIdentifier.unquote(written)
    }

    /// Whether a Boolean option is given and on; nil if it is not given.
    func isOn(_ name: String, in options: [String: String?]) -> Bool? {
        guard let value = options[name] else { return nil }
        switch value {
        case "off", "false", "0", "no": return false
        default: return true
        }
    }

    /// The clauses between `start` and `end` that commas outside of brackets divide.
    func clauses(from start: Int, to end: Int? = nil) -> [Range<Int>] {
        let end = end ?? count
        var clauses: [Range<Int>] = []
        var depth = 0
        var lower = start
        for index in start..<max(start, end) {
            if isSign(index, Byte.leftParenthesis) || isSign(index, UInt8(ascii: "[")) {
                depth += 1
            } else if isSign(index, Byte.rightParenthesis) || isSign(index, UInt8(ascii: "]")) {
                depth -= 1
            } else if depth == 0, isSign(index, Byte.comma) {
                clauses.append(lower..<index)
                lower = index + 1
            }
        }
        if lower < end { clauses.append(lower..<end) }
        return clauses
    }

    /// The first place in `range` outside of brackets where the bare words `keywords` stand one after the other.
    func find(_ keywords: StaticString..., in range: Range<Int>) -> Int? {
        var depth = 0
        for index in range {
            if isSign(index, Byte.leftParenthesis) || isSign(index, UInt8(ascii: "[")) {
                depth += 1
            } else if isSign(index, Byte.rightParenthesis) || isSign(index, UInt8(ascii: "]")) {
                depth -= 1
            } else if depth == 0, index + keywords.count <= range.upperBound, matches(index, keywords) {
                return index
            }
        }
        return nil
    }
}
