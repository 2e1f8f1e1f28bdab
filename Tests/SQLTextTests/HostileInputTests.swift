import SQLText
import Testing

/// A small generator with a fixed beginning, so that each run sees the same texts.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

@Suite struct HostileInputTests {
    private static let pieces = [
        "'", "''", "E'", "\\'", "\"", "U&\"", "U&'", "$$", "$a$", "$a", "$1", "(", ")", ";", ";", "\n", "\r\n", " ",
        "--",
        "/*", "*/", "+", "-", "/", "@", "::", ".", ",", "[", "]", "=", "é", "日", "\u{FEFF}", "0x", "1e", "1_", "\\.",
        "\\x",
        "create ", "alter ", "drop ", "or replace ", "function ", "table ", "index ", "concurrently ", "on ", "only ",
        "begin ", "atomic ", "end ", "case ", "as ", "copy ", "from ", "stdin", ";\n1\n\\.\n", "with ", "select ",
        "update ",
        "add ", "column ", "type ", "using ", "default ", "set ", "if not exists ", "partition ", "of ", "detach ",
        "references ", "like ", "vacuum ", "full ", "reindex ", "refresh ", "materialized view ", "lock ", "mode ",
        "in ",
        "comment ", "security ", "label ", "do ", "language ", "subscription ", "database ", "domain ", "value ", "\0",
        "pg_advisory_unlock_all", "explain ", "cascade", "publication ", "sequence ", "owned by ", "return ",
    ]

    /// What must hold for every text, readable or not.
    private static func check(_ bytes: [UInt8]) {
        var lexer = Lexer(bytes)
        var end = 0
        while let token = try? lexer.next() {
            guard token.range.lowerBound == end, token.range.upperBound > end else {
                Issue.record("tokens do not touch at \(end) in \(bytes)")
                return
            }
            end = token.range.upperBound
        }
        guard let statements = try? StatementSplitter.split(bytes: bytes) else { return }
        var offset = 0
        for statement in statements {
            let text = Array(statement.text.utf8)
            let place = statement.position.offset
            let isFound = place >= offset && place + text.count <= bytes.count
            let isSame = isFound && String(decoding: bytes[place..<place + text.count], as: UTF8.self) == statement.text
            guard isFound, isSame, !text.isEmpty else {
                Issue.record("statement \(statement.text) is not at \(place) in \(bytes)")
                return
            }
            offset = place + text.count
        }
    }

    @Test(arguments: 0..<8) func bytesAtRandom(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<400 {
            let length = Int.random(in: 0..<60, using: &generator)
            Self.check((0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) })
            Self.check((0..<length).map { _ in UInt8.random(in: 9...127, using: &generator) })
        }
    }

    @Test(arguments: 0..<8) func piecesAtRandom(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed &+ 1000)
        for _ in 0..<1500 {
            let length = Int.random(in: 0..<24, using: &generator)
            let text = (0..<length).map { _ in Self.pieces.randomElement(using: &generator) ?? "" }.joined()
            Self.check(Array(text.utf8))
        }
    }

    @Test(arguments: 0..<4) func wordsAtRandomAreClassified(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed &+ 2000)
        let words =
            Self.pieces.filter { $0.hasSuffix(" ") || ["(", ")", ",", ".", "=", "["].contains($0) } + [
                "a ", "b ", "'x' ",
            ]
        for _ in 0..<2500 {
            let length = Int.random(in: 1..<12, using: &generator)
            let text = (0..<length).map { _ in words.randomElement(using: &generator) ?? "" }.joined()
            Self.check(Array(text.utf8))
        }
    }

    static let repeated = [
        "'", "\"", "$a$b", "$a", "+", "+-", "=-", "(", ")", "/*", "*/", "'a'\n", "'a' --\n", "select 1;", "a.",
        "from a.",
        ") as (", "with a as (", "create function begin case ", "vacuum (full ", "create table x (like ", "e'\\'",
        "only ",
        "copy t from stdin;", "copy t from stdin;\n\\.\n", "add column a int default f(1), ", "[", "\n", "U&\"", "$1",
        "-- \r",
    ]

    /// Each would take minutes if a rule looked back or ahead without a bound.
    @Test(.timeLimit(.minutes(15)), arguments: repeated) func hugeRepetition(_ unit: String) {
        for prefix in ["", "select ", "alter table t "] {
            let text = prefix + String(repeating: unit, count: 20_000 / unit.utf8.count)
            _ = try? StatementSplitter.split(text)
            _ = try? Lexer.significantTokens(of: text)
        }
    }

    @Test func everyPrefixOfAScriptIsReadOrRefused() {
        let script = """
            -- é
            CREATE FUNCTION f() RETURNS text BEGIN ATOMIC SELECT CASE WHEN true THEN 'a''b' END; END;
            COPY "t""x" (a) FROM stdin;
            1\t\\N
            \\.
            DO $x$ BEGIN PERFORM 1; END $x$; SELECT E'\\'' 'c', /* a /* b */ */ U&"d" @- 1;
            """
        let bytes = Array(script.utf8)
        for end in 0...bytes.count { Self.check(Array(bytes[..<end])) }
    }
}
