import CLibPQ

/// What the server said about a statement that failed.
public struct ServerError: Error, Sendable, Equatable {
    /// The five characters of the SQLSTATE code.
    public let sqlState: String
    /// `ERROR`, `FATAL` or `PANIC`, never translated.
    public let severity: String
    /// The primary message.
    public let message: String
    /// The secondary message that carries more details.
    public let detail: String?
    /// What the server suggests.
    public let hint: String?
    /// Where in the statement, in characters, counted from 1.
    public let position: Int?
    /// Where in `internalQuery`, in characters, counted from 1.
    public let internalPosition: Int?
    /// The text of a statement that a function ran and that failed.
    public let internalQuery: String?
    /// The call stack of functions and the like.
    public let context: String?
    /// The schema of the object that the error is about.
    public let schema: String?
    /// The table that the error is about.
    public let table: String?
    /// The column that the error is about.
    public let column: String?
    /// The data type that the error is about.
    public let dataType: String?
    /// The constraint that the error is about.
    public let constraint: String?
    /// The function in the server's source that reported it.
    public let routine: String?

    /// Whether the session ends with this error.
    public var isFatal: Bool { severity == "FATAL" || severity == "PANIC" }

    /// Makes an error as the server would send it.
    public init(
        sqlState: String, severity: String = "ERROR", message: String, detail: String? = nil, hint: String? = nil,
        position: Int? = nil, context: String? = nil
    ) {
        self.sqlState = sqlState
        self.severity = severity
        self.message = message
        self.detail = detail
        self.hint = hint
        self.position = position
        internalPosition = nil
        internalQuery = nil
        self.context = context
        schema = nil
        table = nil
        column = nil
        dataType = nil
        constraint = nil
        routine = nil
    }

    /// Reads the fields of an error or notice; nil where libpq itself made the result up, without an SQLSTATE.
    init?(result: OpaquePointer) {
        func field(_ code: Int32) -> String? {
            PQresultErrorField(result, code).map { String(cString: $0) }
        }
        guard let sqlState = field(CLIBPQ_DIAG_SQLSTATE) else { return nil }
        self.sqlState = sqlState
        severity = field(CLIBPQ_DIAG_SEVERITY) ?? field(CLIBPQ_DIAG_SEVERITY_LOCALIZED) ?? "ERROR"
        message = field(CLIBPQ_DIAG_MESSAGE) ?? ""
        detail = field(CLIBPQ_DIAG_DETAIL)
        hint = field(CLIBPQ_DIAG_HINT)
        position = field(CLIBPQ_DIAG_POSITION).flatMap { Int($0) }
        internalPosition = field(CLIBPQ_DIAG_INTERNAL_POSITION).flatMap { Int($0) }
        internalQuery = field(CLIBPQ_DIAG_INTERNAL_QUERY)
        context = field(CLIBPQ_DIAG_CONTEXT)
        schema = field(CLIBPQ_DIAG_SCHEMA)
        table = field(CLIBPQ_DIAG_TABLE)
        column = field(CLIBPQ_DIAG_COLUMN)
        dataType = field(CLIBPQ_DIAG_DATATYPE)
        constraint = field(CLIBPQ_DIAG_CONSTRAINT)
        routine = field(CLIBPQ_DIAG_ROUTINE)
    }
}

extension ServerError: CustomStringConvertible {
    /// The message with its code, and the detail where there is one.
    public var description: String {
        let first = "\(message) (SQLSTATE \(sqlState))"
        guard let detail else { return first }
        return "\(first): \(detail)"
    }
}
