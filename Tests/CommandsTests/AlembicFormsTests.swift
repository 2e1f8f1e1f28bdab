import Host
import Testing

@testable import Commands

/// What the real Alembic printed about a graph with branches, a merge, labels and dependencies, and what we print about
/// the same graph. `Alembic/generate.py` makes both.
@Suite("The verbs that show revisions print what Alembic prints")
struct AlembicFormsTests {
    private static let directory =
        #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") + "/Alembic"

    /// Each question, and Alembic's answer.
    private static func answers() throws -> [(question: String, answer: String)] {
        try TextFiles.readText("\(directory)/expected.txt").split(separator: "== ").map { part in
            let end = part.firstIndex(of: "\n") ?? part.endIndex
            return (String(part[..<end]), String(part[end...].dropFirst()))
        }
    }

    /// Paths cut down to ids, as the answers have them.
    private static func plain(_ output: String) -> String {
        output.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            guard line.hasPrefix("Path: "), let slash = line.lastIndex(of: "/") else { return String(line) }
            return "Path: " + line[line.index(after: slash)...].dropLast(4)
        }.joined(separator: "\n")
    }

    @Test func everyQuestion() async throws {
        let answers = try Self.answers()
        #expect(answers.count == 15)
        for (question, answer) in answers {
            let arguments = question.split(separator: " ").map(String.init)
            let outcome = await Place().run(arguments + ["--directory", "\(Self.directory)/revisions"])
            guard answer != "refused\n" else {
                #expect(outcome.status != 0, "\(question)")
                continue
            }
            #expect(outcome.status == 0, "\(question): \(outcome.errors)")
            let output = Self.plain(outcome.output)
            if question.hasPrefix("show") {
                // Ours goes on with digests and SQL.
                #expect(output.hasPrefix(answer) && output.contains("\nUpgrade digest: "), "\(question)")
            } else {
                #expect(output == answer, "\(question)")
            }
        }
    }

    @Test("history is written as it is made: who reads the first line does not wait for the last")
    func streaming() async throws {
        let project = try Project("migrations")
        for number in 1...250 {
            try project.write(
                "migrations/r\(number).sql", id: "r\(number)", after: number == 1 ? "none" : "r\(number - 1)")
        }
        var place = Place(outputLimit: 1)
        place.environment["MIGRATED_SOCKET"] = project("no-socket")
        let outcome = await place.run(["history", "--directory", project("migrations")])
        #expect(outcome.status == 141)
        #expect(outcome.output.hasPrefix("r249 -> r250 (head), sample\n"))
        #expect(outcome.output.split(separator: "\n").count == 100)
    }

    @Test("--json tells the same")
    func json() async throws {
        for verb in ["heads", "branches", "history"] {
            let outcome = await Place().run([verb, "--json", "--directory", "\(Self.directory)/revisions"])
            #expect(outcome.output.split(separator: "\n").count == 1)
            #expect(outcome.output.contains("\"id\":\"\(verb == "branches" ? "b2" : "f7")\""), "\(verb)")
            #expect(!outcome.output.contains("isCurrent"), "nobody asked a database")
        }
    }

    @Test("history --format=markdown is a table, oldest first")
    func markdown() async throws {
        let outcome = await Place().run(
            ["history", "-r", ":b2", "--format=markdown", "--directory", "\(Self.directory)/revisions"])
        #expect(
            outcome.output == """
                | Revision | After | Description | Created |
                | --- | --- | --- | --- |
                | `a1` |  | initial schema | 2026-11-01 |
                | `b2` | `a1` | add status | 2026-11-02 |

                """)
    }
}
