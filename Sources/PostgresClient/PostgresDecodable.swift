/// A value that a row can give.
public protocol PostgresDecodable {
    /// Reads the value.
    static func decode(_ field: Field) throws(FieldError) -> Self
}

extension String: PostgresDecodable {
    /// The text form of any type.
    public static func decode(_ field: Field) throws(FieldError) -> String {
        try field.text()
    }
}

extension FixedWidthInteger {
    static func decodeInteger(_ field: Field) throws(FieldError) -> Self {
        guard let number = Self(try field.text()) else { throw .outOfRange }
        return number
    }
}

extension Int: PostgresDecodable {
    /// A whole number.
    public static func decode(_ field: Field) throws(FieldError) -> Int { try decodeInteger(field) }
}

extension Int64: PostgresDecodable {
    /// A whole number.
    public static func decode(_ field: Field) throws(FieldError) -> Int64 { try decodeInteger(field) }
}

extension Int32: PostgresDecodable {
    /// A whole number.
    public static func decode(_ field: Field) throws(FieldError) -> Int32 { try decodeInteger(field) }
}

extension UInt32: PostgresDecodable {
    /// A whole number, such as an `oid`.
    public static func decode(_ field: Field) throws(FieldError) -> UInt32 { try decodeInteger(field) }
}

extension UInt64: PostgresDecodable {
    /// A whole number, such as an `xid8`.
    public static func decode(_ field: Field) throws(FieldError) -> UInt64 { try decodeInteger(field) }
}

extension Bool: PostgresDecodable {
    /// A truth value.
    public static func decode(_ field: Field) throws(FieldError) -> Bool {
        switch try field.text() {
        case "t", "true": true
        case "f", "false": false
        default: throw .malformed
        }
    }
}

extension Double: PostgresDecodable {
    /// A number, `NaN` and the infinities included; a `numeric` that a Double cannot hold is an error.
    public static func decode(_ field: Field) throws(FieldError) -> Double {
        let text = try field.text()
        switch text {
        case "NaN": return .nan
        case "Infinity": return .infinity
        case "-Infinity": return -.infinity
        default:
            guard let number = Double(text), number.isFinite else { throw .outOfRange }
            return number
        }
    }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    /// The value, or nil for NULL.
    public static func decode(_ field: Field) throws(FieldError) -> Wrapped? {
        field.isNull ? nil : try Wrapped.decode(field)
    }
}

extension Array: PostgresDecodable where Element: PostgresArrayElement {
    /// A one-dimensional array without NULLs, or a `bytea`.
    public static func decode(_ field: Field) throws(FieldError) -> [Element] {
        try Element.decodeArray(field)
    }
}

extension RawRepresentable where RawValue: PostgresDecodable {
    /// The case with this raw value.
    public static func decode(_ field: Field) throws(FieldError) -> Self {
        guard let value = Self(rawValue: try RawValue.decode(field)) else {
            throw FieldError(reason: "the value is not a known one")
        }
        return value
    }
}
