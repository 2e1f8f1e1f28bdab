import Revisions
import SQLText

extension LintRule {
    /// What becomes of a row whose referenced row is deleted is a decision; without one it is a surprise later.
    static let missingOnDelete = LintRule(
        code: "missing_on_delete", summary: "each foreign key says what a deletion does",
        examination: .revision { revision in
            [revision.upgrade, revision.downgrade].compactMap(\.self).flatMap(\.statements).flatMap { statement in
                ForeignKeys(in: statement).withoutOnDelete.map { key in
                    Objection(
                        revision: revision.id,
                        message: "the foreign key to \(key.table) does not say what a deletion does",
                        hint: "add ON DELETE CASCADE, SET NULL, RESTRICT or NO ACTION", position: key.position)
                }
            }
        })
}

/// The foreign keys that a statement makes, by its tokens.
private struct ForeignKeys {
    /// A REFERENCES without ON DELETE.
    struct Key {
        var table: String
        var position: SourcePosition
    }

    private(set) var withoutOnDelete: [Key] = []
    private let words: [(text: String, position: SourcePosition)]

    init(in statement: Statement) {
        words = Self.words(of: statement)
        guard Self.makesTables(words.prefix(5).map(\.text)) else { return }
        for index in words.indices where words[index].text == "references" {
            let clause = clause(after: index)
            guard !clause.indices.contains(where: { Self.isOnDelete(clause, at: $0) }) else { continue }
            let table = clause.prefix { $0 != "(" && $0 != "on" && $0 != "match" && $0 != "not" }
                .prefix { $0 == "." || $0.first.map { $0 == "\"" || $0 == "_" || $0.isLetter } ?? false }
            withoutOnDelete.append(Key(table: Self.name(table), position: words[index].position))
        }
    }

    /// CREATE [kinds of] TABLE, CREATE SCHEMA with tables in it, ALTER [FOREIGN] TABLE; not ALTER DEFAULT PRIVILEGES,
    /// where REFERENCES is a privilege.
    private static func makesTables(_ start: [String]) -> Bool {
        switch start.first {
        case "create": start.contains("table") || start.dropFirst().first == "schema"
        case "alter": start.dropFirst().first == "table" || start.dropFirst().first == "foreign"
        default: false
        }
    }

    /// The words that belong to a REFERENCES: up to the next comma or closing parenthesis outside of its own, or the
    /// next one of its kind.
    private func clause(after index: Int) -> [String] {
        var clause: [String] = []
        var depth = 0
        for word in words[(index + 1)...].lazy.map(\.text) {
            if word == "(" { depth += 1 }
            if word == ")" { depth -= 1 }
            if depth < 0 || depth == 0 && (word == "," || word == "references") { break }
            clause.append(word)
        }
        return clause
    }

    private static func isOnDelete(_ clause: [String], at index: Int) -> Bool {
        clause[index] == "on" && index + 1 < clause.count && clause[index + 1] == "delete"
    }

    /// A name, qualified or not: its parts are joined by dots, and no word follows another.
    private static func name(_ words: ArraySlice<String>) -> String {
        var name = ""
        var mayContinue = true
        for word in words {
            guard word == "." || mayContinue else { break }
            name += word
            mayContinue = word == "."
        }
        return name.isEmpty ? "a table" : name.contains("\"") ? name : "\"\(name)\""
    }

    private static func words(of statement: Statement) -> [(text: String, position: SourcePosition)] {
        let bytes = Array(statement.text.utf8)
        var lexer = Lexer(bytes, startingAt: statement.position)
        var words: [(String, SourcePosition)] = []
        // The text was taken apart once already when the file was read.
        while let token = try? lexer.next() {
            guard token.isSignificant else { continue }
            let text = String(decoding: bytes[token.range], as: UTF8.self)
            words.append((token.kind == .identifier ? text.lowercased() : text, token.position))
        }
        return words
    }
}
