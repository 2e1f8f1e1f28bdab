// A strict reader of one JSON text (RFC 8259) from bytes.
struct JSONParser {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var offset = 0
    private let nesting: Int

    private init(bytes: UnsafeBufferPointer<UInt8>, nesting: Int) {
        self.bytes = bytes
        self.nesting = nesting
    }

    static func parse(_ bytes: [UInt8], nesting: Int) throws(JSONError) -> JSONValue {
        let result = bytes.withUnsafeBufferPointer { buffer -> Result<JSONValue, JSONError> in
            Result { () throws(JSONError) in
                var parser = JSONParser(bytes: buffer, nesting: nesting)
                return try parser.document()
            }
        }
        return try result.get()
    }

    private mutating func document() throws(JSONError) -> JSONValue {
        let value = try value(depth: 0)
        skipSpace()
        guard offset == bytes.count else { throw failure("unexpected text after the value") }
        return value
    }

    private func failure(_ reason: String) -> JSONError {
        JSONError(reason: reason, offset: offset)
    }

    private var current: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        offset += 1
        return true
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        skipSpace()
        guard let first = current else { throw failure("unexpected end") }
        switch first {
        case UInt8(ascii: "{"): return .object(try object(depth: depth + 1))
        case UInt8(ascii: "["): return .array(try array(depth: depth + 1))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw failure("unexpected character")
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        let length = word.utf8CodeUnitCount
        guard bytes.count - offset >= length,
            (0..<length).allSatisfy({ bytes[offset + $0] == word.utf8Start[$0] })
        else { throw failure("unexpected character") }
        offset += length
        return value
    }

    private mutating func object(depth: Int) throws(JSONError) -> [String: JSONValue] {
        guard depth <= nesting else { throw failure("nested too deeply") }
        offset += 1
        var members: [String: JSONValue] = [:]
        skipSpace()
        if take(UInt8(ascii: "}")) { return members }
        while true {
            skipSpace()
            guard current == UInt8(ascii: "\"") else { throw failure("expected a member's name") }
            let name = try string()
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw failure("expected a colon") }
            let value = try value(depth: depth)
            guard members.updateValue(value, forKey: name) == nil else { throw failure("duplicate name") }
            skipSpace()
            if take(UInt8(ascii: "}")) { return members }
            guard take(UInt8(ascii: ",")) else { throw failure("expected a comma or the object's end") }
        }
    }

    private mutating func array(depth: Int) throws(JSONError) -> [JSONValue] {
        guard depth <= nesting else { throw failure("nested too deeply") }
        offset += 1
        var elements: [JSONValue] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return elements }
        while true {
            elements.append(try value(depth: depth))
            skipSpace()
            if take(UInt8(ascii: "]")) { return elements }
            guard take(UInt8(ascii: ",")) else { throw failure("expected a comma or the array's end") }
        }
    }

    private mutating func digits() -> Int {
        let start = offset
        while let byte = current, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { offset += 1 }
        return offset - start
    }

    private mutating func number() throws(JSONError) -> JSONValue {
        let start = offset
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) {
            guard digits() > 0 else { throw failure("expected a digit") }
        }
        var isInteger = true
        if take(UInt8(ascii: ".")) {
            isInteger = false
            guard digits() > 0 else { throw failure("expected a digit") }
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            isInteger = false
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            guard digits() > 0 else { throw failure("expected a digit") }
        }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        if isInteger, let number = Int64(text) { return .int(number) }
        guard let number = Double(text), number.isFinite else { throw failure("number out of range") }
        return .double(number)
    }

    // How many bytes from here on stand for themselves in a string.
    private func plainLength() -> Int {
        var end = offset
        let count = bytes.count
        while end < count {
            let byte = bytes[end]
            if byte == 0x22 || byte == 0x5C || byte < 0x20 { break }
            end += 1
        }
        return end - offset
    }

    private mutating func string() throws(JSONError) -> String {
        offset += 1
        let length = plainLength()
        let plain = bytes[offset..<offset + length]
        offset += length
        if take(UInt8(ascii: "\"")) { return try text(plain) }
        return try stringWithEscapes(prefix: Array(plain))
    }

    private func text(_ units: some Collection<UInt8>) throws(JSONError) -> String {
        guard let text = String(validating: units, as: UTF8.self) else { throw failure("invalid UTF-8") }
        return text
    }

    private mutating func stringWithEscapes(prefix: [UInt8]) throws(JSONError) -> String {
        var units = prefix
        while let byte = current {
            offset += 1
            switch byte {
            case UInt8(ascii: "\""): return try text(units)
            case UInt8(ascii: "\\"): try escape(into: &units)
            case 0..<0x20: throw failure("control character in a string")
            default:
                offset -= 1
                let length = plainLength()
                units.append(contentsOf: bytes[offset..<offset + length])
                offset += length
            }
        }
        throw failure("unexpected end")
    }

    private mutating func escape(into units: inout [UInt8]) throws(JSONError) {
        guard let byte = current else { throw failure("unexpected end") }
        offset += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): units.append(byte)
        case UInt8(ascii: "b"): units.append(0x08)
        case UInt8(ascii: "f"): units.append(0x0C)
        case UInt8(ascii: "n"): units.append(0x0A)
        case UInt8(ascii: "r"): units.append(0x0D)
        case UInt8(ascii: "t"): units.append(0x09)
        case UInt8(ascii: "u"):
            let scalar = try escapedScalar()
            units.append(contentsOf: String(Character(scalar)).utf8)
        default: throw failure("unknown escape")
        }
    }

    private mutating func escapedScalar() throws(JSONError) -> Unicode.Scalar {
        let first = try hexadecimal()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw failure("lone surrogate") }
        let second = try hexadecimal()
        guard (0xDC00..<0xE000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw failure("lone surrogate") }
        return scalar
    }

    private mutating func hexadecimal() throws(JSONError) -> UInt32 {
        var number: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw failure("expected a hexadecimal digit")
            }
            number = number << 4 | UInt32(digit)
            offset += 1
        }
        return number
    }
}
