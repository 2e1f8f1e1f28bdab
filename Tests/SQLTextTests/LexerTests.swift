import SQLText
import Testing

@Suite struct LexerTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var sql: String
        var kinds: [Token.Kind]
        var testDescription: String { sql }
    }

    private static func tokens(_ sql: String) throws -> [Token] {
        var lexer = Lexer(Array(sql.utf8))
        var tokens: [Token] = []
        while let token = try lexer.next() { tokens.append(token) }
        return tokens
    }

    static let cases: [Case] = [
        Case(sql: "a", kinds: [.identifier]),
        Case(sql: "straße", kinds: [.identifier]),
        Case(sql: "a$b$c", kinds: [.identifier]),
        Case(sql: "\"a\"\"b\"", kinds: [.quotedIdentifier]),
        Case(sql: "U&\"d\\0061t\"", kinds: [.quotedIdentifier]),
        Case(sql: "u & \"d\"", kinds: [.identifier, .whitespace, .operator, .whitespace, .quotedIdentifier]),
        Case(sql: "'it''s'", kinds: [.string]),
        Case(sql: "'\\'", kinds: [.string]),
        Case(sql: "E'\\''", kinds: [.string]),
        Case(sql: "e'\\\\'", kinds: [.string]),
        Case(sql: "U&'\\'", kinds: [.string]),
        Case(sql: "B'01'", kinds: [.string]),
        Case(sql: "x'ff'", kinds: [.string]),
        Case(sql: "N'a''b'", kinds: [.string]),
        Case(sql: "B'0''1'", kinds: [.string, .string]),
        Case(sql: "nice'a'", kinds: [.identifier, .string]),
        Case(sql: "'a'\n'b'", kinds: [.string]),
        Case(sql: "'a' -- then\n  -- more\n 'b'", kinds: [.string]),
        Case(sql: "'a' 'b'", kinds: [.string, .whitespace, .string]),
        Case(sql: "'a' /*\n*/ 'b'", kinds: [.string, .whitespace, .comment, .whitespace, .string]),
        Case(sql: "E'a'\n'\\''", kinds: [.string]),
        Case(sql: "$$a;$b$;$$", kinds: [.dollarString]),
        Case(sql: "$é$;$$;$é$", kinds: [.dollarString]),
        Case(sql: "$a$ $A$ $a$", kinds: [.dollarString]),
        Case(sql: "$a$b$a$", kinds: [.dollarString]),
        Case(sql: "$1", kinds: [.parameter]),
        Case(sql: "$1$2", kinds: [.parameter, .parameter]),
        Case(sql: "$ a", kinds: [.unknown, .whitespace, .identifier]),
        Case(sql: "$a b", kinds: [.unknown, .identifier, .whitespace, .identifier]),
        Case(sql: "1.5e-3", kinds: [.number]),
        Case(sql: ".5", kinds: [.number]),
        Case(sql: "1..2", kinds: [.number, .punctuation, .number]),
        Case(sql: "1_000", kinds: [.number]),
        Case(sql: "0xFF", kinds: [.number]),
        Case(sql: "1_0.5_0e+1_0", kinds: [.number]),
        Case(sql: "1e5$$;$1", kinds: [.number, .semicolon, .parameter]),
        Case(sql: "1e+5$$;$$", kinds: [.number, .dollarString]),
        Case(sql: "1e'a'", kinds: [.number, .string]),
        Case(sql: "1e+", kinds: [.number, .operator]),
        Case(sql: "a+-1", kinds: [.identifier, .operator, .operator, .number]),
        Case(sql: "a@-1", kinds: [.identifier, .operator, .number]),
        Case(sql: "a<--b", kinds: [.identifier, .operator, .comment]),
        Case(sql: "a*/*b*/c", kinds: [.identifier, .operator, .comment, .identifier]),
        Case(sql: "a::b:=c", kinds: [.identifier, .punctuation, .identifier, .punctuation, .identifier]),
        Case(sql: "/*a/*b*/c*/d", kinds: [.comment, .identifier]),
        Case(sql: "/**/", kinds: [.comment]),
        Case(sql: "--a\rb", kinds: [.comment, .whitespace, .identifier]),
        Case(sql: "a;b", kinds: [.identifier, .semicolon, .identifier]),
        Case(sql: "\\gset x", kinds: [.backslashCommand, .whitespace, .identifier]),
        Case(sql: "{", kinds: [.unknown]),
    ]

    @Test(arguments: cases) func kinds(_ example: Case) throws {
        let tokens = try Self.tokens(example.sql)
        #expect(tokens.map(\.kind) == example.kinds)
        #expect(tokens.first?.range.lowerBound == 0)
        #expect(tokens.last?.range.upperBound == example.sql.utf8.count)
        for (left, right) in zip(tokens, tokens.dropFirst()) {
            #expect(left.range.upperBound == right.range.lowerBound)
        }
    }

    @Test func positionsCountLinesAndScalars() throws {
        let tokens = try Self.tokens("é x\r\n ü y\rz\n\n'a\nb' w").filter(\.isSignificant)
        let places = tokens.map { [$0.position.line, $0.position.column, $0.position.offset] }
        #expect(
            places == [
                [1, 1, 0], [1, 3, 3], [2, 2, 7], [2, 4, 10], [3, 1, 12], [5, 1, 15], [6, 4, 21],
            ])
    }

    @Test func positionsBeginWhereTheCallerSays() throws {
        var lexer = Lexer(Array("a\nb".utf8), startingAt: SourcePosition(line: 7, column: 3, offset: 100))
        let first = try #require(try lexer.next())
        #expect(first.position == SourcePosition(line: 7, column: 3, offset: 100))
        #expect(first.range == 0..<1)
        _ = try lexer.next()
        let last = try #require(try lexer.next())
        #expect(last.position == SourcePosition(line: 8, column: 1, offset: 102))
    }

    @Test func byteOrderMarkIsWhitespaceOnlyAtTheBeginningOfAFile() throws {
        let tokens = try Self.tokens("\u{FEFF}select")
        #expect(tokens.map(\.kind) == [.whitespace, .identifier])
        #expect(tokens.last?.position == SourcePosition(line: 1, column: 1, offset: 3))
        var later = Lexer(Array("\u{FEFF}select".utf8), startingAt: SourcePosition(line: 2, column: 1, offset: 9))
        #expect(try later.next()?.kind == .identifier)
    }

    static let broken: [(String, Int, Int, String)] = [
        ("select 'a", 1, 8, "cannot read string"),
        ("select\n  E'a\\'", 2, 4, "cannot read string"),
        ("select 'a'\n 'b", 2, 2, "cannot read string"),
        ("x \"a\"\"", 1, 3, "cannot read quoted identifier"),
        ("x U&\"a", 1, 5, "cannot read quoted identifier"),
        ("ü /* a /* b */\n c", 1, 3, "cannot read comment"),
        ("do\n$x$ $X$ $y$", 2, 1, "cannot read dollar-quoted string"),
        ("do $$ a $", 1, 4, "cannot read dollar-quoted string"),
        ("select\n1\0", 2, 2, "cannot read SQL: a NUL byte"),
    ]

    @Test(arguments: broken) func errorsSayWhereTheThingBegins(
        _ sql: String, _ line: Int, _ column: Int, _ message: String
    ) throws {
        let error = try #require(throws: SQLTextError.self) { try StatementSplitter.split(sql) }
        #expect([error.position.line, error.position.column] == [line, column])
        #expect(error.message.hasPrefix(message))
        #expect(error.hint != nil)
        #expect(error.description.hasPrefix("\(line):\(column): \(message)"))
    }

    static let illFormed: [([UInt8], Int)] = [
        ([0x80], 0), ([0x61, 0xC0, 0x80], 1), ([0xE0, 0x80, 0x80], 0), ([0x61, 0xED, 0xA0, 0x80], 1), ([0xF5], 0),
        ([0xF4, 0x90, 0x80, 0x80], 0), ([0xC3, 0xA9, 0xC3], 2), ([0x27, 0xE2, 0x82, 0x27], 1), ([0xFF], 0),
        ([0xC3, 0x28], 0), ([0xF0, 0x9F, 0x98, 0x20], 0),
    ]

    @Test(arguments: illFormed) func bytesThatAreNotUTF8AreRefused(_ bytes: [UInt8], _ offset: Int) throws {
        let error = try #require(throws: SQLTextError.self) { try StatementSplitter.split(bytes: bytes) }
        #expect(error.message == "cannot read SQL: not UTF-8")
        #expect(error.position.offset == offset)
    }

    @Test func everyScalarIsRead() throws {
        let edges: [UInt32] = [
            0x7F, 0x80, 0x7FF, 0x800, 0xFFF, 0x1000, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x3FFFF, 0x10FFFF,
        ]
        for edge in edges {
            let scalar = try #require(Unicode.Scalar(edge))
            let text = "'\(String(Character(scalar)))'"
            #expect(try StatementSplitter.split(bytes: Array(text.utf8)).map(\.text) == [text])
        }
    }

    static let sameMeaning: [(String, String)] = [
        ("SELECT A, \"B\" -- x", "select a,/* y */\"B\""),
        ("select 'a'\n'b'", "select 'a' -- then\n\n  'b'"),
        ("select E'\\''\n'c'", "select E'\\''\n\n'c'"),
        ("a\r\n;b", "A ; B"),
    ]

    @Test(arguments: sameMeaning) func significantTokensForgetWhatHasNoMeaning(_ one: String, _ other: String) throws {
        #expect(try Lexer.significantTokens(of: one) == Lexer.significantTokens(of: other))
    }

    static let otherMeaning: [(String, String)] = [
        ("select 'A'", "select 'a'"),
        ("select \"A\"", "select \"a\""),
        ("select a b", "select ab"),
        ("select 'a' 'b'", "select 'a'\n'b'"),
        ("select 'a  b'", "select 'a b'"),
        ("do $$a$$", "do $$ a$$"),
        ("select E'\\1'\n'2'", "select E'\\12'"),
        ("select 'É'", "select 'é'"),
        ("select É", "select é"),
    ]

    @Test(arguments: otherMeaning) func significantTokensKeepWhatHasMeaning(_ one: String, _ other: String) throws {
        #expect(try Lexer.significantTokens(of: one) != Lexer.significantTokens(of: other))
    }
}
