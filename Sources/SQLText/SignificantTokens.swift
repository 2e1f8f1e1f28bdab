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
                tokens.append(Byte.foldedText(lexer.bytes[lexeme.lower..<lexeme.upper]))
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
        let opening = bytes[lexeme.lower..<lexeme.upper].firstIndex(of: Byte.quote) ?? lexeme.lower
        let hasEscapes = Byte.folded(bytes[lexeme.lower]) == UInt8(ascii: "e")
        var result = Array(bytes[lexeme.lower...opening])
        var index = opening + 1
        while index < lexeme.upper {
            let here = bytes[index]
            result.append(here)
            index += 1
            guard index < lexeme.upper else { break }
            if here == Byte.backslash, hasEscapes {
                result.append(bytes[index])
                index += 1
            } else if here == Byte.quote, bytes[index] == Byte.quote {
                result.append(Byte.quote)
                index += 1
            } else if here == Byte.quote, let next = continuationQuote(after: index) {
                result.append(contentsOf: [Byte.newline, Byte.quote])
                index = next + 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
