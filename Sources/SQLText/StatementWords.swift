/// The significant tokens of one statement, to be asked for words by the rules that classify it.
struct StatementWords {
    let bytes: [UInt8]
    let lexemes: [Lexeme]

    var count: Int { lexemes.count }

    /// Whether token `index` is the bare word `keyword`, which is given in lower case.
    func matches(_ index: Int, _ keyword: StaticString) -> Bool {
        lexemes.indices.contains(index) && lexemes[index].matches(keyword, in: bytes)
    }

    /// Whether the bare words `keywords` stand one after the other from token `index`.
    func matches(_ index: Int, _ keywords: [StaticString]) -> Bool {
        for (step, keyword) in keywords.enumerated() where !matches(index + step, keyword) { return false }
        return true
    }

    /// Whether the statement begins with these bare words.
    func begins(with keywords: StaticString...) -> Bool {
        matches(0, keywords)
    }

    /// Whether token `index` is this one character of punctuation (or an operator of one character).
    func isSign(_ index: Int, _ sign: UInt8) -> Bool {
        guard lexemes.indices.contains(index) else { return false }
        let lexeme = lexemes[index]
        guard lexeme.upper == lexeme.lower + 1, bytes[lexeme.lower] == sign else { return false }
        return lexeme.kind == .punctuation || lexeme.kind == .operator || lexeme.kind == .semicolon
    }

    func kind(_ index: Int) -> Token.Kind? {
        lexemes.indices.contains(index) ? lexemes[index].kind : nil
    }

    /// The text of token `index` as it is written.
    func text(_ index: Int) -> String {
        guard lexemes.indices.contains(index) else { return "" }
        return String(decoding: bytes[lexemes[index].lower..<lexemes[index].upper], as: UTF8.self)
    }

    /// The text from token `index` to the end of the statement, as it is written.
    func text(from index: Int) -> String {
        guard lexemes.indices.contains(index) else { return "" }
        let last = lexemes.last { $0.kind != .semicolon } ?? lexemes[index]
        return String(decoding: bytes[lexemes[index].lower..<max(lexemes[index].lower, last.upper)], as: UTF8.self)
    }

    /// Token `index` in lower case if it is a bare word no longer than a keyword may be, else "".
    func word(_ index: Int) -> String {
        guard lexemes.indices.contains(index), lexemes[index].kind == .identifier else { return "" }
        let range = lexemes[index].lower..<lexemes[index].upper
        guard range.count < 64 else { return "" }
        return Byte.foldedText(bytes[range])
    }

    /// The token behind the parenthesis that closes the one at `index`; the end if nothing does.
    func afterParentheses(_ index: Int) -> Int {
        var depth = 0
        var index = index
        while index < count {
            if isSign(index, Byte.leftParenthesis) {
                depth += 1
            } else if isSign(index, Byte.rightParenthesis) {
                depth -= 1
                if depth <= 0 { return index + 1 }
            }
            index += 1
        }
        return index
    }

    /// A name, qualified or not, as its parts, and the token behind it.
    func name(at index: Int) -> (parts: [String], next: Int)? {
        var parts: [String] = []
        var index = index
        while kind(index) == .identifier || kind(index) == .quotedIdentifier {
            parts.append(SQLIdentifier.unquote(text(index)))
            index += 1
            guard isSign(index, Byte.dot) else { break }
            index += 1
        }
        return parts.isEmpty ? nil : (parts, index)
    }

    /// COPY table [(columns)] FROM STDIN (for the server, STDOUT means the same here).
    var isCopyFromClient: Bool {
        guard let source = copySource else { return false }
        return source.isFrom && source.isClient
    }

    /// COPY … TO STDOUT.
    var isCopyToClient: Bool {
        guard let source = copySource else { return false }
        return !source.isFrom && source.isClient
    }

    private var copySource: (isFrom: Bool, isClient: Bool)? {
        guard matches(0, "copy") else { return nil }
        var index = matches(1, "binary") && !isSign(2, Byte.dot) && !matches(2, "from") && !matches(2, "to") ? 2 : 1
        if isSign(index, Byte.leftParenthesis) {
            index = afterParentheses(index)
        } else {
            guard let name = name(at: index) else { return nil }
            index = name.next
            if isSign(index, Byte.leftParenthesis) { index = afterParentheses(index) }
        }
        let isFrom = matches(index, "from")
        guard isFrom || matches(index, "to") else { return nil }
        return (isFrom, matches(index + 1, "stdin") || matches(index + 1, "stdout"))
    }
}
