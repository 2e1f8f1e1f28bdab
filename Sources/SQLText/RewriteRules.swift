/// Whether a statement writes a table anew (its relation gets a new file).
enum RewriteRules {
    static func rewrites(_ words: StatementWords, _ head: CommandHead) -> Ternary {
        switch (head.command, head.object) {
        case ("truncate", _), ("cluster", _), ("repack", _):
            return .yes
        case ("vacuum", _):
            return Vacuum(words).isFull ? .yes : .no
        case ("refresh", _):
            return words.matches(head.next, "concurrently") ? .no : .yes
        case ("alter", "table"), ("alter", "foreign table"), ("alter", "materialized view"):
            return AlterTable(words, head).rewrites
        case ("alter", "type"):
            return words.matches(words.count - 1, "cascade") && hasTypeChange(words, head) ? .unknown : .no
        case ("alter", "extension"), ("call", _), ("do", _):
            return .unknown
        default:
            return .no
        }
    }

    /// ALTER TYPE … ALTER ATTRIBUTE … TYPE … CASCADE reaches the tables that are made of the type.
    private static func hasTypeChange(_ words: StatementWords, _ head: CommandHead) -> Bool {
        words.find("alter", "attribute", in: head.next..<words.count) != nil
    }
}
