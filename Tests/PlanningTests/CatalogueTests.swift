import FoundationEssentials
import Planning
import Testing

/// The journal's catalogue says of each kind of event why it came to be and what to do about it, and names only fields
/// that the event has.
@Suite("The message catalogue")
struct CatalogueTests {
    private struct Entry {
        var name: String
        var subject: String
        var paragraphs: [String]

        /// The fields that are translated: `@MIGRATED_JOB@`.
        var fields: Set<String> {
            let words = ([subject] + paragraphs).joined(separator: "\n").split(
                separator: "@", omittingEmptySubsequences: false)
            return Set(words.enumerated().filter { !$0.offset.isMultiple(of: 2) }.map { String($0.element) })
        }
    }

    /// The entries by their message ids.
    private func entries() throws -> [String: Entry] {
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
        let text = try String(contentsOf: URL(filePath: root + "/systemd/migrated.catalog"), encoding: .utf8)
        var entries: [String: Entry] = [:]
        for part in text.split(separator: "\n# ").dropFirst() {
            let lines = part.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            guard lines.count > 6, lines[1].hasPrefix("-- ") else { continue }
            let body = lines.dropFirst(6).drop { !$0.isEmpty }.split(separator: "").map { $0.joined(separator: " ") }
            entries[String(lines[1].dropFirst(3))] = Entry(
                name: lines[0], subject: String(lines[2].dropFirst("Subject: ".count)), paragraphs: body)
        }
        return entries
    }

    @Test("each kind of event has an entry of its name, with its cause, and with what to do")
    func everyKind() throws {
        let entries = try entries()
        let jobEvents = JobEvent.Kind.allCases.compactMap { kind in
            kind.messageID.map { (id: $0, name: kind.rawValue, fields: kind.fields) }
        }
        let daemonEvents = DaemonEvent.allCases.map { (id: $0.messageID, name: $0.rawValue, fields: $0.fields) }
        #expect(Set((jobEvents + daemonEvents).map(\.id)).count == entries.count)
        for event in jobEvents + daemonEvents {
            let entry = try #require(entries[event.id], "\(event.name)")
            // What follows the name tells two of one name apart.
            #expect(entry.name.split(separator: " ").first.map(String.init) == event.name)
            #expect(!entry.subject.isEmpty)
            #expect(entry.paragraphs.count == 2, "\(event.name): a cause and a remedy")
            #expect(entry.paragraphs.last?.hasPrefix("What to do: ") == true, "\(event.name)")
            #expect(entry.fields.subtracting(event.fields) == [], "\(event.name)")
        }
    }

    @Test("whatever needs a person, and nothing else, is a warning or worse")
    func weights() {
        let calls = JobEvent.Kind.allCases.filter { [.failure, .attention].contains($0.weight) }
        #expect(
            Set(calls) == [
                .jobFailed, .jobNeedsDecision, .jobAwaitingApproval, .rehearsalFinding, .backupNotPruned, .blockersStay,
                .stepOverrun, .restoreNoticed, .versionChangedOutside, .schemaDrifted,
            ])
    }
}
