/// Cuts a script into statements where psql would send them: at each `;` outside of quotes, comments, parentheses and
/// `BEGIN ATOMIC` bodies, with the data of `COPY … FROM stdin` beside its statement.
public enum StatementSplitter {
    /// The statements of `sql`, whose first character stands at `start` in its file.
    public static func split(
        _ sql: String, startingAt start: SourcePosition = .start
    ) throws(SQLTextError) -> [Statement] {
        try split(bytes: Array(sql.utf8), startingAt: start)
    }

    /// The statements of UTF-8 text, whose first byte stands at `start` in its file.
    public static func split(
        bytes: [UInt8], startingAt start: SourcePosition = .start
    ) throws(SQLTextError) -> [Statement] {
        var splitting = Splitting(bytes, startingAt: start)
        try splitting.run()
        return splitting.statements
    }
}

/// The state of one walk over a script.
private struct Splitting {
    private(set) var statements: [Statement] = []
    private var lexer: Lexer
    private var cursor: PositionCursor
    private var lexemes: [Lexeme] = []
    private var nesting = StatementNesting()
    /// Where reading goes on behind COPY data, while the rest of the line of its statement is still being read.
    private var resumption: Int?

    init(_ bytes: [UInt8], startingAt start: SourcePosition) {
        lexer = Lexer(bytes, startingAt: start)
        cursor = PositionCursor(startingAt: start)
    }

    mutating func run() throws(SQLTextError) {
        while true {
            while let lexeme = try lexer.nextLexeme() {
                try take(lexeme)
            }
            guard let resumption else { break }
            try requireEndedStatement()
            lexer.offset = resumption
            lexer.end = lexer.bytes.count
            self.resumption = nil
        }
        try requireClosedNesting()
        try finishStatement()
    }

    private mutating func take(_ lexeme: Lexeme) throws(SQLTextError) {
        switch lexeme.kind {
        case .whitespace, .comment:
            return
        case .semicolon where nesting.isOutermost:
            try finishStatement()
            return
        case .backslashCommand:
            throw backslashError(lexeme)
        default:
            nesting.take(lexeme, in: lexer.bytes)
            lexemes.append(lexeme)
        }
    }

    private mutating func finishStatement() throws(SQLTextError) {
        defer {
            lexemes.removeAll(keepingCapacity: true)
            nesting = StatementNesting()
        }
        guard let first = lexemes.first, let last = lexemes.last else { return }
        let position = cursor.position(at: first.lower, in: lexer.bytes)
        let words = StatementWords(bytes: lexer.bytes, lexemes: lexemes)
        var statement = Statement(
            text: String(decoding: lexer.bytes[first.lower..<last.upper], as: UTF8.self),
            position: position, kind: StatementKind(words))
        if words.isCopyFromClient { statement.copyData = try takeCopyData(for: position) }
        statements.append(statement)
    }

    /// psql reads COPY data from the line after the one on which the statement ended, then goes on behind the `;`.
    private mutating func takeCopyData(for position: SourcePosition) throws(SQLTextError) -> [UInt8] {
        let missing = SQLTextError(
            message: "cannot read COPY data: no line \"\\.\" ends it", position: position,
            hint: "write the data below the COPY statement, and a line that is only \\. below the data")
        let beginning: Int
        if let resumption {
            beginning = resumption
        } else {
            var lineEnd = lexer.offset
            while lineEnd < lexer.end, lexer.bytes[lineEnd] != Byte.newline { lineEnd += 1 }
            guard lineEnd < lexer.end else { throw missing }
            beginning = lineEnd + 1
            lexer.end = beginning
        }
        guard let data = CopyData.find(in: lexer.bytes, from: beginning) else { throw missing }
        resumption = data.resumption
        return Array(lexer.bytes[beginning..<data.end])
    }

    private func requireEndedStatement() throws(SQLTextError) {
        guard let first = lexemes.first else { return }
        throw lexer.error(
            "cannot read statement: COPY data begins before the statement ends", at: first.lower,
            hint: "begin the statement on a line of its own, below the COPY data")
    }

    private func requireClosedNesting() throws(SQLTextError) {
        if let opening = nesting.openParenthesis {
            throw lexer.error(
                "cannot read statement: \"(\" without \")\"", at: opening,
                hint: "close the parenthesis: a \";\" inside parentheses does not end a statement")
        }
        if let opening = nesting.openBody {
            throw lexer.error(
                "cannot read function body: BEGIN without END", at: opening,
                hint: "end the body with END, and each CASE inside it as well")
        }
    }

    private func backslashError(_ lexeme: Lexeme) -> SQLTextError {
        let command = String(decoding: lexer.bytes[lexeme.lower..<lexeme.upper], as: UTF8.self)
        if command == "\\." {
            return lexer.error(
                "cannot read SQL: \"\\.\" without COPY data", at: lexeme.lower,
                hint: "remove the line, or begin its data with COPY … FROM stdin")
        }
        return lexer.error(
            "cannot run \"\(command)\": it is a command of psql, not SQL", at: lexeme.lower,
            hint: "remove it, or write the SQL that it stands for")
    }
}

/// What keeps a `;` from ending the statement: parentheses, and the `BEGIN ATOMIC … END` body of a routine.
///
/// The rules are psql's. A body can only be in a statement that begins with CREATE [OR REPLACE] FUNCTION or PROCEDURE;
/// in there BEGIN opens, CASE opens inside, END closes. Beyond psql, a word that can only be a name (behind `.` or AS,
/// or BEGIN before `(` or `.`) counts for nothing.
private struct StatementNesting {
    private var parentheses = 0
    private var bodies = 0
    private(set) var openParenthesis: Int?
    private(set) var openBody: Int?
    /// The first letters of the first four bare words, where they are words that matter; 0 for any other word.
    private var leading: (UInt8, UInt8, UInt8, UInt8) = (0, 0, 0, 0)
    private var wordCount = 0
    private var followsNameSign = false

    var isOutermost: Bool { parentheses == 0 && bodies == 0 }

    mutating func take(_ lexeme: Lexeme, in bytes: [UInt8]) {
        switch lexeme.kind {
        case .punctuation where lexeme.upper == lexeme.lower + 1:
            takePunctuation(bytes[lexeme.lower], at: lexeme.lower)
        case .identifier:
            takeWord(lexeme, in: bytes)
            followsNameSign = lexeme.matches("as", in: bytes)
        default:
            followsNameSign = false
        }
    }

    private mutating func takePunctuation(_ byte: UInt8, at index: Int) {
        if byte == Byte.leftParenthesis {
            if parentheses == 0 { openParenthesis = index }
            parentheses += 1
        } else if byte == Byte.rightParenthesis, parentheses > 0 {
            parentheses -= 1
            if parentheses == 0 { openParenthesis = nil }
        }
        followsNameSign = byte == Byte.dot
    }

    private mutating func takeWord(_ lexeme: Lexeme, in bytes: [UInt8]) {
        if wordCount < 4 { noteLeading(lexeme, in: bytes) }
        wordCount += 1
        guard parentheses == 0, !followsNameSign, canHaveBody else { return }
        if lexeme.matches("begin", in: bytes) {
            if lexeme.isFollowedByNameSign(in: bytes) { return }
            if bodies == 0 { openBody = lexeme.lower }
            bodies += 1
        } else if bodies > 0, lexeme.matches("case", in: bytes) {
            bodies += 1
        } else if bodies > 0, lexeme.matches("end", in: bytes) {
            bodies -= 1
            if bodies == 0 { openBody = nil }
        }
    }

    private mutating func noteLeading(_ lexeme: Lexeme, in bytes: [UInt8]) {
        let counts =
            lexeme.matches("create", in: bytes) || lexeme.matches("function", in: bytes)
            || lexeme.matches("procedure", in: bytes) || lexeme.matches("or", in: bytes)
            || lexeme.matches("replace", in: bytes)
        guard counts else { return }
        let letter = Byte.folded(bytes[lexeme.lower])
        switch wordCount {
        case 0: leading.0 = letter
        case 1: leading.1 = letter
        case 2: leading.2 = letter
        default: leading.3 = letter
        }
    }

    private var canHaveBody: Bool {
        let f = UInt8(ascii: "f")
        let p = UInt8(ascii: "p")
        guard leading.0 == UInt8(ascii: "c") else { return false }
        if leading.1 == f || leading.1 == p { return true }
        return leading.1 == UInt8(ascii: "o") && leading.2 == UInt8(ascii: "r") && (leading.3 == f || leading.3 == p)
    }
}

extension Lexeme {
    /// Whether this is the bare word `keyword`, which is given in lower case.
    func matches(_ keyword: StaticString, in bytes: [UInt8]) -> Bool {
        guard kind == .identifier, upper - lower == keyword.utf8CodeUnitCount else { return false }
        return keyword.withUTF8Buffer { letters in
            for (step, letter) in letters.enumerated() where Byte.folded(bytes[lower + step]) != letter { return false }
            return true
        }
    }

    /// Whether a `(` or `.` follows at once or behind blanks: what stands here is a name then.
    fileprivate func isFollowedByNameSign(in bytes: [UInt8]) -> Bool {
        var index = upper
        while index < bytes.count, Byte.isSpace(bytes[index]) { index += 1 }
        return index < bytes.count && (bytes[index] == Byte.leftParenthesis || bytes[index] == Byte.dot)
    }
}
