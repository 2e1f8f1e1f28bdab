/// Rules about the form of a file that can be checked line by line.
enum FormRules {
    static let longestFile = 400
    static let longestFunction = 70

    /// All findings about one file.
    static func findings(in file: SourceFile) -> [TidyFinding] {
        fileLength(file) + functionLengths(file) + names(file) + words(file)
            + DocumentationRule.findings(in: file) + machinePaths(file)
    }

    static func fileLength(_ file: SourceFile) -> [TidyFinding] {
        let count = file.lines.count - (file.lines.last == "" ? 1 : 0)
        guard count > longestFile else { return [] }
        return [file.finding(longestFile, "the file has \(count) lines, and \(longestFile) are the most")]
    }

    /// A function's lines are those between its braces.
    static func functionLengths(_ file: SourceFile) -> [TidyFinding] {
        var findings: [TidyFinding] = []
        var open: [(start: Int, isFunction: Bool)] = []
        var pending: Int?
        var parentheses = 0
        for (index, line) in file.code.enumerated() {
            if parentheses == 0, pending == nil, declaresFunction(line) { pending = index }
            for byte in line.utf8 {
                switch byte {
                case UInt8(ascii: "("), UInt8(ascii: "["): parentheses += 1
                case UInt8(ascii: ")"), UInt8(ascii: "]"): parentheses -= 1
                case UInt8(ascii: "{"):
                    open.append((index, pending != nil && parentheses == 0))
                    if parentheses == 0 { pending = nil }
                case UInt8(ascii: "}"):
                    guard let block = open.popLast(), block.isFunction else { continue }
                    let count = index - block.start - 1
                    if count > longestFunction {
                        findings.append(
                            file.finding(
                                block.start, "the function has \(count) lines, and \(longestFunction) are the most"))
                    }
                default: break
                }
            }
            // A protocol's requirement has no body.
            if pending != nil, parentheses == 0, !line.contains("{"), endsRequirement(file, after: index) {
                pending = nil
            }
        }
        return findings
    }

    private static func declaresFunction(_ line: String) -> Bool {
        guard line.holds("func") || line.holds("init") || line.holds("subscript") else { return false }
        let words = line.split { " (<?!".contains($0) }
        return words.contains { $0 == "func" || $0 == "init" || $0 == "deinit" || $0 == "subscript" }
            && !line.contains("self.init") && !line.contains("super.init") && !line.contains(".init(")
    }

    private static func endsRequirement(_ file: SourceFile, after index: Int) -> Bool {
        guard let next = file.code[(index + 1)...].first(where: { !$0.allSatisfy(\.isWhitespace) }) else { return true }
        let start = next.drop(while: \.isWhitespace)
        return !["{", "where ", "async", "throws", "->", ")"].contains { start.hasPrefix($0) }
    }

    static let forbiddenNames = ["Utils", "Utilities", "Helpers", "Helper", "Common", "Manager"]

    /// What systemd calls itself to a service.
    private static func isForeign(_ name: some StringProtocol) -> Bool { name.hasSuffix("ServiceManager") }

    /// No file and no type is a drawer for things without a name.
    static func names(_ file: SourceFile) -> [TidyFinding] {
        var findings: [TidyFinding] = []
        for name in forbiddenNames
        where (file.name.hasSuffix(name) || file.name.hasPrefix(name)) && !isForeign(file.name) {
            findings.append(file.finding(0, "\"\(name)\" in a file's name says nothing"))
            break
        }
        let kinds: Set<Substring> = ["struct", "class", "enum", "actor", "protocol", "extension", "typealias"]
        for (index, line) in file.code.enumerated()
        where forbiddenNames.contains(where: line.holds) || line.holds(file.target) {
            let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_") }
            for (kind, type) in zip(words, words.dropFirst()) where kinds.contains(kind) {
                if kind == "extension" && type == "FileManager" || isForeign(type) { continue }
                if let name = forbiddenNames.first(where: { type.hasSuffix($0) }) {
                    findings.append(file.finding(index, "\"\(name)\" in a type's name says nothing"))
                }
            }
            // A module with a type of its own name cannot be named from outside.
            for (kind, type) in zip(words, words.dropFirst())
            where kinds.contains(kind) && kind != "extension" && type == file.target && !line.hasPrefix(" ") {
                findings.append(file.finding(index, "the type has the name of its module"))
            }
        }
        return findings
    }

    /// Words that end the process, block a thread, or pull in what a static program should not carry.
    static let forbiddenWords: [(word: String, reason: String)] = [
        ("try!", "an error is thrown or handled"), ("as!", "a cast may fail"),
        ("fatalError(", "a daemon does not end itself"), ("Thread.sleep", "a thread is not for waiting"),
        ("String(format:", "it needs all of Foundation"), ("NSRegularExpression", "it needs all of Foundation"),
    ]

    static func words(_ file: SourceFile) -> [TidyFinding] {
        let suspects = forbiddenWords.filter { file.text.holds($0.word) }
        guard !suspects.isEmpty else { return [] }
        return file.code.enumerated().flatMap { index, line in
            suspects.filter { contains(line, word: $0.word) }.map { word, reason in
                file.finding(index, "\"\(word)\" is not for this house: \(reason)")
            }
        }
    }

    /// Whether the word stands in the line and is not the end of a longer one.
    private static func contains(_ line: String, word: String) -> Bool {
        guard line.holds(word) else { return false }
        let bytes = Array(line.utf8)
        let word = Array(word.utf8)
        return (0...(bytes.count - word.count)).contains { start in
            guard bytes[start] == word[0], bytes[start...].starts(with: word) else { return false }
            guard start > 0 else { return true }
            let before = bytes[start - 1] | 0x20
            return !((97...122).contains(before) || bytes[start - 1] == UInt8(ascii: "_"))
        }
    }

    /// Paths and words of the place where a file was written, which mean nothing to who reads it.
    static let machineWords = [
        "/work" + "/", "/root" + "/", "/opt" + "/swift", "/home" + "/runner", "/workspace" + "/",
    ]

    static func machinePaths(_ file: SourceFile) -> [TidyFinding] {
        let suspects = machineWords.filter { file.text.holds($0) }
        guard !suspects.isEmpty else { return [] }
        return file.lines.enumerated().flatMap { index, line in
            suspects.filter { String(line).holds($0) }.map { file.finding(index, "\"\($0)\" is a path of one machine") }
        }
    }
}
