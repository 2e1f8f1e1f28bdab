import Glibc

/// One place that breaks a rule of the house.
struct TidyFinding: Equatable, CustomStringConvertible {
    var file: String
    var line: Int
    var message: String

    var description: String { "\(file):\(line): \(message)" }
}

/// A source file: its path from the root of the repository, and its text.
struct SourceFile {
    var path: String
    var text: String

    /// The lines as they are.
    let lines: [Substring]
    /// The lines without what stands in comments and string literals, so that words there are not taken for code.
    let code: [String]

    init(path: String, text: String) {
        self.path = path
        self.text = text
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        var blanker = CodeBlanker(text)
        code = blanker.blanked().split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// The target that the file belongs to.
    var target: String {
        let parts = path.split(separator: "/")
        return parts.count > 1 ? String(parts[1]) : ""
    }

    /// The file's name without its extension.
    var name: String {
        let file = path.split(separator: "/").last ?? ""
        return String(file.prefix { $0 != "." })
    }

    func finding(_ index: Int, _ message: String) -> TidyFinding {
        TidyFinding(file: path, line: index + 1, message: message)
    }
}

/// Puts spaces where comments and the text of string literals are; line breaks stay where they are.
///
/// Interpolations count as text of their literal: what matters here is that quotes and braces in texts do not confuse.
struct CodeBlanker {
    private let slash = UInt8(ascii: "/")
    private let quote = UInt8(ascii: "\"")
    private let hash = UInt8(ascii: "#")
    private let bytes: [UInt8]
    private var index = 0
    private var result: [UInt8] = []

    init(_ text: String) {
        bytes = Array(text.utf8)
    }

    mutating func blanked() -> String {
        while index < bytes.count {
            if bytes[index] != slash && bytes[index] != quote && bytes[index] != hash {
                result.append(bytes[index])
                index += 1
            } else if starts(with: "//") {
                blank(while: { $0 != UInt8(ascii: "\n") })
            } else if starts(with: "/*") {
                blankBlockComment()
            } else if let hashes = stringStart() {
                blankString(hashes: hashes)
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private func starts(with text: StaticString) -> Bool {
        text.withUTF8Buffer { starts(with: $0) }
    }

    private func starts(with text: some Collection<UInt8>) -> Bool {
        guard index + text.count <= bytes.count else { return false }
        var position = index
        for byte in text {
            if bytes[position] != byte { return false }
            position += 1
        }
        return true
    }

    /// How many `#` stand before the quote, when a string literal begins here.
    private func stringStart() -> Int? {
        var hashes = 0
        while index + hashes < bytes.count, bytes[index + hashes] == UInt8(ascii: "#") { hashes += 1 }
        return index + hashes < bytes.count && bytes[index + hashes] == UInt8(ascii: "\"") ? hashes : nil
    }

    private mutating func blankOne() {
        result.append(bytes[index] == UInt8(ascii: "\n") ? bytes[index] : UInt8(ascii: " "))
        index += 1
    }

    private mutating func blank(while holds: (UInt8) -> Bool) {
        while index < bytes.count, holds(bytes[index]) { blankOne() }
    }

    private mutating func blankBlockComment() {
        var depth = 0
        while index < bytes.count {
            if starts(with: "/*") {
                depth += 1
                blankOne()
            } else if starts(with: "*/") {
                depth -= 1
                blankOne()
            }
            blankOne()
            if depth == 0 { return }
        }
    }

    private mutating func blankString(hashes: Int) {
        for _ in 0..<hashes { blankOne() }
        let isLong = starts(with: "\"\"\"")
        let fence = [UInt8](repeating: hash, count: hashes)
        let close = [UInt8](repeating: quote, count: isLong ? 3 : 1) + fence
        let interpolation = [UInt8(ascii: "\\")] + fence + [UInt8(ascii: "(")]
        keep(isLong ? 3 : 1)
        while index < bytes.count {
            if starts(with: close) {
                keep(isLong ? 3 : 1)
                for _ in 0..<hashes { blankOne() }
                return
            }
            if starts(with: interpolation) {
                for _ in 0..<(hashes + 2) { blankOne() }
                blankInterpolation()
            } else if hashes == 0, bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count {
                blankOne()
                blankOne()
            } else if !isLong, bytes[index] == UInt8(ascii: "\n") {
                return
            } else {
                blankOne()
            }
        }
    }

    /// The rest of `\(…)`, with literals of its own.
    private mutating func blankInterpolation() {
        var depth = 1
        while index < bytes.count, depth > 0 {
            if let hashes = stringStart() {
                let kept = result.count
                blankString(hashes: hashes)
                for position in kept..<result.count where result[position] != UInt8(ascii: "\n") {
                    result[position] = UInt8(ascii: " ")
                }
                continue
            }
            if bytes[index] == UInt8(ascii: "(") { depth += 1 }
            if bytes[index] == UInt8(ascii: ")") { depth -= 1 }
            blankOne()
        }
    }

    private mutating func keep(_ count: Int) {
        for _ in 0..<count where index < bytes.count {
            result.append(bytes[index])
            index += 1
        }
    }
}

extension String {
    /// Whether the text holds the word anywhere: the C library's search, because all sources are searched for many words.
    func holds(_ word: String) -> Bool {
        withCString { text in word.withCString { strstr(text, $0) != nil } }
    }
}
