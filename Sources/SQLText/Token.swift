/// The smallest piece of SQL text that PostgreSQL's lexer knows.
public struct Token: Sendable, Hashable {
    /// What a token is. Keywords are identifiers: which is which depends on the place.
    public enum Kind: Sendable, Hashable {
        /// Blanks and line ends.
        case whitespace
        /// `-- …` or `/* … */`.
        case comment
        /// A bare identifier or keyword.
        case identifier
        /// `"…"` or `U&"…"`.
        case quotedIdentifier
        /// `'…'` in all its forms (`E`, `U&`, `B`, `X`, `N`), its continuations on further lines included.
        case string
        /// `$tag$…$tag$`.
        case dollarString
        /// A number.
        case number
        /// `$1`.
        case parameter
        /// An operator of operator characters.
        case `operator`
        /// `( ) [ ] , . ..` and `: :: :=`.
        case punctuation
        /// `;`.
        case semicolon
        /// `\word`: for psql, never for the server.
        case backslashCommand
        /// A character that SQL has no use for.
        case unknown
    }

    /// What it is.
    public var kind: Kind
    /// Where it stands in the bytes that the lexer was given.
    public var range: Range<Int>
    /// Where it begins in the file.
    public var position: SourcePosition

    /// False for white space and comments.
    public var isSignificant: Bool {
        kind != .whitespace && kind != .comment
    }
}

/// A token without its place in the file: what the splitter keeps of each.
struct Lexeme: Sendable {
    var kind: Token.Kind
    var lower: Int
    var upper: Int
}
