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

    @Test("with several directories it goes where its parent is; a new root wants one named")
    func places() async throws {
        let project = try Project("one", "two/below", "three")
        let directories = ["one", "two"].flatMap { ["--directory", project($0)] } + ["--recursive"]
        func revision(_ arguments: String...) async -> Outcome {
            var place = Place()
            place.environment["MIGRATED_SOCKET"] = project("no-socket")
            return await place.run(["revision"] + directories + arguments)
        }
        let unplaced = await revision("-m", "root", "--rev-id", "a")
        #expect(unplaced.status == 64)
        #expect(unplaced.errors.contains("--version-path"))
        let root = await revision("-m", "root", "--rev-id", "a", "--version-path", project("two/below"))
        #expect(root.output == project("two/below/a_root.sql\n"))
        #expect(await revision("-m", "next", "--rev-id", "b").output == project("two/b_next.sql\n"))
        let other = await revision("--rev-id", "c", "--head", "base", "--splice", "--version-path", project("one/"))
        #expect(other.output == project("one/c.sql\n"))
        let outside = await revision("--rev-id", "d", "--head", "a", "--splice", "--version-path", project("three"))
        #expect(outside.status == 64)
        #expect(outside.errors.contains("it is not one of the directories of revisions"))
    }

    @Test("the file is called as the template says, with Alembic's tokens")
    func template() async throws {
        let project = try Project("migrations")
        let template = "%(year)d/%(month).2d/%(day)02d_%(hour)d%(minute)d_%(epoch)s_%(rev)s-%(slug)s%%"
        let flat = await project.run("revision", "--rev-id", "a", "-m", "It's NEW", "--file-template", template)
        #expect(flat.status == 64)
        #expect(flat.errors.contains("hint: set recursive_migrations = true, or add --recursive"))
        let deep = await project.run(
            "revision", "--rev-id", "a", "-m", "It's NEW", "--file-template", template, "--recursive")
        #expect(deep.output == project("migrations/2026/11/22_1015_1795342500_a-it_s_new%.sql\n"))
        #expect(project.load("migrations", recursively: true).graph?.heads == ["a"])
        let unknown = await project.run("revision", "-m", "x", "--file-template", "%(rev)s_%(week)s")
        #expect(unknown.status == 64)
        #expect(unknown.errors.contains("the token \"week\" is not known"))
    }

    @Test("a file that is there already is never written over")
    func existing() async throws {
        let project = try Project("migrations")
        try project.write("migrations/b_x.sql", id: "a")
        let outcome = await project.run("revision", "-m", "x", "--rev-id", "b")
        #expect(outcome.status == 14)
        #expect(outcome.errors.contains("it exists\nhint: choose another --rev-id"))
        #expect(project.load("migrations").graph?.heads == ["a"])
    }

    @Test("merge brings heads together in the order given, and refuses what is none")
    func merge() async throws {
        let project = try Project("migrations")
        try project.write("migrations/a.sql", id: "a")
        #expect(await project.run("merge", "heads").errors.contains("that is only \"a\""))
        try project.write("migrations/b.sql", id: "b", after: "a")
        try project.write("migrations/c.sql", id: "c", after: "a")
        let inner = await project.run("merge", "a", "c", "--rev-id", "m")
        #expect(inner.status != 0 && inner.errors.contains("hint:"), "\(inner)")
        let done = await project.run(
            "merge", "c", "b", "-m", "both", "--rev-id", "m", "--branch-label", "all", "--json")
        #expect(done.output.contains("\"downRevisions\":[\"c\",\"b\"]"), "\(done)")
        #expect(project.load("migrations").graph?["m"]?.branchLabels == ["all"])
        #expect(await project.run("merge", "nope", "m").status == 12)
    }

    @Test("edit opens the file in the person's editor, also one that has faults")
    func edit() async throws {
        let project = try Project("migrations")
        try project.write("migrations/a.sql", id: "a")
        try project.write("editor", "#!/bin/sh\necho \"$@\" >> '\(project("edited"))'\n")
        // The process's own environment is the editor's; only the choice is ours.
        let editor = ["EDITOR": "sh \(project("editor")) --wait"]
        #expect(await project.run("edit", "head", environment: editor).status == 0)
        #expect(try TextFiles.readText(project("edited")) == "--wait \(project("migrations/a.sql"))\n")
        try project.write("migrations/b.sql", "-- revision: b\n-- down_revision: nobody\n")
        #expect(await project.run("edit", "b", environment: editor).status == 0)
        #expect(try TextFiles.readText(project("edited")).hasSuffix("b.sql\n"))
        #expect(await project.run("edit", "c", environment: editor).status == 14)
        let broken = await project.run("edit", "a", environment: ["VISUAL": "false"])
        #expect(broken.errors.contains("the editor \"false\" ended with status 1"))
        try DirectoryTree.remove(project("migrations/b.sql"))
        let new = await project.run("revision", "--rev-id", "b", "--edit", environment: editor)
        #expect(new.output == project("migrations/b.sql\n"))
        #expect(try TextFiles.readText(project("edited")).hasSuffix("b.sql\n"))
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
