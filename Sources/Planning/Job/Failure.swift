/// What went wrong, in the one form that crosses every border: the socket, the journal, the registry and the terminal
/// show the same value. Programs match on `code`, never on text.
public struct Failure: Error, Sendable, Hashable, Codable {
    /// Which failure this is: a stable name with an exit status.
    public var code: Code
    /// `cannot <verb> <object>: <reason>`, lower case, without a final stop.
    public var message: String
    /// What to do about it, as an imperative.
    public var hint: String?
    /// Where in a revision file or a settings file it went wrong.
    public var location: Location?
    /// What PostgreSQL said, where it was PostgreSQL that refused.
    public var sql: ServerReport?
    /// Further lines for people: a tool's last words, the sessions in the way, what had been applied before.
    public var notes: [String]

    public init(
        _ code: Code, _ message: String, hint: String? = nil, location: Location? = nil, sql: ServerReport? = nil,
        notes: [String] = []
    ) {
        self.code = code
        self.message = message
        self.hint = hint
        self.location = location
        self.sql = sql
        self.notes = notes
    }

    private enum CodingKeys: String, CodingKey { case code, message, hint, location, sql, notes }

    /// Reads a failure that a newer or older program may have written: an unknown code becomes `internal`, absent notes none.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        code = Code(rawValue: try container.decode(String.self, forKey: .code)) ?? .internalError
        message = try container.decode(String.self, forKey: .message)
        hint = try container.decodeIfPresent(String.self, forKey: .hint)
        location = try container.decodeIfPresent(Location.self, forKey: .location)
        sql = try container.decodeIfPresent(ServerReport.self, forKey: .sql)
        notes = try container.decodeIfPresent([String].self, forKey: .notes) ?? []
    }

    /// A place in a text file. Lines and columns count from 1.
    public struct Location: Sendable, Hashable, Codable, CustomStringConvertible {
        public var path: String
        public var line: Int?
        public var column: Int?

        public init(path: String, line: Int? = nil, column: Int? = nil) {
            self.path = path
            self.line = line
            self.column = column
        }

        /// `path:line:column`, as compilers and editors write it.
        public var description: String {
            [path, line.map(String.init), column.map(String.init)].compactMap { $0 }.joined(separator: ":")
        }
    }

    /// PostgreSQL's own account of an error (PostgreSQL manual, "Error and Notice Message Fields").
    public struct ServerReport: Sendable, Hashable, Codable {
        /// The five-character SQLSTATE.
        public var sqlState: String
        public var message: String
        public var detail: String?
        public var hint: String?
        public var context: String?
        /// The statement that failed, as it was sent.
        public var statement: String?

        public init(
            sqlState: String, message: String, detail: String? = nil, hint: String? = nil, context: String? = nil,
            statement: String? = nil
        ) {
            self.sqlState = sqlState
            self.message = message
            self.detail = detail
            self.hint = hint
            self.context = context
            self.statement = statement
        }
    }
}
