import CLibPQ

/// One value of a row, as the server sent it.
public struct Field: Sendable {
    let handle: ResultHandle
    let row: Int32
    let column: Int32

    /// Whether it is SQL's NULL.
    public var isNull: Bool { PQgetisnull(handle.pointer, row, column) != 0 }

    /// Its text form.
    public func text() throws(FieldError) -> String {
        let text: String?? = withBytes { String(validating: $0, as: UTF8.self) }
        guard let text else { throw .null }
        guard let text else { throw .notUTF8 }
        return text
    }

    /// Gives the bytes of the text form; nil for NULL.
    func withBytes<R>(_ body: (UnsafeBufferPointer<UInt8>) -> R) -> R? {
        guard !isNull, let start = PQgetvalue(handle.pointer, row, column) else { return nil }
        let length = Int(PQgetlength(handle.pointer, row, column))
        return start.withMemoryRebound(to: UInt8.self, capacity: length) {
            body(UnsafeBufferPointer(start: $0, count: length))
        }
    }

    /// The bytes of a `bytea`, in either output format.
    func byteaBytes() throws(FieldError) -> [UInt8] {
        let bytes: [UInt8]?? = withBytes { text in
            text.starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "x")])
                ? decodeHex(text.dropFirst(2)) : decodeEscapes(text)
        }
        guard let bytes else { throw .null }
        guard let bytes else { throw .malformed }
        return bytes
    }

    /// The elements of a one-dimensional array without NULLs.
    func arrayElements() throws(FieldError) -> [String] {
        var reader = ArrayReader(text: try text())
        return try reader.read()
    }
}

/// Why a field could not be read as the type asked for.
public struct FieldError: Error, Sendable, Equatable {
    /// A part of a sentence.
    public let reason: String

    /// Makes a reason, for types that decode themselves.
    public init(reason: String) {
        self.reason = reason
    }

    static let null = FieldError(reason: "it is NULL")
    static let notUTF8 = FieldError(reason: "it is not UTF-8")
    static let malformed = FieldError(reason: "it does not have the form of this type")
    static let outOfRange = FieldError(reason: "it is not a number in the range of this type")
    static let nullElement = FieldError(reason: "an element is NULL")
    static let dimensions = FieldError(reason: "the array has more than one dimension")
}

private func decodeHex(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> [UInt8]? {
    guard text.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count / 2)
    var index = text.startIndex
    while index < text.endIndex {
        guard let high = hexValue(text[index]), let low = hexValue(text[index + 1]) else { return nil }
        bytes.append(high << 4 | low)
        index += 2
    }
    return bytes
}

private func hexValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}

/// `bytea_output = escape`: octal escapes and a doubled backslash.
private func decodeEscapes(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    var index = 0
    while index < text.count {
        guard text[index] == UInt8(ascii: "\\") else {
            bytes.append(text[index])
            index += 1
            continue
        }
        if index + 1 < text.count, text[index + 1] == UInt8(ascii: "\\") {
            bytes.append(UInt8(ascii: "\\"))
            index += 2
            continue
        }
        guard index + 3 < text.count else { return nil }
        var value = 0
        for digit in text[(index + 1)...(index + 3)] {
            guard (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(digit) else { return nil }
            value = value * 8 + Int(digit - UInt8(ascii: "0"))
        }
        guard let byte = UInt8(exactly: value) else { return nil }
        bytes.append(byte)
        index += 4
    }
    return bytes
}

/// Reads the text form of a one-dimensional array.
struct ArrayReader {
    private var rest: Substring.UnicodeScalarView

    init(text: String) {
        rest = text[...].unicodeScalars
        // Bounds that do not begin with 1 come first: [0:1]={a,b}
        if rest.first == "[", let equals = rest.firstIndex(of: "=") {
            rest = rest[rest.index(after: equals)...]
        }
    }

    mutating func read() throws(FieldError) -> [String] {
        guard rest.popFirst() == "{" else { throw .malformed }
        if rest.first == "}" {
            rest.removeFirst()
            return try finish([])
        }
        var elements: [String] = []
        while true {
            elements.append(try element())
            switch rest.popFirst() {
            case ",": continue
            case "}": return try finish(elements)
            default: throw .malformed
            }
        }
    }

    private func finish(_ elements: [String]) throws(FieldError) -> [String] {
        guard rest.isEmpty else { throw .malformed }
        return elements
    }

    private mutating func element() throws(FieldError) -> String {
        if rest.first == "{" { throw .dimensions }
        var text = String.UnicodeScalarView()
        if rest.first == "\"" {
            rest.removeFirst()
            while let scalar = rest.popFirst() {
                if scalar == "\"" { return String(text) }
                guard scalar == "\\" else {
                    text.append(scalar)
                    continue
                }
                guard let escaped = rest.popFirst() else { throw .malformed }
                text.append(escaped)
            }
            throw .malformed
        }
        while let scalar = rest.first, scalar != ",", scalar != "}" {
            rest.removeFirst()
            if scalar == "\\", let escaped = rest.popFirst() {
                text.append(escaped)
            } else {
                text.append(scalar)
            }
        }
        let word = String(text)
        if word.lowercased() == "null" { throw .nullElement }
        return word
    }
}
