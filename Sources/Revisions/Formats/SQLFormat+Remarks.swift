/// Comments that speak to us: `-- migrated: …`. Those that say `ignore` speak to the rules for reviewers, and are nothing
/// to who reads the file.
extension SQLFormat {
    /// What stands behind `-- migrated:` in a line; nil where that does not stand there.
    package static func remark(in line: ArraySlice<UInt8>) -> String? {
        let dash = UInt8(ascii: "-")
        var rest = line
        while let first = rest.firstIndex(of: dash) {
            rest = rest[(first + 1)...]
            guard rest.first == dash else { continue }
            let comment = rest.dropFirst().drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            guard comment.starts(with: "migrated:".utf8) else { continue }
            return String(trimmed(Substring(decoding: comment.dropFirst(9), as: UTF8.self)))
        }
        return nil
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
