/// Statements as they may be shown: without the passwords that stand in them.
public enum Secrets {
    /// Takes the place of a secret.
    static let mask = "'***'"

    /// The text with literals after PASSWORD and CONNECTION, and those that carry a connection string's password, hidden. Of
    /// a text that breaks off inside a literal, what comes before it.
    public static func hidden(in sql: String) -> String {
        let bytes = Array(sql.utf8)
        var lexer = Lexer(bytes)
        var shown: [UInt8] = []
        var isSecretNext = false
        do {
            while let token = try lexer.next() {
                let text = bytes[token.range]
                switch token.kind {
                case .string where isSecretNext || isConnectionString(text),
                    .dollarString where isSecretNext || isConnectionString(text):
                    shown += mask.utf8
                default:
                    shown += text
                }
                guard token.isSignificant else { continue }
                isSecretNext = token.kind == .identifier && introduces(text)
            }
        } catch {
            shown += "…".utf8
        }
        return String(decoding: shown, as: UTF8.self)
    }

    /// The text of somebody else's statement without any value in it, and without comments: `UPDATE t SET a = ? WHERE b = ?`.
    /// Of a text that breaks off inside a literal, what comes before it.
    public static func withoutValues(in sql: String) -> String {
        let bytes = Array(sql.utf8)
        var lexer = Lexer(bytes)
        var shown: [UInt8] = []
        do {
            while let token = try lexer.next() {
                switch token.kind {
                case .string, .dollarString, .number: shown += "?".utf8
                case .comment: break
                default: shown += bytes[token.range]
                }
            }
        } catch {
            shown += "…".utf8
        }
        return String(decoding: shown, as: UTF8.self)
    }

    private static func introduces(_ word: ArraySlice<UInt8>) -> Bool {
        let word = String(decoding: word, as: UTF8.self).lowercased()
        return word == "password" || word == "connection"
    }

    private static func isConnectionString(_ literal: ArraySlice<UInt8>) -> Bool {
        let text = String(decoding: literal, as: UTF8.self).lowercased()
        return text.contains("password=") || text.contains("password =") || (text.contains("://") && text.contains("@"))
    }
}
