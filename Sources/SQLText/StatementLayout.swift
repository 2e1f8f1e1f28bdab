/// A statement as people like to read it, with the same tokens: no blanks at the ends of lines, no tabs, and no margin that
/// comes from the program in which it was written. What is quoted stays as it is.
public enum StatementLayout {
    /// The statement's text, laid out anew.
    public static func tidied(_ statement: Statement) throws(SQLTextError) -> String {
        let bytes = Array(statement.text.utf8)
        var lexer = Lexer(bytes)
        var pieces: [(isSpace: Bool, text: String)] = []
        while let token = try lexer.next() {
            let text = String(decoding: bytes[token.range], as: UTF8.self)
            pieces.append((token.kind == .whitespace, text))
        }
        let indents = pieces.lazy.filter { $0.isSpace && $0.text.contains("\n") }.map { indent(of: $0.text) }
        let change = shift(first: statement.position, least: indents.min() ?? 0)
        return pieces.map { $0.isSpace ? tidied($0.text, by: change) : $0.text }.joined()
    }

    /// How far the lines behind the first one move. Where the first began on a line of its own, all have one margin; else
    /// its margin is not known, and the others are indented below it.
    private static func shift(first: SourcePosition, least: Int) -> Int {
        if first.line > 1 { return -min(first.column - 1, least) }
        return least > 4 ? 4 - least : 0
    }

    private static func tidied(_ space: String, by change: Int) -> String {
        let lineEnds = space.utf8.count { $0 == UInt8(ascii: "\n") }
        guard lineEnds > 0 else { return String(repeating: " ", count: indent(of: space)) }
        return String(repeating: "\n", count: lineEnds)
            + String(repeating: " ", count: max(indent(of: space) + change, 0))
    }

    /// The columns behind the last line end; a tab counts as four.
    private static func indent(of space: String) -> Int {
        space.utf8.reversed().prefix { $0 != UInt8(ascii: "\n") }.reduce(0) { $0 + ($1 == UInt8(ascii: "\t") ? 4 : 1) }
    }
}
