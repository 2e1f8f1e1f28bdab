/// What `scripts/torture-proof` takes out must be in the sources, or the proof is found to be broken only when somebody runs
/// it, hours of building later.
enum ProofRules {
    static let path = "scripts/torture-proof"

    /// One of the script's replacements: `replace FILE FROM TO`.
    struct Replacement: Equatable {
        var line: Int
        var file: String
        var from: String
        var to: String
    }

    /// Each text that is replaced is in its file, and what comes in its place is another one.
    static func findings(script: String, text: (String) throws -> String) -> [TidyFinding] {
        let file = SourceFile(path: path, text: script)
        let replacements = replacements(in: script)
        guard !replacements.isEmpty else { return [file.finding(0, "it replaces nothing")] }
        return replacements.compactMap { item in
            guard let source = try? text(item.file) else {
                return file.finding(item.line, "there is no \"\(item.file)\"")
            }
            if item.from == item.to { return file.finding(item.line, "it replaces a text by itself") }
            return source.contains(item.from)
                ? nil : file.finding(item.line, "\"\(item.file)\" does not have: \(item.from)")
        }
    }

    static func replacements(in script: String) -> [Replacement] {
        let lines = script.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.enumerated().compactMap { number, line in
            let command = "    replace "
            guard line.hasPrefix(command) else { return nil }
            var words = ShellWords(lines[number...].joined(separator: "\n").dropFirst(command.count))
            guard let file = words.next(), let from = words.next(), let to = words.next() else { return nil }
            return Replacement(line: number, file: file, from: from, to: to)
        }
    }
}

/// The words of a command of a shell's: with quotation marks, and over lines that end with a stroke.
private struct ShellWords: IteratorProtocol {
    private var rest: Substring

    init(_ text: some StringProtocol) { rest = Substring(text) }

    mutating func next() -> String? {
        while rest.hasPrefix(" ") || rest.hasPrefix("\\\n") { rest = rest.dropFirst(rest.hasPrefix(" ") ? 1 : 2) }
        var word = ""
        var quote: Character?
        while let character = rest.first {
            if quote == nil, character == " " || character == "\n" { break }
            rest = rest.dropFirst()
            switch (character, quote) {
            case ("'", nil), ("\"", nil): quote = character
            case (let mark, .some(let open)) where mark == open: quote = nil
            case ("\\", .some("\"")):
                guard let escaped = rest.first, "$`\"\\\n".contains(escaped) else {
                    word.append(character)
                    continue
                }
                rest = rest.dropFirst()
                if escaped != "\n" { word.append(escaped) }
            default: word.append(character)
            }
        }
        return word.isEmpty ? nil : word
    }
}
