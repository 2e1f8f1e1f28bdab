/// What a statement does to a table, as its text says: whether there is such a table, and what is in it, no text tells.
public struct TableChange: Sendable, Hashable {
    /// What is done.
    public enum Kind: Sendable, Hashable {
        case createTable
        case dropTable
        case dropColumn(String)
        /// Every row is written anew; perhaps, where that depends on what the text does not show.
        case rewrite(isCertain: Bool)
        /// Every row is read to check a constraint.
        case check
        /// The constraint is checked later.
        case addUnchecked(constraint: String)
        case validate(constraint: String)
        case setNotNull(column: String)
        /// A column comes that has to have a value and is given none.
        case addRequired(column: String)
        /// An index is built while nobody may write.
        case buildIndex
        /// It may hold no two rows with the same values from now on.
        case demandUnique
        /// Columns with an index that begins with them.
        case index(columns: [String])
        case addForeignKey(columns: [String])
        /// A lock that keeps everybody out, beside the table's own changes.
        case lockOut
    }

    public var kind: Kind
    /// The table's name as it is written, without quotes; of an index's statement that names none, the index's.
    public var table: String
    public var position: SourcePosition
}

extension Statement {
    /// What it does to tables, in the order of its text. Of a text that cannot be taken apart, nothing.
    public var tableChanges: [TableChange] {
        var lexer = Lexer(Array(text.utf8))
        var lexemes: [Lexeme] = []
        do {
            while let lexeme = try lexer.nextLexeme() {
                if lexeme.kind != .whitespace, lexeme.kind != .comment, lexeme.kind != .semicolon {
                    lexemes.append(lexeme)
                }
            }
        } catch {
            return []
        }
        var rules = TableChangeRules(
            words: StatementWords(bytes: lexer.bytes, lexemes: lexemes), cursor: PositionCursor(startingAt: position))
        rules.read()
        return rules.changes
    }
}
