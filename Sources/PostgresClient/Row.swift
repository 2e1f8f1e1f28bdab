import CLibPQ

/// Owns a result of libpq, which nobody changes any more.
final class ResultHandle: @unchecked Sendable {
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit {
        PQclear(pointer)
    }
}

/// The rows that a query gave.
public struct QueryResult: Sendable, RandomAccessCollection {
    /// The columns' names.
    public let columns: [String]
    /// What the server calls the command that it ran, with the number of rows: `SELECT 3`, `INSERT 0 1`.
    public let tag: String
    /// How many rows were touched or given, where the command says so.
    public let affectedRows: Int?
    private let handle: ResultHandle?
    private let rowCount: Int

    init(handle: ResultHandle?, tag: String, affectedRows: Int?) {
        self.handle = handle
        self.tag = tag
        self.affectedRows = affectedRows
        guard let pointer = handle?.pointer else {
            columns = []
            rowCount = 0
            return
        }
        columns = (0..<PQnfields(pointer)).map { String(cString: PQfname(pointer, $0)) }
        rowCount = Int(PQntuples(pointer))
    }

    /// The first row's place.
    public var startIndex: Int { 0 }
    /// The place past the last row.
    public var endIndex: Int { rowCount }

    /// A row.
    public subscript(position: Int) -> Row {
        guard let handle, position >= 0, position < rowCount else {
            preconditionFailure("row \(position) of \(rowCount)")
        }
        return Row(handle: handle, columns: columns, index: Int32(position))
    }

    /// The only row.
    public func single() throws(RowDecodingError) -> Row {
        guard rowCount == 1 else { throw RowDecodingError(rows: rowCount) }
        return self[0]
    }

    /// The first column of the only row.
    public func scalar<T: PostgresDecodable>(as type: T.Type = T.self) throws(RowDecodingError) -> T {
        try single().decode(0, as: type)
    }
}

/// One row of a result.
public struct Row: Sendable {
    let handle: ResultHandle
    /// The columns' names.
    public let columns: [String]
    let index: Int32

    /// The value of the column with this name.
    public func decode<T: PostgresDecodable>(
        _ column: String, as type: T.Type = T.self
    ) throws(RowDecodingError) -> T {
        guard let index = columns.firstIndex(of: column) else {
            throw RowDecodingError(column: column, type: "\(type)", reason: "there is no such column")
        }
        return try decode(index, as: type)
    }

    /// The value of the column at this place, counted from 0.
    public func decode<T: PostgresDecodable>(_ column: Int, as type: T.Type = T.self) throws(RowDecodingError) -> T {
        guard columns.indices.contains(column) else {
            throw RowDecodingError(column: "#\(column)", type: "\(type)", reason: "there is no such column")
        }
        do {
            return try T.decode(Field(handle: handle, row: index, column: Int32(column)))
        } catch {
            throw RowDecodingError(column: columns[column], type: "\(type)", reason: error.reason)
        }
    }
}

/// A value that could not be read as the type asked for.
public struct RowDecodingError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The sentence for people.
    public let message: String

    init(column: String, type: String, reason: String) {
        message = "cannot decode column \"\(column)\" as \(type): \(reason)"
    }

    init(rows: Int) {
        message = "cannot decode the result: it has \(rows) rows, not one"
    }

    /// The message.
    public var description: String { message }
}
