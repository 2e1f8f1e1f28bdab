/// A statement with parameters.
///
/// Interpolated values become `$1`, `$2`, … and travel apart from the text, so nothing that they hold is read as SQL:
///
///     let rows = try await connection.query("select name from job where id = \(id)")
///
/// Parameters go untyped (but for bytes) and the server infers their types; write a cast where it cannot:
/// `unnest(\(names)::text[])`. A text that is used again is prepared once per connection.
public struct Query: Sendable, Equatable {
    /// The statement, with `$1`, `$2`, ….
    public private(set) var text: String
    /// What is bound.
    public private(set) var parameters: [QueryParameter]
    /// Whether the statement may be prepared when it is seen again. On by default.
    public var isReusable = true

    /// A statement as it stands, with the values of its `$1`, `$2`, ….
    public init(raw text: String, _ parameters: [QueryParameter] = []) {
        self.text = text
        self.parameters = parameters
    }

    /// The types that are said to the server; a part of what makes two statements the same.
    var typeSignature: [UInt32] { parameters.map(\.typeOID) }
}

extension Query: ExpressibleByStringInterpolation {
    /// A statement without parameters.
    public init(stringLiteral value: String) {
        self.init(raw: value)
    }

    /// A statement with parameters.
    public init(stringInterpolation: StringInterpolation) {
        self.init(raw: stringInterpolation.text, stringInterpolation.parameters)
    }

    /// Collects the text and the parameters of a statement.
    public struct StringInterpolation: StringInterpolationProtocol {
        var text = ""
        var parameters: [QueryParameter] = []

        /// Begins a statement.
        public init(literalCapacity: Int, interpolationCount: Int) {
            text.reserveCapacity(literalCapacity + 4 * interpolationCount)
            parameters.reserveCapacity(interpolationCount)
        }

        /// Adds a piece of SQL.
        public mutating func appendLiteral(_ literal: String) {
            text += literal
        }

        /// Adds a value as a parameter.
        public mutating func appendInterpolation(_ value: some PostgresEncodable) {
            parameters.append(value.postgresParameter)
            text += "$\(parameters.count)"
        }

        /// Adds a value, or NULL, as a parameter.
        public mutating func appendInterpolation<Value: PostgresEncodable>(_ value: Value?) {
            parameters.append(value.postgresParameter)
            text += "$\(parameters.count)"
        }

        /// Adds a name, quoted.
        public mutating func appendInterpolation(identifier name: String) {
            text += "\""
            text += name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
            text += "\""
        }

        /// Adds SQL that was made elsewhere, as it stands.
        public mutating func appendInterpolation(raw sql: String) {
            text += sql
        }
    }
}

extension Query: CustomStringConvertible {
    /// The text without the values.
    public var description: String { text }
}

/// A value on its way to the server.
public enum QueryParameter: Sendable, Equatable {
    /// SQL's NULL.
    case null
    /// A value in its text form; its type is inferred.
    case text(String)
    /// A `bytea`.
    case bytes([UInt8])

    var typeOID: UInt32 {
        if case .bytes = self { 17 } else { 0 }
    }
}

/// A value that a query can carry.
public protocol PostgresEncodable {
    /// The value as the server is given it.
    var postgresParameter: QueryParameter { get }
}

extension QueryParameter: PostgresEncodable {
    /// The parameter itself.
    public var postgresParameter: QueryParameter { self }
}

extension String: PostgresEncodable {
    /// The text.
    public var postgresParameter: QueryParameter { .text(self) }
}

extension Substring: PostgresEncodable {
    /// The text.
    public var postgresParameter: QueryParameter { .text(String(self)) }
}

extension Int: PostgresEncodable {
    /// The number in decimal.
    public var postgresParameter: QueryParameter { .text(String(self)) }
}

extension Int32: PostgresEncodable {
    /// The number in decimal.
    public var postgresParameter: QueryParameter { .text(String(self)) }
}

extension Int64: PostgresEncodable {
    /// The number in decimal.
    public var postgresParameter: QueryParameter { .text(String(self)) }
}

extension Bool: PostgresEncodable {
    /// `t` or `f`.
    public var postgresParameter: QueryParameter { .text(self ? "t" : "f") }
}

extension Double: PostgresEncodable {
    /// The shortest text that gives the same number, `NaN`, `Infinity` or `-Infinity`.
    public var postgresParameter: QueryParameter {
        if isNaN { return .text("NaN") }
        if isInfinite { return .text(self < 0 ? "-Infinity" : "Infinity") }
        return .text(String(describing: self))
    }
}

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    /// The value, or NULL.
    public var postgresParameter: QueryParameter { self?.postgresParameter ?? .null }
}

extension RawRepresentable where RawValue: PostgresEncodable {
    /// The raw value.
    public var postgresParameter: QueryParameter { rawValue.postgresParameter }
}

/// An element whose arrays a query can carry: `[UInt8]` is a `bytea`, the others are one-dimensional arrays.
public protocol PostgresArrayElement {
    /// The array as the server is given it.
    static func postgresParameter(of array: [Self]) -> QueryParameter
    /// The array that the server sent.
    static func decodeArray(_ field: Field) throws(FieldError) -> [Self]
}

extension Array: PostgresEncodable where Element: PostgresArrayElement {
    /// The array's text form, or a `bytea`.
    public var postgresParameter: QueryParameter { Element.postgresParameter(of: self) }
}

extension UInt8: PostgresArrayElement {
    /// A `bytea`.
    public static func postgresParameter(of array: [UInt8]) -> QueryParameter { .bytes(array) }

    /// The bytes of a `bytea`.
    public static func decodeArray(_ field: Field) throws(FieldError) -> [UInt8] {
        try field.byteaBytes()
    }
}

extension String: PostgresArrayElement {
    /// A `text[]`.
    public static func postgresParameter(of array: [String]) -> QueryParameter {
        var text = "{"
        for (index, element) in array.enumerated() {
            text += index == 0 ? "\"" : ",\""
            for scalar in element.unicodeScalars {
                if scalar == "\"" || scalar == "\\" { text += "\\" }
                text.unicodeScalars.append(scalar)
            }
            text += "\""
        }
        return .text(text + "}")
    }

    /// The elements of a `text[]` without NULLs.
    public static func decodeArray(_ field: Field) throws(FieldError) -> [String] {
        try field.arrayElements()
    }
}

extension Int: PostgresArrayElement {
    /// A `bigint[]`.
    public static func postgresParameter(of array: [Int]) -> QueryParameter {
        .text("{" + array.map { String($0) }.joined(separator: ",") + "}")
    }

    /// The elements of an `integer[]`, `bigint[]`, `oid[]` without NULLs.
    public static func decodeArray(_ field: Field) throws(FieldError) -> [Int] {
        var numbers: [Int] = []
        for element in try field.arrayElements() {
            guard let number = Int(element) else { throw .outOfRange }
            numbers.append(number)
        }
        return numbers
    }
}
