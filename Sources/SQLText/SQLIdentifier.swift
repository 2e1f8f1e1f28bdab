/// Names and strings, written so that PostgreSQL reads them back as they are.
public enum SQLIdentifier {
    /// `name` in double quotes, always, so that no list of keywords is needed.
    public static func quote(_ name: String) -> String {
        "\"" + doubling(Byte.doubleQuote, in: name) + "\""
    }

    /// A name of several parts, each quoted, with dots between.
    public static func quote(_ parts: [String]) -> String {
        parts.map { quote($0) }.joined(separator: ".")
    }

    /// `text` as a string literal that means the same whatever `standard_conforming_strings` is.
    public static func quoteLiteral(_ text: String) -> String {
        guard text.utf8.contains(Byte.backslash) else { return "'" + doubling(Byte.quote, in: text) + "'" }
        return "E'" + doubling(Byte.backslash, in: doubling(Byte.quote, in: text)) + "'"
    }

    private static func doubling(_ byte: UInt8, in text: String) -> String {
        guard text.utf8.contains(byte) else { return text }
        var result: [UInt8] = []
        result.reserveCapacity(text.utf8.count + 8)
        for each in text.utf8 {
            result.append(each)
            if each == byte { result.append(each) }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The name that a bare or quoted identifier token stands for: folded or unquoted.
    static func unquote(_ token: String) -> String {
        var bytes = Array(token.utf8)
        guard bytes.last == Byte.doubleQuote, bytes.count >= 2 else {
            return Byte.foldedText(bytes[...])
        }
        let isUnicode = bytes[0] != Byte.doubleQuote
        bytes.removeFirst(isUnicode ? 3 : 1)
        bytes.removeLast()
        let name = undoubling(Byte.doubleQuote, in: bytes)
        return isUnicode ? UnicodeEscapes.decode(name) : name
    }

    /// The value of a plain, `E''`-free string token, or nil if it is of another form.
    static func unquoteLiteral(_ token: String) -> String? {
        var bytes = Array(token.utf8)
        guard bytes.count >= 2, bytes[0] == Byte.quote, bytes.last == Byte.quote else { return nil }
        bytes.removeFirst()
        bytes.removeLast()
        return undoubling(Byte.quote, in: bytes)
    }

    private static func undoubling(_ byte: UInt8, in bytes: [UInt8]) -> String {
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            result.append(bytes[index])
            index += bytes[index] == byte ? 2 : 1
        }
        return String(decoding: result, as: UTF8.self)
    }
}

/// `\0061` and `\+000061` in `U&"…"`, with the escape character that is the default.
private enum UnicodeEscapes {
    static func decode(_ text: String) -> String {
        let scalars = Array(text.unicodeScalars)
        var result = String.UnicodeScalarView()
        var index = 0
        while index < scalars.count {
            if scalars[index] == "\\", let (scalar, length) = escape(scalars[(index + 1)...]) {
                result.append(scalar)
                index += 1 + length
            } else {
                result.append(scalars[index])
                index += 1
            }
        }
        return String(result)
    }

    private static func escape(_ rest: ArraySlice<Unicode.Scalar>) -> (Unicode.Scalar, Int)? {
        guard let first = rest.first else { return nil }
        if first == "\\" { return (first, 1) }
        let prefix = first == "+" ? 1 : 0
        let digits = first == "+" ? 6 : 4
        guard rest.count >= prefix + digits else { return nil }
        let text = String(String.UnicodeScalarView(rest.dropFirst(prefix).prefix(digits)))
        guard let value = UInt32(text, radix: 16), let scalar = Unicode.Scalar(value) else { return nil }
        return (scalar, prefix + digits)
    }
}
