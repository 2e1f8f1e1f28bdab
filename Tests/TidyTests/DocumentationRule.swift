/// Each public declaration says what it is for, in a `///` comment.
///
/// Silent may be what its surroundings explain: stored properties and the initialiser that only fills them in, what the
/// language's own protocols ask for, and the members of a type or extension that conforms to a protocol of ours, which
/// has the words.
enum DocumentationRule {
    static func findings(in file: SourceFile) -> [TidyFinding] {
        var findings: [TidyFinding] = []
        var surroundings: [String?] = []
        var header: String?
        for (index, line) in file.code.enumerated() {
            if let declaration = Declaration(line) {
                if declaration.isPublic, needsWords(declaration, file, index, in: surroundings.last ?? nil),
                    !hasComment(file, above: index)
                {
                    findings.append(file.finding(index, "a public declaration has no /// comment"))
                }
                if declaration.isType { header = line }
            }
            for byte in line.utf8 {
                if byte == UInt8(ascii: "{") {
                    surroundings.append(header)
                    header = nil
                } else if byte == UInt8(ascii: "}") {
                    _ = surroundings.popLast()
                }
            }
        }
        return findings
    }

    /// The first words of a line that declares something.
    private struct Declaration {
        var kind: Substring
        var name: Substring
        var isPublic: Bool
        var line: String

        private static let modifiers: Set<Substring> = [
            "public", "open", "internal", "package", "private", "fileprivate", "static", "final", "nonisolated",
            "mutating", "indirect", "override", "convenience", "lazy", "consuming", "isolated", "required",
        ]
        private static let kinds: Set<Substring> = [
            "struct", "enum", "protocol", "actor", "class", "extension", "func", "init", "var", "let", "typealias",
            "subscript",
        ]

        /// What a line must hold to be of interest: something public, or a type around it.
        private static let signs = [
            "public ", "open ", "struct ", "enum ", "protocol ", "actor ", "class ", "extension ",
        ]

        init?(_ line: String) {
            guard Self.signs.contains(where: line.holds) else { return nil }
            let words = line.split { " (:{<?!,".contains($0) }
            let leading = words.prefix { $0.hasPrefix("@") || Self.modifiers.contains($0) }
            guard leading.count < words.count, Self.kinds.contains(words[leading.count]) else { return nil }
            kind = words[leading.count]
            name = leading.count + 1 < words.count ? words[leading.count + 1] : ""
            isPublic = leading.contains("public") || leading.contains("open")
            self.line = line
        }

        var isType: Bool { ["struct", "enum", "protocol", "actor", "class", "extension"].contains(kind) }
        var isStored: Bool { kind == "let" || (kind == "var" && !line.contains("{")) }
    }

    private static let languageMembers: Set<Substring> = [
        "description", "debugDescription", "customMirror", "hash", "encode", "id", "rawValue", "next", "makeIterator",
        "isEmpty", "count", "startIndex", "endIndex", "allCases", "==", "<", "executor", "unownedExecutor",
    ]

    /// Protocols of the language, whose members are named above; every other protocol is taken to explain its own.
    private static let plainProtocols: Set<Substring> = [
        "Sendable", "Equatable", "Hashable", "Codable", "Encodable", "Decodable", "CaseIterable", "Identifiable",
        "Error", "Comparable", "String", "Int", "Int32", "UInt8", "UInt32", "CustomStringConvertible", "any", "where",
    ]

    private static func needsWords(
        _ declaration: Declaration, _ file: SourceFile, _ index: Int, in surrounding: String?
    ) -> Bool {
        if declaration.line.holds("func < (") { return false }
        if declaration.kind == "extension" || languageMembers.contains(declaration.name) { return false }
        guard let surrounding else { return true }
        if declaration.isStored || declaration.kind == "typealias" { return false }
        if declaration.isType { return declaration.name != "Parameters" && declaration.name != "Reply" }
        if declaration.kind == "init", fillsIn(file, index) { return false }
        guard let colon = surrounding.firstIndex(of: ":") else { return true }
        let protocols = surrounding[surrounding.index(after: colon)...].split { " ,{&".contains($0) }
        return protocols.allSatisfy { plainProtocols.contains($0) }
    }

    /// Whether an initialiser does nothing but take its arguments over, or decode.
    private static func fillsIn(_ file: SourceFile, _ index: Int) -> Bool {
        if file.code[index].contains("init(from decoder") { return true }
        guard let open = file.code[index...].firstIndex(where: { $0.hasSuffix("{") || $0.contains("{ self.") }) else {
            return false
        }
        if file.code[open].contains("{ self.") { return true }
        let body = file.code[(open + 1)...].prefix { $0.drop(while: \.isWhitespace).first != "}" }
        return body.allSatisfy { line in
            let words = line.split(separator: " ")
            return words.count >= 3 && words[1] == "=" && !words.contains("try")
        }
    }

    private static func hasComment(_ file: SourceFile, above index: Int) -> Bool {
        for line in file.lines[..<index].reversed() {
            let line = line.drop(while: \.isWhitespace)
            if line.hasPrefix("///") { return true }
            guard line.hasPrefix("@") || line.hasPrefix("#if") || line.hasPrefix("// ") else { return false }
        }
        return false
    }
}
