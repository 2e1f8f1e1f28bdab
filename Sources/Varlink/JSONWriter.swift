// Writes JSON text: no white space, members sorted by name so that equal values give equal bytes.
struct JSONWriter {
    private(set) var bytes: [UInt8] = []

    mutating func write(_ value: JSONValue) throws(JSONError) {
        switch value {
        case .null: append("null")
        case .bool(let truth): append(truth ? "true" : "false")
        case .int(let number): append(String(number))
        case .double(let number):
            guard number.isFinite else { throw JSONError(reason: "number is not finite", offset: bytes.count) }
            append(number.description)
        case .string(let text): write(text)
        case .array(let elements): try write(elements)
        case .object(let members): try write(members)
        }
    }

    private mutating func append(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    private mutating func write(_ elements: [JSONValue]) throws(JSONError) {
        bytes.append(UInt8(ascii: "["))
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            try write(element)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    private mutating func write(_ members: [String: JSONValue]) throws(JSONError) {
        bytes.append(UInt8(ascii: "{"))
        var first = true
        for (name, value) in members.sorted(by: { $0.key < $1.key }) {
            if !first { bytes.append(UInt8(ascii: ",")) }
            first = false
            write(name)
            bytes.append(UInt8(ascii: ":"))
            try write(value)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    private mutating func write(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { units in
            var start = 0
            for index in units.indices where units[index] < 0x20 || units[index] == 0x22 || units[index] == 0x5C {
                bytes.append(contentsOf: units[start..<index])
                writeEscaped(units[index])
                start = index + 1
            }
            bytes.append(contentsOf: units[start...])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func writeEscaped(_ unit: UInt8) {
        switch unit {
        case UInt8(ascii: "\""): append("\\\"")
        case UInt8(ascii: "\\"): append("\\\\")
        case 0x0A: append("\\n")
        case 0x0D: append("\\r")
        case 0x09: append("\\t")
        default: append((unit < 0x10 ? "\\u000" : "\\u00") + String(unit, radix: 16))
        }
    }
}
