/// What the README says of statuses, settings and places must be what the repository has.
enum ReadmeRules {
    static let path = "README.md"

    /// A row for each failure of the register: its exit status, its name, its sentence; and no other row.
    static func failures(register: String, readme: String) -> [TidyFinding] {
        let entries = entries(of: register)
        let readme = SourceFile(path: path, text: readme)
        let wanted = entries.map { "| \($0.status) | `\($0.name)` | \($0.sentence) |" }
        var findings: [TidyFinding] = []
        if wanted.isEmpty { findings.append(readme.finding(0, "the register of failures was not found")) }
        for row in wanted where !readme.lines.contains(row[...]) {
            findings.append(readme.finding(0, "the row \"\(row)\" is missing"))
        }
        let codes = Set(wanted)
        for (index, line) in readme.lines.enumerated() where isStatusRow(line) && !codes.contains(String(line)) {
            findings.append(readme.finding(index, "the register of failures does not say this"))
        }
        return findings
    }

    /// Each key of the sample settings stands in the table of settings.
    static func settings(sample: String, readme: String) -> [TidyFinding] {
        let sample = SourceFile(path: "etc/migrated.toml", text: sample)
        var findings: [TidyFinding] = []
        for (index, line) in sample.lines.enumerated() {
            let words = line.drop { $0 == "#" }.split(separator: " ")
            guard words.count > 2, words[1] == "=", line.first != " ",
                words[0].allSatisfy({ $0.isLowercase || $0 == "_" })
            else { continue }
            if !readme.contains("\n| `\(words[0])` |") {
                findings.append(sample.finding(index, "the README's table does not have \"\(words[0])\""))
            }
        }
        return findings
    }

    /// Each path of the repository that stands in the README in code quotes exists.
    static func places(readme: String, exists: (String) -> Bool) -> [TidyFinding] {
        let readme = SourceFile(path: path, text: readme)
        let tops = ["Sources/", "Tests/", "scripts/", "etc/", ".ci/"]
        return readme.lines.enumerated().flatMap { index, line in
            line.split(separator: "`").filter { part in tops.contains { part.hasPrefix($0) } && !part.contains(" ") }
                .filter { !exists(String($0)) }
                .map { readme.finding(index, "there is no \"\($0)\"") }
        }
    }

    private struct Entry {
        var name: String
        var status: Int
        var sentence: String
    }

    /// `case name = "stable-name"` gives the names, `case .name: (10, "Sentence.")`, on one line or two, the rest.
    private static func entries(of register: String) -> [Entry] {
        var names: [Substring: String] = [:]
        var entries: [Entry] = []
        var name: Substring = ""
        for line in register.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.first == "case", words.count > 1 {
                name = words[1].filter { $0 != "." && $0 != ":" }[...]
                if words.count == 4, words[2] == "=" { names[name] = String(words[3].dropFirst().dropLast()) }
            }
            guard let open = line.firstIndex(of: "("), let comma = line.firstIndex(of: ","), open < comma,
                let status = Int(line[line.index(after: open)..<comma]),
                let quote = line.firstIndex(of: "\""), let last = line.lastIndex(of: "\""), comma < quote, quote < last
            else { continue }
            let sentence = String(line[line.index(after: quote)..<last])
            entries.append(Entry(name: names[name] ?? String(name), status: status, sentence: sentence))
        }
        return entries
    }

    /// `| 10 | `name` | … |`
    private static func isStatusRow(_ line: Substring) -> Bool {
        let cells = line.split(separator: "|")
        guard cells.count == 3, line.first == "|" else { return false }
        return Int(cells[0].filter { $0 != " " }) != nil && cells[1].hasPrefix(" `")
    }
}
