/// A JSON value. Integers have the whole range of `Int64`; there is no NaN and no infinity.
public indirect enum JSONValue: Sendable, Equatable {
    /// `null`
    case null
    /// `true` or `false`
    case bool(Bool)
    /// A number written without fraction and exponent that fits.
    case int(Int64)
    /// Any other number.
    case double(Double)
    /// A string.
    case string(String)
    /// An array.
    case array([JSONValue])
    /// An object; the order of its members means nothing.
    case object([String: JSONValue])
}

extension JSONValue {
    /// The members, if this is an object.
    public var objectValue: [String: JSONValue]? { if case .object(let members) = self { members } else { nil } }
    /// The elements, if this is an array.
    public var arrayValue: [JSONValue]? { if case .array(let elements) = self { elements } else { nil } }
    /// The text, if this is a string.
    public var stringValue: String? { if case .string(let text) = self { text } else { nil } }
    /// The number, if this is an integer.
    public var intValue: Int64? { if case .int(let number) = self { number } else { nil } }
    /// The truth, if this is a Boolean.
    public var boolValue: Bool? { if case .bool(let truth) = self { truth } else { nil } }

    /// The member of this name, if this is an object that has it.
    public subscript(_ name: String) -> JSONValue? { objectValue?[name] }

    /// Reads one JSON text (RFC 8259), strictly: valid UTF-8, no duplicate names, no number out of a double's
    /// range, nothing after it, arrays and objects not deeper than `nesting`.
    public init(parsing bytes: some Sequence<UInt8>, nesting: Int = Limits().nesting) throws(JSONError) {
        self = try JSONParser.parse(Array(bytes), nesting: nesting)
    }

    /// What `value` encodes as.
    public init(encoding value: some Encodable) throws {
        self = try JSONValueEncoder.encode(value)
    }

    /// The members of the object that `value` encodes as; throws if it is not an object.
    public static func object(encoding value: some Encodable) throws -> [String: JSONValue] {
        guard case .object(let members) = try JSONValue(encoding: value) else {
            throw EncodingError.invalidValue(value, .init(codingPath: [], debugDescription: "not an object"))
        }
        return members
    }

    /// The value of type `type` that this encodes. An unknown member is ignored; a missing or ill-typed one throws
    /// a `DecodingError` whose coding path names it.
    public func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
        try JSONValueDecoder.decode(type, from: self)
    }

    /// As JSON text in UTF-8: no white space, members sorted by name. Throws if a number is not finite.
    public func serialized() throws(JSONError) -> [UInt8] {
        var writer = JSONWriter()
        try writer.write(self)
        return writer.bytes
    }
}

extension JSONValue: CustomStringConvertible {
    /// The JSON text.
    public var description: String {
        guard let bytes = try? serialized() else { return "(not a finite number)" }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Why bytes are no JSON text, or a value cannot be written as one.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The reason.
    public var reason: String
    /// Where in the text, in bytes.
    public var offset: Int

    /// The reason and where.
    public var description: String { "\(reason) at byte \(offset)" }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByFloatLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    /// A string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// An integer.
    public init(integerLiteral value: Int64) { self = .int(value) }
    /// A Boolean.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// A number with a fraction.
    public init(floatLiteral value: Double) { self = .double(value) }
    /// An array.
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// An object; of members with one name the last counts.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(Dictionary(elements, uniquingKeysWith: { _, last in last }))
    }
    /// `null`
    public init(nilLiteral: ()) { self = .null }
}

extension JSONValue: Codable {
    /// Any value that the decoder has.
    public init(from decoder: any Decoder) throws {
        if let decoder = decoder as? ValueDecoder {
            self = decoder.value
            return
        }
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let truth = try? container.decode(Bool.self) {
            self = .bool(truth)
        } else if let number = try? container.decode(Int64.self) {
            self = .int(number)
        } else if let number = try? container.decode(Double.self) {
            self = .double(number)
        } else if let text = try? container.decode(String.self) {
            self = .string(text)
        } else if let elements = try? container.decode([JSONValue].self) {
            self = .array(elements)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    /// The value itself.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let truth): try container.encode(truth)
        case .int(let number): try container.encode(number)
        case .double(let number): try container.encode(number)
        case .string(let text): try container.encode(text)
        case .array(let elements): try container.encode(elements)
        case .object(let members): try container.encode(members)
        }
    }
}
