import SQLText
import Testing

@Suite struct SQLIdentifierTests {
    static let names: [(String, String)] = [
        ("orders", "\"orders\""), ("Order", "\"Order\""), ("a\"b", "\"a\"\"b\""), ("", "\"\""), ("é\\ '", "\"é\\ '\""),
    ]

    @Test(arguments: names) func quotes(_ name: String, _ quoted: String) throws {
        #expect(SQLIdentifier.quote(name) == quoted)
        var lexer = Lexer(Array(quoted.utf8))
        #expect(try lexer.next()?.kind == .quotedIdentifier)
        #expect(try lexer.next() == nil)
    }

    @Test func quotesParts() {
        #expect(SQLIdentifier.quote(["public", "a.b"]) == "\"public\".\"a.b\"")
    }

    static let literals: [(String, String)] = [
        ("", "''"), ("it's", "'it''s'"), ("a\\b'", "E'a\\\\b'''"), ("é\n", "'é\n'"),
    ]

    @Test(arguments: literals) func quotesLiterals(_ text: String, _ quoted: String) throws {
        #expect(SQLIdentifier.quoteLiteral(text) == quoted)
        var lexer = Lexer(Array(quoted.utf8))
        #expect(try lexer.next()?.kind == .string)
        #expect(try lexer.next() == nil)
    }
}
