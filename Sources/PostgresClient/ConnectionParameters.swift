/// Where a database is and who wants to use it: libpq's keywords with their values.
///
/// What is not said here comes from where libpq takes it: the environment (`PGHOST`, …), the password file, defaults.
/// No description of this value, not even a dump of it, shows a password.
public struct ConnectionParameters: Sendable, Equatable {
    private var values: [String: String]

    /// The keywords whose values are never shown.
    static let secretKeywords: Set<String> = ["password", "sslpassword"]

    /// Makes parameters of keywords and values that are known to be right. Empty values are left out.
    public init(_ values: [String: String] = [:]) {
        self.values = values.filter { !$0.value.isEmpty }
    }

    /// Reads a libpq URI, libpq's keyword form (`host=/tmp dbname=app`) or an SQLAlchemy URL
    /// (`postgresql+asyncpg://user:p%40ss@host:5432/app`).
    public init(url: String) throws(ConnectionStringError) {
        var parser = ConnectionStringParser(url)
        self.init(try parser.parse())
    }

    /// The value of a keyword.
    public subscript(keyword: String) -> String? {
        get { values[keyword] }
        set { values[keyword] = newValue.flatMap { $0.isEmpty ? nil : $0 } }
    }

    /// The database's name, where it is said.
    public var database: String? { self["dbname"] }

    /// The user's name, where it is said.
    public var user: String? { self["user"] }

    /// The keywords that have a value, in a stable order: the usual ones first.
    public var keywords: [String] {
        let usual = ["host", "hostaddr", "port", "dbname", "user", "password"].filter { values[$0] != nil }
        return usual + values.keys.filter { !usual.contains($0) }.sorted()
    }

    /// All keywords with their values, secrets among them: for programs that connect by themselves.
    public var keywordValues: [String: String] { values }

    /// The same server and user with another database.
    public func with(database: String) -> ConnectionParameters {
        var copy = self
        copy["dbname"] = database
        return copy
    }

    /// The keyword form with every secret replaced by `***`.
    public var redacted: String {
        keywords.map { keyword in
            let value = Self.secretKeywords.contains(keyword) ? "***" : values[keyword, default: ""]
            return "\(keyword)=\(Self.quoted(value))"
        }.joined(separator: " ")
    }

    /// Where it leads, for messages: `"app" on "/run/postgresql"`.
    var place: String {
        let host = self["host"] ?? self["hostaddr"] ?? "the default host"
        guard let database else { return "\"\(host)\"" }
        return "database \"\(database)\" on \"\(host)\""
    }

    /// A text from libpq or the server without the secrets, should they ever be in it.
    func withoutSecrets(_ text: String) -> String {
        let shown = Set(values.filter { !Self.secretKeywords.contains($0.key) }.values)
        var text = text
        for keyword in Self.secretKeywords {
            guard let secret = values[keyword], secret.count > 2, !shown.contains(secret) else { continue }
            text = text.replacing(secret, with: "***")
        }
        return text
    }

    private static func quoted(_ value: String) -> String {
        let plain = value.unicodeScalars.allSatisfy { !$0.properties.isWhitespace && $0 != "'" && $0 != "\\" }
        if plain, !value.isEmpty { return value }
        var text = "'"
        for character in value {
            if character == "'" || character == "\\" { text += "\\" }
            text.append(character)
        }
        return text + "'"
    }
}

extension ConnectionParameters: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The redacted form.
    public var description: String { redacted }

    /// The redacted form.
    public var debugDescription: String { redacted }

    /// The redacted form.
    public var customMirror: Mirror { Mirror(self, children: ["redacted": redacted]) }
}

/// A connection string that cannot be read. The message quotes nothing that could be a part of a password.
public struct ConnectionStringError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The sentence for people.
    public let message: String

    init(_ reason: String) {
        message = "cannot read the connection string: \(reason)"
    }

    /// The message.
    public var description: String { message }
}
