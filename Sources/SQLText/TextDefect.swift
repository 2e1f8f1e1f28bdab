/// What makes bytes no text at all: found before any token is read.
enum TextDefect: Sendable, Equatable {
    case nul(at: Int)
    case notUTF8(at: Int)

    /// The first defect in `bytes`.
    static func first(in bytes: [UInt8]) -> TextDefect? {
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte == 0 { return .nul(at: index) }
            if byte < 0x80 {
                index += 1
                continue
            }
            guard let length = lengthOfScalar(in: bytes, at: index) else { return .notUTF8(at: index) }
            index += length
        }
        return nil
    }

    /// The number of bytes of the scalar outside ASCII at `index`, nil if it is not well formed (Unicode, table 3-7).
    private static func lengthOfScalar(in bytes: [UInt8], at index: Int) -> Int? {
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch bytes[index] {
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: length = 3
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: length = 4
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: return nil
        }
        guard index + length <= bytes.count, second.contains(bytes[index + 1]) else { return nil }
        for step in 2..<max(2, length) where bytes[index + step] & 0xC0 != 0x80 { return nil }
        return length
    }
}
