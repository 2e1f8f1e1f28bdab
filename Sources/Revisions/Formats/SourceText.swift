internal import SQLText

/// A line of a file, without its end.
struct SourceLine {
    /// Counts from 1.
    var number: Int
    /// Its bytes in the file; a carriage return at its end is not one of them.
    var range: Range<Int>
    /// Where the next line begins.
    var next: Int
}

/// A file's bytes, looked at line by line.
struct SourceText {
    let bytes: [UInt8]

    /// The line that begins at `offset`; nil at the end of the file.
    func line(number: Int, at offset: Int) -> SourceLine? {
        guard offset < bytes.count else { return nil }
        return bytes.withUnsafeBufferPointer { bytes in
            var end = offset
            while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
            let next = min(end + 1, bytes.count)
            if end > offset, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
            return SourceLine(number: number, range: offset..<end, next: next)
        }
    }

    /// The place of a byte of that line; columns count characters as the SQL lexer does.
    func position(of offset: Int, in line: SourceLine) -> SourcePosition {
        let column = bytes[line.range.lowerBound..<offset].count { $0 & 0xC0 != 0x80 } + 1
        return SourcePosition(line: line.number, column: column, offset: offset)
    }

    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    /// The range without blanks at either end.
    func trimmed(_ range: Range<Int>) -> Range<Int> {
        var lower = range.lowerBound
        var upper = range.upperBound
        while lower < upper, Self.isBlank(bytes[lower]) { lower += 1 }
        while upper > lower, Self.isBlank(bytes[upper - 1]) { upper -= 1 }
        return lower..<upper
    }

    /// Whether these characters stand at the offset, before `end`.
    func has(_ prefix: StaticString, at offset: Int, before end: Int) -> Bool {
        guard end - offset >= prefix.utf8CodeUnitCount else { return false }
        return prefix.withUTF8Buffer { letters in
            for (step, letter) in letters.enumerated() where bytes[offset + step] != letter { return false }
            return true
        }
    }

    static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    /// The first byte that is not UTF-8, or is a NUL, which PostgreSQL takes in no text.
    func firstIllegalByte() -> SourcePosition? {
        let isSound = String(validating: bytes, as: UTF8.self) != nil
        if isSound, !bytes.contains(0) { return nil }
        var decoder = UTF8()
        var input = bytes.makeIterator()
        var position = SourcePosition.start
        while true {
            switch decoder.decode(&input) {
            case .scalarValue("\n"):
                position = SourcePosition(line: position.line + 1, column: 1, offset: position.offset + 1)
            case .scalarValue(let scalar) where scalar.value != 0:
                position.column += 1
                position.offset += UTF8.width(scalar)
            case .scalarValue, .error: return position
            case .emptyInput: return nil
            }
        }
    }
}
