enum JSONValueDecoder {
    static func decode<Value: Decodable>(_ type: Value.Type, from value: JSONValue) throws -> Value {
        try ValueDecoder(value: value, codingPath: []).unbox(value, as: type, at: [])
    }
}

// A place in a JSONValue that a Decodable type is read from.
struct ValueDecoder: Decoder {
    let value: JSONValue
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let members) = value else { throw mismatch([String: JSONValue].self, value, codingPath) }
        return KeyedDecodingContainer(KeyedValues<Key>(decoder: self, members: members))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let elements) = value else { throw mismatch([JSONValue].self, value, codingPath) }
        return UnkeyedValues(decoder: self, elements: elements)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { SingleValue(decoder: self) }

    func mismatch(_ type: Any.Type, _ value: JSONValue, _ path: [any CodingKey]) -> DecodingError {
        let context = DecodingError.Context(codingPath: path, debugDescription: "expected \(type), found \(value.kind)")
        return value == .null ? .valueNotFound(type, context) : .typeMismatch(type, context)
    }

    func unbox<Value: Decodable>(_ value: JSONValue, as type: Value.Type, at path: [any CodingKey]) throws -> Value {
        if let result = try scalar(value, as: type, at: path) { return result }
        return try Value(from: ValueDecoder(value: value, codingPath: path))
    }

    // The types that JSON itself has; nil for any other.
    private func scalar<Value: Decodable>(
        _ value: JSONValue, as type: Value.Type, at path: [any CodingKey]
    ) throws -> Value? {
        if type == JSONValue.self { return value as? Value }
        if type == String.self || type == Bool.self || type == Double.self || type == Float.self {
            guard let result = plain(value, as: type) else { throw mismatch(type, value, path) }
            return result
        }
        guard let integer = IntegerTypes.all.first(where: { type == $0 }) else { return nil }
        guard case .int(let number) = value else { throw mismatch(type, value, path) }
        guard let result = exactly(integer, number) as? Value else {
            throw DecodingError.typeMismatch(
                type, .init(codingPath: path, debugDescription: "\(number) is out of range for \(type)"))
        }
        return result
    }

    private func plain<Value>(_ value: JSONValue, as type: Value.Type) -> Value? {
        switch value {
        case .string(let text): text as? Value
        case .bool(let truth): truth as? Value
        case .double(let number): number as? Value ?? Float(number) as? Value
        case .int(let number): Double(number) as? Value ?? Float(number) as? Value
        default: nil
        }
    }

    private func exactly<Number: FixedWidthInteger>(_ type: Number.Type, _ number: Int64) -> Number? {
        Number(exactly: number)
    }
}

// The integers that Swift has. Types are compared with these, not cast to a protocol: to find out that a type does not
// conform to one, the runtime looks at every conformance in the program, and a client that says a few words to the
// daemon is over in the time of a hundred such looks.
enum IntegerTypes {
    static var all: [any (FixedWidthInteger & Codable).Type] {
        [
            Int.self, Int64.self, Int32.self, Int16.self, Int8.self, Int128.self,
            UInt.self, UInt64.self, UInt32.self, UInt16.self, UInt8.self, UInt128.self,
        ]
    }
}

extension JSONValue {
    // For messages: what sort of value this is.
    var kind: String {
        switch self {
        case .null: "null"
        case .bool: "bool"
        case .int: "int"
        case .double: "float"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}

// The name of a member, or the number of an element, in a coding path.
struct ValueKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(stringValue: String) {
        self.stringValue = stringValue
        intValue = nil
    }

    init(intValue: Int) {
        stringValue = String(intValue)
        self.intValue = intValue
    }
}

private struct KeyedValues<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let decoder: ValueDecoder
    let members: [String: JSONValue]

    var codingPath: [any CodingKey] { decoder.codingPath }
    var allKeys: [Key] { members.keys.compactMap { Key(stringValue: $0) } }

    func contains(_ key: Key) -> Bool { members[key.stringValue] != nil }

    func decodeNil(forKey key: Key) throws -> Bool { (members[key.stringValue] ?? .null) == .null }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        guard let value = members[key.stringValue] else {
            throw DecodingError.keyNotFound(key, .init(codingPath: codingPath, debugDescription: "missing"))
        }
        return try decoder.unbox(value, as: type, at: codingPath + [key])
    }

    func nested(_ key: any CodingKey) -> ValueDecoder {
        ValueDecoder(value: members[key.stringValue] ?? .null, codingPath: codingPath + [key])
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> { try nested(key).container(keyedBy: type) }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try nested(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { nested(ValueKey(stringValue: "super")) }
    func superDecoder(forKey key: Key) throws -> any Decoder { nested(key) }
}

private struct UnkeyedValues: UnkeyedDecodingContainer {
    let decoder: ValueDecoder
    let elements: [JSONValue]
    var currentIndex = 0

    var codingPath: [any CodingKey] { decoder.codingPath }
    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex >= elements.count }

    private mutating func take() throws -> ValueDecoder {
        let path = codingPath + [ValueKey(intValue: currentIndex)]
        guard !isAtEnd else {
            throw DecodingError.valueNotFound(JSONValue.self, .init(codingPath: path, debugDescription: "no more"))
        }
        defer { currentIndex += 1 }
        return ValueDecoder(value: elements[currentIndex], codingPath: path)
    }

    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd, elements[currentIndex] == .null else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let place = try take()
        return try decoder.unbox(place.value, as: type, at: place.codingPath)
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> { try take().container(keyedBy: type) }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try take().unkeyedContainer() }
    mutating func superDecoder() throws -> any Decoder { try take() }
}

private struct SingleValue: SingleValueDecodingContainer {
    let decoder: ValueDecoder

    var codingPath: [any CodingKey] { decoder.codingPath }

    func decodeNil() -> Bool { decoder.value == .null }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try decoder.unbox(decoder.value, as: type, at: codingPath)
    }
}
