enum JSONValueEncoder {
    static func encode(_ value: some Encodable) throws -> JSONValue {
        try box(value, at: [])
    }

    // Types that JSON itself has are boxed as they are; any other encodes itself.
    static func box(_ value: some Encodable, at path: [any CodingKey]) throws -> JSONValue {
        switch value {
        case let value as JSONValue: return value
        case let text as String: return .string(text)
        case let truth as Bool: return .bool(truth)
        case let number as Double: return try box(number, value, at: path)
        case let number as Float: return try box(Double(number), value, at: path)
        default: break
        }
        for type in IntegerTypes.all {
            if let integer = try box(value, as: type, at: path) { return integer }
        }
        let slot = Slot()
        try value.encode(to: ValueEncoder(slot: slot, codingPath: path))
        return slot.value
    }

    private static func box<Number: FixedWidthInteger>(
        _ value: some Encodable, as: Number.Type, at path: [any CodingKey]
    ) throws -> JSONValue? {
        guard let integer = value as? Number else { return nil }
        guard let number = Int64(exactly: integer) else {
            throw EncodingError.invalidValue(
                value, .init(codingPath: path, debugDescription: "does not fit in a signed 64-bit integer"))
        }
        return .int(number)
    }

    private static func box(_ number: Double, _ value: Any, at path: [any CodingKey]) throws -> JSONValue {
        guard number.isFinite else {
            throw EncodingError.invalidValue(value, .init(codingPath: path, debugDescription: "not a finite number"))
        }
        return .double(number)
    }
}

// Where an encoder puts its value. Containers of one encoder share it; nested ones are joined in when read.
private final class Slot {
    private enum Content {
        case single(JSONValue)
        case keyed([String: Slot])
        case unkeyed([Slot])
    }

    private var content: Content?

    var value: JSONValue {
        switch content {
        case nil: .object([:])
        case .single(let value): value
        case .keyed(let members): .object(members.mapValues(\.value))
        case .unkeyed(let elements): .array(elements.map(\.value))
        }
    }

    var count: Int { if case .unkeyed(let elements) = content { elements.count } else { 0 } }

    func set(_ value: JSONValue) { content = .single(value) }

    func becomeKeyed() {
        if case .keyed = content { return }
        content = .keyed([:])
    }

    func becomeUnkeyed() {
        if case .unkeyed = content { return }
        content = .unkeyed([])
    }

    func member(_ name: String) -> Slot {
        let slot = Slot()
        guard case .keyed(var members) = content else { return slot }
        content = nil
        members[name] = slot
        content = .keyed(members)
        return slot
    }

    func element() -> Slot {
        let slot = Slot()
        guard case .unkeyed(var elements) = content else { return slot }
        content = nil
        elements.append(slot)
        content = .unkeyed(elements)
        return slot
    }
}

private struct ValueEncoder: Encoder {
    let slot: Slot
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        slot.becomeKeyed()
        return KeyedEncodingContainer(KeyedSlots<Key>(encoder: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        slot.becomeUnkeyed()
        return UnkeyedSlots(encoder: self)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { SingleSlot(encoder: self) }
}

private struct KeyedSlots<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let encoder: ValueEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }

    private func nested(_ key: any CodingKey) -> ValueEncoder {
        ValueEncoder(slot: encoder.slot.member(key.stringValue), codingPath: codingPath + [key])
    }

    func encodeNil(forKey key: Key) throws { nested(key).slot.set(.null) }

    func encode(_ value: some Encodable, forKey key: Key) throws {
        encoder.slot.member(key.stringValue).set(try JSONValueEncoder.box(value, at: codingPath + [key]))
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy keyType: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> { nested(key).container(keyedBy: keyType) }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { nested(key).unkeyedContainer() }
    func superEncoder() -> any Encoder { nested(ValueKey(stringValue: "super")) }
    func superEncoder(forKey key: Key) -> any Encoder { nested(key) }
}

private struct UnkeyedSlots: UnkeyedEncodingContainer {
    let encoder: ValueEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }
    var count: Int { encoder.slot.count }

    private func nested() -> ValueEncoder {
        let key = ValueKey(intValue: count)
        return ValueEncoder(slot: encoder.slot.element(), codingPath: codingPath + [key])
    }

    func encodeNil() throws { nested().slot.set(.null) }

    func encode(_ value: some Encodable) throws {
        let place = nested()
        place.slot.set(try JSONValueEncoder.box(value, at: place.codingPath))
    }

    func nestedContainer<Nested: CodingKey>(keyedBy keyType: Nested.Type) -> KeyedEncodingContainer<Nested> {
        nested().container(keyedBy: keyType)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { nested().unkeyedContainer() }
    func superEncoder() -> any Encoder { nested() }
}

private struct SingleSlot: SingleValueEncodingContainer {
    let encoder: ValueEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }

    func encodeNil() throws { encoder.slot.set(.null) }

    func encode(_ value: some Encodable) throws {
        encoder.slot.set(try JSONValueEncoder.box(value, at: codingPath))
    }
}
