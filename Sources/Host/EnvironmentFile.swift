/// Files of environment variables (".env"), as development uses them.
public enum EnvironmentFile {
    /// What is wrong in such a file, and where.
    public struct Problem: Error, Sendable, Equatable, CustomStringConvertible {
        /// The line, from 1.
        public var line: Int
        /// What is wrong with it.
        public var reason: String

        /// Line and reason.
        public var description: String { "line \(line): \(reason)" }
    }

    /// The variables of the file at `path`, or nil where there is none.
    public static func load(_ path: String) throws(FileError) -> [String: String]? {
        let text: String
        do throws(FileError) {
            text = try TextFiles.readText(path, limit: 1 << 20)
        } catch  where error.isMissing {
            return nil
        }
        do throws(Problem) {
            return try parse(text)
        } catch {
            throw FileError("read", path, reason: error.description)
        }
    }

    /// The variables in `text`: `KEY=VALUE` lines, with `export`, comments, and values in quotes that may span lines.
    ///
    /// Inside double quotes `\n`, `\r`, `\t`, `\"`, `\\` and `\$` are what they are in C; single quotes take all as it
    /// stands. Nothing is substituted. Of a variable that comes twice, the last one counts.
    public static func parse(_ text: String) throws(Problem) -> [String: String] {
        var reader = Reader(text)
        var variables: [String: String] = [:]
        while let (key, value) = try reader.next() { variables[key] = value }
        return variables
    }

    private struct Reader {
        var rest: Substring.UnicodeScalarView
        var line = 1

        init(_ text: String) { rest = text[...].unicodeScalars }

        mutating func take() -> Unicode.Scalar? {
            let scalar = rest.popFirst()
            if scalar == "\n" { line += 1 }
            return scalar
        }

        mutating func skip(_ isSkipped: (Unicode.Scalar) -> Bool) {
            while let next = rest.first, isSkipped(next) { _ = take() }
        }

        mutating func next() throws(Problem) -> (String, String)? {
            while true {
                skip { $0.properties.isWhitespace || $0 == "\u{FEFF}" }
                guard rest.first == "#" else { break }
                skip { $0 != "\n" }
            }
            guard !rest.isEmpty else { return nil }
            var key = word()
            skip(Self.isBlank)
            if key == "export" && rest.first != "=" {
                key = word()
                skip(Self.isBlank)
            }
            guard let first = key.unicodeScalars.first, first == "_" || first.properties.isAlphabetic else {
                throw Problem(line: line, reason: "a variable's name is expected")
            }
            guard rest.first == "=" else { throw Problem(line: line, reason: "\"=\" is expected after \"\(key)\"") }
            _ = take()
            let value = try value()
            skip(Self.isBlank)
            if rest.first == "#" { skip { $0 != "\n" } }
            guard rest.first == nil || rest.first == "\n" || rest.first == "\r" else {
                throw Problem(line: line, reason: "nothing may follow the value's closing quote")
            }
            return (key, value)
        }

        private mutating func word() -> String {
            var word = String.UnicodeScalarView()
            while let next = rest.first, next.isASCII, next == "_" || next == "." || Self.isAlphanumeric(next) {
                word.append(next)
                _ = take()
            }
            return String(word)
        }

        private mutating func value() throws(Problem) -> String {
            let before = rest.first
            skip(Self.isBlank)
            guard let quote = rest.first, quote == "\"" || quote == "'" else { return bareValue(after: before) }
            let start = line
            _ = take()
            var value = String.UnicodeScalarView()
            while let scalar = take() {
                if scalar == quote { return String(value) }
                guard scalar == "\\", quote == "\"", let escaped = take() else {
                    value.append(scalar)
                    continue
                }
                switch escaped {
                case "n": value.append("\n")
                case "r": value.append("\r")
                case "t": value.append("\t")
                case "\"", "\\", "$", "`": value.append(escaped)
                case "\n": break
                default: value.append(contentsOf: ["\\", escaped])
                }
            }
            throw Problem(line: start, reason: "the quote that begins here is never closed")
        }

        /// A value without quotes ends at the line's end, or at a "#" after white space.
        private mutating func bareValue(after before: Unicode.Scalar?) -> String {
            var value = String.UnicodeScalarView()
            while let next = rest.first, next != "\n", next != "\r" {
                if next == "#", let previous = value.last ?? before, Self.isBlank(previous) { break }
                value.append(next)
                _ = take()
            }
            while let last = value.last, Self.isBlank(last) { value.removeLast() }
            return String(value)
        }

        private static func isBlank(_ scalar: Unicode.Scalar) -> Bool { scalar == " " || scalar == "\t" }

        private static func isAlphanumeric(_ scalar: Unicode.Scalar) -> Bool {
            ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
        }
    }
}
