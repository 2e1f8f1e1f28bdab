/// Comments that speak to us: `-- migrated: …`. Those that say `ignore` speak to the rules for reviewers, and are nothing
/// to who reads the file.
extension SQLFormat {
    /// What stands behind `-- migrated:` in a line; nil where that does not stand there.
    package static func remark(in line: ArraySlice<UInt8>) -> String? {
        let text = String(decoding: line, as: UTF8.self)
        guard let found = text.firstRange(of: "-- migrated:") else { return nil }
        return String(trimmed(text[found.upperBound...]))
    }

    /// The codes in `ignore CODE, CODE`; nil where it is another remark.
    package static func ignoredCodes(in remark: String) -> [String]? {
        let words = remark.split { $0 == " " || $0 == "," || $0 == "\t" }
        guard words.first == "ignore" else { return nil }
        return words.dropFirst().map(String.init)
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop(while: \.isWhitespace)
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return text
    }
}
