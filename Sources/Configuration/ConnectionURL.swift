/// Says why nobody can connect with a connection string, without quoting what could be a part of a password.
public typealias ConnectionObjection = @Sendable (ConnectionURL) -> String?

/// Where a server is and how to log in, as somebody wrote it: libpq's URI, libpq's keywords, or SQLAlchemy's URL.
///
/// The text may hold a password. Nothing that prints a value of this type shows it: not `print`, not string
/// interpolation, not `dump`. What the text means is not decided here.
public struct ConnectionURL: Sendable, Hashable {
    /// The text as it was written, password and all: for the one who connects, and for nobody else.
    public let unredacted: String

    /// Keeps a text, whatever it is.
    public init(_ text: String) {
        unredacted = text
    }

    /// The text with every password replaced by `***`.
    public var redacted: String {
        guard let scheme else { return Self.redactKeywords(unredacted) }
        return Self.redactURI(unredacted, after: unredacted.index(scheme.endIndex, offsetBy: 3))
    }

    /// The same with this password, which wins over one that is in the text already.
    func withPassword(_ password: String) -> ConnectionURL {
        guard scheme != nil else {
            let quoted = password.replacing("\\", with: "\\\\").replacing("'", with: "\\'")
            return ConnectionURL("\(unredacted) password='\(quoted)'")
        }
        let digits = Array("0123456789ABCDEF")
        let escaped = password.utf8.map { byte in
            let scalar = Character(UnicodeScalar(byte))
            return scalar.isASCII && (scalar.isLetter || scalar.isNumber)
                ? String(scalar) : "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
        }.joined()
        return ConnectionURL(unredacted + (unredacted.contains("?") ? "&" : "?") + "password=\(escaped)")
    }

    /// Why this cannot be a connection string at all, or `nil` when it has one of the known forms.
    var objection: (message: String, hint: String)? {
        let forms = "write postgresql://USER@HOST:5432/DATABASE, libpq's \"host=… dbname=…\", or \"embedded\""
        guard !unredacted.isEmpty else { return ("the connection string is empty", forms) }
        guard let scheme else {
            return unredacted.contains("=") ? nil : ("this is not a connection string", forms)
        }
        let base = scheme.prefix { $0 != "+" }
        if base == "postgresql" || base == "postgres" { return nil }
        return ("a URL of the scheme \"\(scheme)\" does not lead to PostgreSQL", forms)
    }

    /// What stands before `://`, where this is a URL.
    private var scheme: Substring? {
        let scheme = unredacted.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "+-._".contains($0)) }
        return unredacted[scheme.endIndex...].hasPrefix("://") ? scheme : nil
    }

    // A password with an unescaped `/`, `?` or `@` is common: everything up to the last `@` counts as the log-in, so
    // that too much rather than too little is hidden.
    private static func redactURI(_ text: String, after scheme: String.Index) -> String {
        let body = text[scheme...]
        let at = body.lastIndex(of: "@")
        let login = body[..<(at ?? body.startIndex)]
        guard let at, let colon = login.firstIndex(of: ":") else {
            return text[..<scheme] + redactMisplacedPassword(redactParameters(body))
        }
        return text[..<colon] + ":***" + redactParameters(body[at...])
    }

    // `user:password/db`, where the host was forgotten, looks like a port that is no number.
    private static func redactMisplacedPassword(_ body: String) -> String {
        let authority = body.prefix { $0 != "/" && $0 != "?" }
        guard !authority.contains("["), let colon = authority.firstIndex(of: ":") else { return body }
        let ports = authority.split(separator: ",").compactMap { $0.split(separator: ":").dropFirst().first }
        guard ports.contains(where: { !$0.allSatisfy(\.isNumber) }) else { return body }
        return body[..<colon] + ":***" + body[authority.endIndex...]
    }

    private static func redactParameters(_ text: Substring) -> String {
        var result = ""
        var rest = text
        var hides = false
        while true {
            let piece = rest.prefix { $0 != "?" && $0 != "&" }
            if let equals = piece.firstIndex(of: "=") {
                hides = isSecret(decodePercent(piece[..<equals]))
                result += hides ? piece[...equals] + "***" : piece
            } else if !hides {
                result += piece
            }
            rest = rest[piece.endIndex...]
            guard let separator = rest.popFirst() else { return result }
            result.append(separator)
        }
    }

    private static func redactKeywords(_ text: String) -> String {
        var result: [String] = []
        var rest = text[...]
        while true {
            rest = rest.drop(while: \.isWhitespace)
            guard !rest.isEmpty else { break }
            guard let equals = rest.firstIndex(of: "=") else { return "(unreadable connection string)" }
            let key = rest[..<equals].filter { !$0.isWhitespace }
            rest = rest[rest.index(after: equals)...].drop(while: \.isWhitespace)
            guard let value = takeKeywordValue(&rest) else { return "(unreadable connection string)" }
            result.append("\(key)=\(isSecret(key) ? "***" : value)")
        }
        return result.joined(separator: " ")
    }

    /// Takes a value of libpq's keyword form off the front, as it is written; `nil` where a quote is never closed.
    private static func takeKeywordValue(_ rest: inout Substring) -> String? {
        let start = rest.startIndex
        let quoted = rest.first == "'"
        var index = quoted ? rest.index(after: start) : start
        while index < rest.endIndex {
            let character = rest[index]
            if quoted ? character == "'" : character.isWhitespace { break }
            if character == "\\" { rest.formIndex(after: &index) }
            if index < rest.endIndex { rest.formIndex(after: &index) }
        }
        if quoted {
            guard index < rest.endIndex else { return nil }
            rest.formIndex(after: &index)
        }
        let value = String(rest[start..<index])
        rest = rest[index...]
        return value
    }

    private static func isSecret(_ key: String) -> Bool {
        let key = key.lowercased()
        return ["pass", "secret", "token", "scram_"].contains { key.contains($0) }
    }

    private static func decodePercent(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Substring(text).utf8[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2)
            if byte == UInt8(ascii: "%"), digits.count == 2, let value = UInt8(String(Substring(digits)), radix: 16) {
                bytes.append(value)
                rest.removeFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension ConnectionURL: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The text without its passwords.
    public var description: String { redacted }
    /// The text without its passwords.
    public var debugDescription: String { redacted }
    /// What `dump` sees: the text without its passwords.
    public var customMirror: Mirror { Mirror(self, children: ["redacted": redacted]) }
}
