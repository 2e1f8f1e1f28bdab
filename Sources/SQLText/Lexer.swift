/// PostgreSQL's lexical rules (`standard_conforming_strings` on), over UTF-8.
///
/// It is total: every byte belongs to exactly one token, or an error is thrown that says where the unfinished thing
/// begins. The time it takes is linear in the length of the text, whatever the text.
public struct Lexer: Sendable {
    let bytes: [UInt8]
    /// Where the next token begins.
    var offset = 0
    /// Where the text ends for now; the splitter moves it to keep tokens out of COPY data.
    var end: Int
    var operatorRun = OperatorRun(end: 0, lastExtended: -1, trailing: 0)
    private let start: SourcePosition
    private var cursor: PositionCursor
    private let defect: TextDefect?

    /// Reads `bytes`, of which the first stands at `start` in its file.
    public init(_ bytes: [UInt8], startingAt start: SourcePosition = .start) {
        self.bytes = bytes
        self.start = start
        end = bytes.count
        cursor = PositionCursor(startingAt: start)
        defect = TextDefect.first(in: bytes)
    }

    /// The next token, white space and comments included, or nil at the end.
    public mutating func next() throws(SQLTextError) -> Token? {
        guard let lexeme = try nextLexeme() else { return nil }
        let position = cursor.position(at: lexeme.lower, in: bytes)
        return Token(kind: lexeme.kind, range: lexeme.lower..<lexeme.upper, position: position)
    }

    /// The next token without the cost of its line and column.
    mutating func nextLexeme() throws(SQLTextError) -> Lexeme? {
        if let defect { throw error(for: defect) }
        guard offset < end else { return nil }
        let lower = offset
        let kind = try scan()
        return Lexeme(kind: kind, lower: lower, upper: offset)
    }

    /// The position of a byte in the file; walks from the beginning, for errors.
    func position(at index: Int) -> SourcePosition {
        var cursor = PositionCursor(startingAt: start)
        return cursor.position(at: index, in: bytes)
    }

    func error(_ message: String, at index: Int, hint: String? = nil) -> SQLTextError {
        SQLTextError(message: message, position: position(at: index), hint: hint)
    }

    private func error(for defect: TextDefect) -> SQLTextError {
        let hint = "save the file as UTF-8 text without NUL bytes"
        return switch defect {
        case .nul(let index): error("cannot read SQL: a NUL byte", at: index, hint: hint)
        case .notUTF8(let index): error("cannot read SQL: not UTF-8", at: index, hint: hint)
        }
    }

    /// The byte at `index`, or 0 past the end (the text itself has no 0).
    func byte(at index: Int) -> UInt8 {
        index < end ? bytes[index] : 0
    }

    static func beginsWithByteOrderMark(_ bytes: [UInt8]) -> Bool {
        bytes.count >= 3 && bytes[0] == 0xEF && bytes[1] == 0xBB && bytes[2] == 0xBF
    }

    /// Moves `offset` past one token and says what it was.
    private mutating func scan() throws(SQLTextError) -> Token.Kind {
        let first = bytes[offset]
        if Byte.isSpace(first) || isAtByteOrderMark { return scanWhitespace() }
        if Byte.startsIdentifier(first) { return try scanWord() }
        if Byte.isDigit(first) { return scanNumber() }
        switch first {
        case Byte.quote:
            return try scanString(openedAt: offset, backslashEscapes: false)
        case Byte.doubleQuote:
            return try scanQuotedIdentifier(openedAt: offset)
        case Byte.dollar:
            return try scanDollar()
        case Byte.minus where byte(at: offset + 1) == Byte.minus:
            return scanLineComment()
        case Byte.slash where byte(at: offset + 1) == Byte.asterisk:
            return try scanBlockComment()
        case Byte.dot where Byte.isDigit(byte(at: offset + 1)):
            return scanNumber()
        case Byte.semicolon:
            offset += 1
            return .semicolon
        case Byte.backslash:
            return scanBackslashCommand()
        default:
            return Byte.isOperator(first) ? scanOperator() : scanPunctuation()
        }
    }

    private var isAtByteOrderMark: Bool {
        offset == 0 && start.offset == 0 && Self.beginsWithByteOrderMark(bytes)
    }

    private mutating func scanWhitespace() -> Token.Kind {
        if isAtByteOrderMark { offset = 3 }
        while offset < end, Byte.isSpace(bytes[offset]) { offset += 1 }
        return .whitespace
    }

    private mutating func scanLineComment() -> Token.Kind {
        while offset < end, !Byte.isNewline(bytes[offset]) { offset += 1 }
        return .comment
    }

    private mutating func scanBlockComment() throws(SQLTextError) -> Token.Kind {
        let opening = offset
        var depth = 0
        repeat {
            guard offset < end else {
                throw error(
                    "cannot read comment: \"/*\" without \"*/\"", at: opening,
                    hint: "end the comment with \"*/\", once for each \"/*\" inside it as well")
            }
            let here = bytes[offset]
            let next = byte(at: offset + 1)
            if here == Byte.slash, next == Byte.asterisk {
                depth += 1
                offset += 2
            } else if here == Byte.asterisk, next == Byte.slash {
                depth -= 1
                offset += 2
            } else {
                offset += 1
            }
        } while depth > 0
        return .comment
    }

    private mutating func scanBackslashCommand() -> Token.Kind {
        offset += 1
        while offset < end, !Byte.isSpace(bytes[offset]), bytes[offset] != Byte.backslash { offset += 1 }
        return .backslashCommand
    }
}
