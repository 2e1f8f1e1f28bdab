import SQLText
import Testing

@Suite struct LexerTests {
    @Test func words() throws {
        #expect(try Lexer.significantTokens(of: "SELECT 1 -- x") == ["select", "1"])
    }
}
