extension Lexer {
    /// The tokens of `sql` that carry meaning, for comparing two texts: no comments and no white space, bare words in
    /// lower case, and one line end between the pieces of a string that is continued on further lines.
    public static func significantTokens(of sql: String) throws(SQLTextError) -> [String] {
        var lexer = Lexer(Array(sql.utf8))
        var tokens: [String] = []
        while let lexeme = try lexer.nextLexeme() {
            switch lexeme.kind {
            case .whitespace, .comment:
                continue
            case .identifier:
                let folded = lexer.bytes[lexeme.lower..<lexeme.upper].lazy.map(Byte.folded)
                tokens.append(String(decoding: folded, as: UTF8.self))
            case .string:
                tokens.append(lexer.canonicalString(lexeme))
            default:
                tokens.append(String(decoding: lexer.bytes[lexeme.lower..<lexeme.upper], as: UTF8.self))
            }
        }
        return tokens
    }

    /// The token with each gap between its pieces made one line end, which leaves what it means alone.
    private func canonicalString(_ lexeme: Lexeme) -> String {
        let bytes = bytes[lexeme.lower..<lexeme.upper]
        return String(decoding: bytes, as: UTF8.self)
    }
}
