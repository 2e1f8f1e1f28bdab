import Control
import Glibc
import Host
import Planning
import Revisions
import Synchronization
import Testing
import Varlink

@testable import Commands

@Suite("The verbs that write SQL, stamp, and show what a plan lacks")
struct ScriptVerbsTests {
    /// Runs with a directory of two revisions, the second irreversible, and no daemon.
    private func withFiles(_ body: (String) async throws -> Void) async throws {
        let directory = try FakeDaemon.temporaryDirectory()
        let up = "-- migrated: upgrade\nSELECT 1;\n"
        for (id, parent, down) in [("001", "none", "-- migrated: downgrade\nSELECT 2;\n"), ("002", "001", "")] {
            try AtomicFile.write(
                "\(directory)/\(id).sql", text: "-- revision: \(id)\n-- down_revision: \(parent)\n\n\(up)\(down)")
        }
        do {
            try await body(directory)
            try DirectoryTree.remove(directory)
        } catch {
            try DirectoryTree.remove(directory)
            throw error
        }
    }

    private func run(_ words: String...) async -> Outcome {
        await Place().run(["--socket", "/nonexistent/socket"] + words)
    }

    @Test("to standard output, as JSON, or into a file")
    func places() async throws {
        try await withFiles { directory in
            let plain = await run("upgrade", "head", "--sql", "--directory", directory)
            #expect(plain.status == 0 && plain.output.contains("-- Running upgrade 001 -> 002\n"), "\(plain)")
            let json = await run("upgrade", "head", "--sql", "--directory", directory, "--json")
            let document = try JSONValue(parsing: json.output.utf8)
            #expect(document["sql"] == .string(plain.output))
            let file = directory + "/out"
            let written = await run("upgrade", "head", "--sql", "--directory", directory, "-o", file)
            #expect(written.status == 0 && written.output.isEmpty)
            #expect(String(decoding: try TextFiles.readBytes(file), as: UTF8.self) == plain.output)
            let nowhere = await run("upgrade", "--sql", "--directory", directory, "-o", directory + "/no/out")
            #expect(nowhere.status == Failure.Code.usage.exitStatus)
        }
    }

    @Test("what cannot be written says why, and writes nothing")
    func refusals() async throws {
        try await withFiles { directory in
            let file = directory + "/out"
            for (words, text) in [
                (["downgrade", "-1"], "hint: write FROM:-1"), (["downgrade", "002:001"], "no downgrade in \"002\""),
                (["upgrade", "nowhere"], "nowhere"), (["stamp", "--purge", "head"], "cannot purge with --sql"),
            ] {
                let outcome = await Place().run(
                    ["--socket", "/nonexistent/socket"] + words + ["--sql", "--directory", directory, "-o", file])
                #expect(outcome.status != 0 && outcome.errors.contains(text), "\(outcome)")
                #expect(!TextFiles.exists(file))
            }
            try AtomicFile.write(directory + "/bad.sql", text: "-- revision: 003\n")
            let faulty = await run("upgrade", "--sql", "--directory", directory)
            #expect(faulty.status == Failure.Code.revisionsInvalid.exitStatus)
            #expect(faulty.errors.contains("bad.sql"), "\(faulty)")
        }
    }

    @Test("without a range a downgrade starts where the daemon says that the database is")
    func fromTheDatabase() async throws {
        let handlers = [
            ControlServer.handler(streaming: GetScript.self) { parameters, stream in
                #expect(parameters.direction == .downgrade && parameters.target == "-1")
                try await stream.send(.init(sql: "SELECT"))
                try await stream.finish(.init(sql: " 1;\n"))
            }
        ]
        try await FakeDaemon.serving(handlers) { daemon in
            #expect(await daemon.run("downgrade", "-1", "--sql").output == "SELECT 1;\n")
            #expect(await daemon.run("plan", "-1", "--sql").output == "SELECT 1;\n")
        }
    }

    @Test("a plan shows its gaps in their places, then fails")
    func gaps() async throws {
        var plan = try Samples.plan()
        plan.gaps = [
            PlanGap(revision: "003", description: "drops it", path: "003.sql", position: 0),
            PlanGap(revision: "001", description: "first", path: "001.sql", position: 1),
        ]
        plan.withoutFile = ["002"]
        let reply = plan
        let direction = Mutex("")
        let handlers = [
            ControlServer.handler(MakePlan.self) { parameters, _ in
                direction.withLock { $0 = parameters.direction.rawValue }
                return reply
            }
        ]
        let outcome = try await FakeDaemon.serving(handlers) { await $0.run("plan", "base") }
        #expect(direction.withLock { $0 } == "downgrade")
        #expect(outcome.status == Failure.Code.irreversible.exitStatus)
        #expect(outcome.errors.contains("cannot downgrade to \"base\": no downgrade in \"003\", \"001\""))
        let lines = outcome.output.split(separator: "\n").map(String.init)
        #expect(lines.count == 4 && lines[0].contains("LACKS"))
        #expect(lines[1].contains("003") && lines[1].contains("a downgrade") && lines[1].hasSuffix("drops it"))
        #expect(lines[2].contains("002") && lines[2].contains("its file"))
        #expect(lines[3].contains("001") && lines[3].contains("a downgrade"))
    }

    @Test("a stamp takes several revisions")
    func stamp() async throws {
        let seen = Mutex<[Stamp.Parameters]>([])
        let handlers = [
            ControlServer.handler(Stamp.self) { parameters, _ in
                seen.withLock { $0.append(parameters) }
                return JobReply(job: Samples.job(.succeeded, kind: .stamp))
            },
            ControlServer.handler(EnsureVersion.self) { _, _ in JobReply(job: Samples.job(.succeeded, kind: .stamp)) },
        ]
        try await FakeDaemon.serving(handlers) { daemon in
            let outcome = await daemon.run("stamp", "--purge", "a", "b@head")
            #expect(outcome.output == "main-41: version table stamped, main is at 002\n", "\(outcome)")
            #expect(await daemon.run("ensure-version").status == 0)
        }
        let parameters = seen.withLock { $0 }
        #expect(parameters.map(\.targets) == [["a", "b@head"]] && parameters.first?.purge == true)
    }
}
