import FoundationEssentials

/// An entry of the journal.
struct JournalEntry: Sendable {
    var fields: [String: String]

    subscript(name: String) -> String? { fields[name] }

    init(json: Substring) throws {
        fields = try JSONDecoder().decode([String: Value].self, from: Data(json.utf8)).compactMapValues(\.text)
    }

    /// A field: text, or bytes where it is no text, or several where it was given several times.
    private struct Value: Decodable {
        var text: String?

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                self.text = text
            } else if let bytes = try? container.decode([UInt8].self) {
                text = String(decoding: bytes, as: UTF8.self)
            } else if let texts = try? container.decode([String].self) {
                text = texts.joined(separator: "\n")
            }
        }
    }
}

extension Machine {
    /// What the journal has of the daemon, first to last.
    func journal(_ matches: String...) async throws -> [JournalEntry] {
        try await expect("journalctl", "--sync")
        let outcome = try await run(
            ["journalctl", "-u", "migrated", "-o", "json", "--all", "--no-pager"] + matches)
        return try outcome.output.split(separator: "\n").map { try JournalEntry(json: $0) }
    }
}
