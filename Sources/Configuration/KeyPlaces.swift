/// A line and a column, both from 1; columns count Unicode scalars.
struct SettingsPlace: Equatable {
    var line: Int
    var column: Int
}

/// Where the keys and values of a TOML document stand.
///
/// TOMLKit checks the grammar and gives the values, but not their places. This walks over a document that TOMLKit has
/// accepted, and so need not judge it; on any other text it ends early rather than wrongly.
struct KeyPlaces {
    /// A key's path: names, and indices of arrays as decimal numbers.
    typealias Path = [String]

    private(set) var keys: [Path: SettingsPlace] = [:]
    private(set) var values: [Path: SettingsPlace] = [:]

    private let bytes: [UInt8]
    private var index = 0
    private var line = 1
    private var lineStart = 0

    init(of text: String) {
        bytes = Array(text.utf8)
        scanDocument()
    }

    private mutating func scanDocument() {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            index = 3
            lineStart = 3
        }
        var table: Path = []
        var arrayCounts: [Path: Int] = [:]
        while true {
            skipBlanks(linesToo: true)
            guard let byte = current else { return }
            guard byte == UInt8(ascii: "[") else {
                let before = index
                scanAssignment(in: table)
                if index == before { return }
                continue
            }
            index += 1
            let isElement = current == UInt8(ascii: "[")
            if isElement { index += 1 }
            table = scanKey(in: [])
            if isElement {
                let count = arrayCounts[table, default: 0]
                arrayCounts[table] = count + 1
                table.append(String(count))
            }
            skip(while: { $0 == UInt8(ascii: "]") || $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") })
        }
    }

    private mutating func scanAssignment(in table: Path) {
        let path = scanKey(in: table)
        skipBlanks(linesToo: false)
        guard current == UInt8(ascii: "=") else { return }
        index += 1
        skipBlanks(linesToo: false)
        scanValue(at: path)
    }

    /// Takes `a.b."c d"` and notes where each part begins, unless it was seen before.
    private mutating func scanKey(in table: Path) -> Path {
        var path = table
        while true {
            skipBlanks(linesToo: false)
            let start = place
            guard let part = scanKeyPart() else { return path }
            path.append(part)
            if keys[path] == nil { keys[path] = start }
            skipBlanks(linesToo: false)
            guard current == UInt8(ascii: ".") else { return path }
            index += 1
        }
    }

    private mutating func scanKeyPart() -> String? {
        let start = index
        switch current {
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
            skipString()
            return Self.unescape(
                bytes[(start + 1)..<max(start + 1, index - 1)], basic: bytes[start] == UInt8(ascii: "\""))
        default:
            skip(while: { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), 0x80...:
                    true
                default: false
                }
            })
            return index == start ? nil : String(decoding: bytes[start..<index], as: UTF8.self)
        }
    }

    private mutating func scanValue(at path: Path) {
        values[path] = place
        switch current {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): skipString()
        case UInt8(ascii: "["): scanList(closedBy: UInt8(ascii: "]"), path: path, isTable: false)
        case UInt8(ascii: "{"): scanList(closedBy: UInt8(ascii: "}"), path: path, isTable: true)
        default:
            let ends = Array(",]}#\r\n".utf8)
            skip(while: { !ends.contains($0) })
        }
    }

    private mutating func scanList(closedBy close: UInt8, path: Path, isTable: Bool) {
        index += 1
        var count = 0
        while true {
            skipBlanks(linesToo: true)
            guard let byte = current else { return }
            if byte == close || byte == UInt8(ascii: ",") {
                index += 1
                if byte == close { return }
                continue
            }
            let before = index
            if isTable {
                scanAssignment(in: path)
            } else {
                scanValue(at: path + [String(count)])
                count += 1
            }
            if index == before { index += 1 }
        }
    }

    // MARK: Bytes

    private var current: UInt8? { index < bytes.count ? bytes[index] : nil }

    private var place: SettingsPlace {
        let scalars = bytes[min(lineStart, index)..<index].count { $0 & 0xC0 != 0x80 }
        return SettingsPlace(line: line, column: scalars + 1)
    }

    private mutating func advance() {
        if bytes[index] == UInt8(ascii: "\n") {
            line += 1
            lineStart = index + 1
        }
        index += 1
    }

    private mutating func skip(while holds: (UInt8) -> Bool) {
        while let byte = current, holds(byte) { advance() }
    }

    private mutating func skipBlanks(linesToo: Bool) {
        while let byte = current {
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"): advance()
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                guard linesToo else { return }
                advance()
            case UInt8(ascii: "#"):
                guard linesToo else { return }
                skip(while: { $0 != UInt8(ascii: "\n") })
            default: return
            }
        }
    }

    /// Goes past a string of any of TOML's four kinds.
    private mutating func skipString() {
        let quote = bytes[index]
        var width = 0
        while width < 3, index + width < bytes.count, bytes[index + width] == quote { width += 1 }
        index += width
        if width == 2 { return }
        let escapes = quote == UInt8(ascii: "\"")
        var run = 0
        while let byte = current {
            if escapes, byte == UInt8(ascii: "\\") {
                advance()
                if current != nil { advance() }
                run = 0
                continue
            }
            run = byte == quote ? run + 1 : 0
            advance()
            // A long string may end with up to two quotes of its own before the closing three.
            if run == width, width == 1 || run == 5 || current != quote { return }
            if width == 3, run > 3, current != quote { return }
        }
    }

    private static func unescape(_ raw: ArraySlice<UInt8>, basic: Bool) -> String {
        let text = String(decoding: raw, as: UTF8.self)
        guard basic, text.contains("\\") else { return text }
        var result = String.UnicodeScalarView()
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            guard scalar == "\\", let escape = rest.popFirst() else {
                result.append(scalar)
                continue
            }
            let simple: [Unicode.Scalar: Unicode.Scalar] = [
                "n": "\n", "t": "\t", "r": "\r", "b": "\u{8}", "f": "\u{C}",
            ]
            if escape == "u" || escape == "U" {
                let digits = rest.prefix(escape == "u" ? 4 : 8)
                if let code = UInt32(String(digits), radix: 16), let named = Unicode.Scalar(code) {
                    result.append(named)
                }
                rest = rest.dropFirst(digits.count)
            } else {
                result.append(simple[escape] ?? escape)
            }
        }
        return String(result)
    }
}
