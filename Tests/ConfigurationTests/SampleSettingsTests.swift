import FoundationEssentials
import Testing

@testable import Configuration

@Suite("the sample settings")
struct SampleSettingsTests {
    private func sample() throws -> String {
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
        return try String(contentsOf: URL(filePath: root + "/etc/migrated.toml"), encoding: .utf8)
    }

    /// The sample with every commented setting taken in.
    private func uncommented() throws -> String {
        try sample().split(separator: "\n", omittingEmptySubsequences: false).map { line in
            guard line.hasPrefix("#"), let next = line.dropFirst().first, next == "[" || next.isLetter else {
                return line
            }
            return line.dropFirst()
        }.joined(separator: "\n")
    }

    @Test("as it is, it says nothing")
    func nothingSaid() throws {
        #expect(problems(try sample()).map(\.message) == ["no database is configured"])
    }

    @Test("it shows every key there is, and each is good")
    func complete() throws {
        let text = try uncommented()
        for section in SettingsSection.allCases {
            for key in section.keys where !SettingsSection.tables.contains(key) {
                let isShown = text.contains("\n\(key) = ")
                #expect(isShown, "\(section.heading(database: "main")) \(key)")
            }
        }
        // What cannot be said together.
        let dump = ["reason = ", "command = ", "url = \"postgresql:///model\""]
            .reduce(text) { $0.replacing("\n\($1)", with: "\n#\($1)") }
        #expect(problems(dump) == [])
        #expect(problems(text).map(\.key) == ["database.main.backup.reason", "database.main.schema.command"])
    }

    @Test("what it calls a default is the default")
    func defaults() throws {
        let examples = [
            "socket_group", "password", "role", "search_path", "statement_timeout", "version_table_schema",
            "registry_role", "reason", "tools", "refuse", "ask", "keep_for", "keep_size",
            "files", "command", "url = \"postgresql:///model", "roles", "schemas", "ignore", "ignore_kinds",
        ]
        let lines = try uncommented().split(separator: "\n").filter { line in
            !examples.contains { line.hasPrefix("\($0) = ") || line.hasPrefix("\($0)\"") }
        }
        let shown = try judge(lines.joined(separator: "\n"))
        let unsaid = try judge("[database.main]\nurl = \"postgresql:///app?host=/run/postgresql\"")
        #expect(shown == unsaid)
    }
}
