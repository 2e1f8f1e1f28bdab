/// Plain text as source of mdoc(7): nothing in it is taken for a macro or an escape.
enum ManualText {
    /// How long a line of the source may be.
    private static let width = 78

    /// A paragraph: a new line for each sentence, and for what would be too long.
    static func paragraph(_ text: String) -> String {
        var lines: [String] = []
        var line = ""
        var endsSentence = false
        for word in text.split(whereSeparator: \.isWhitespace) {
            let next = escaped(word)
            if line.isEmpty || endsSentence || line.utf8.count + next.utf8.count >= width {
                if !line.isEmpty { lines.append(line) }
                line = next
            } else {
                line += " " + next
            }
            endsSentence = ".?!".contains(word.last ?? " ")
        }
        if !line.isEmpty { lines.append(line) }
        return lines.map { guarded($0) + "\n" }.joined()
    }

    /// A help text: paragraphs, and examples where lines are indented.
    static func discussion(_ text: String) -> String {
        var blocks: [(isExample: Bool, lines: [Substring])] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let isExample = line.hasPrefix("  ")
            if line.allSatisfy(\.isWhitespace) {
                blocks.append((false, []))
            } else if let last = blocks.last, last.isExample == isExample || last.lines.isEmpty {
                blocks[blocks.count - 1] = (isExample, last.lines + [line])
            } else {
                blocks.append((isExample, [line]))
            }
        }
        return blocks.filter { !$0.lines.isEmpty }.map { block in
            block.isExample
                ? ".Bd -literal -offset indent\n"
                    + block.lines.map { guarded(escaped($0.drop(while: \.isWhitespace))) + "\n" }.joined() + ".Ed\n"
                : ".Pp\n" + paragraph(block.lines.joined(separator: " "))
        }.joined()
    }

    /// Text in which no character means anything to the formatter.
    static func escaped(_ text: some StringProtocol) -> String {
        text.unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar {
            case "\\": result += "\\e"
            case "-": result += "\\-"
            case _ where scalar.isASCII: result.unicodeScalars.append(scalar)
            default:
                let digits = String(scalar.value, radix: 16, uppercase: true)
                result += "\\[u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "]"
            }
        }
    }

    private static func guarded(_ line: String) -> String {
        line.hasPrefix(".") || line.hasPrefix("'") ? "\\&" + line : line
    }
}
