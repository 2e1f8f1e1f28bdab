import Host
import Revisions
import Testing
import Varlink

@testable import Commands

@Suite("migratectl revision writes files without a daemon")
struct RevisionVerbTests {
    /// Runs `revision` in a directory of its own, several times.
    private func write(_ calls: [[String]]) async throws -> (outcomes: [Outcome], loaded: RevisionDirectory.Loaded) {
        let directory = try FakeDaemon.temporaryDirectory()
        defer { try? DirectoryTree.remove(directory) }
        var outcomes: [Outcome] = []
        for call in calls {
            outcomes.append(await Place().run(["revision", "--directory", directory] + call))
        }
        let files = try DirectoryTree.revisionFiles(in: directory).map {
            RevisionFile(path: $0.path, bytes: try TextFiles.readBytes($0.path))
        }
        return (outcomes, RevisionDirectory.load(files))
    }

    @Test("the first is a root, the next comes after the head, and what is written can be read")
    func chain() async throws {
        let (outcomes, loaded) = try await write([
            ["-m", "initial schema", "--rev-id", "001"], ["-m", "add status", "--rev-id", "002", "--no-transaction"],
        ])
        #expect(outcomes.map(\.status) == [0, 0])
        #expect(outcomes[0].output.hasSuffix("001_initial_schema.sql\n"))
        #expect(loaded.problems.isEmpty)
        #expect(loaded.graph?.heads == ["002"])
        let second = try #require(loaded.graph?["002"])
        #expect(second.downRevisions == ["001"])
        #expect(!second.isTransactional)
        #expect(second.description == "add status")
        #expect(second.created == "2026-11-22T10:15:00Z")
    }

    @Test("branches and merges by --head; two heads want one named")
    func branches() async throws {
        let (outcomes, loaded) = try await write([
            ["-m", "root", "--rev-id", "a"], ["-m", "left", "--rev-id", "b"],
            ["-m", "right", "--rev-id", "c", "--head", "a", "--splice"], ["-m", "which", "--rev-id", "d"],
            ["-m", "merge", "--rev-id", "e", "--head", "b", "--head", "c"], ["-m", "again", "--rev-id", "e"],
        ])
        #expect(outcomes.map(\.status) == [0, 0, 0, 13, 0, 14])
        #expect(loaded.graph?.heads == ["e"])
        #expect(loaded.graph?["e"]?.downRevisions == ["b", "c"])
    }

    @Test("a directory that is not there, and one with faults, are said")
    func refused() async throws {
        let absent = await Place().run(["revision", "-m", "x", "--directory", "/nonexistent"])
        #expect(absent.status == 64)
        #expect(absent.errors.hasPrefix("migratectl: cannot read \"/nonexistent\""))
        let directory = try FakeDaemon.temporaryDirectory()
        defer { try? DirectoryTree.remove(directory) }
        try AtomicFile.write("\(directory)/bad.sql", text: "select 'x", mode: 0o600)
        let faulty = await Place().run(["revision", "-m", "x", "--directory", directory, "--json"])
        #expect(faulty.status == 14)
        let error = try JSONValue(parsing: faulty.errors.split(separator: "\n").joined().utf8)
        #expect(error["error"]?["notes"]?.arrayValue?.isEmpty == false)
    }
}
