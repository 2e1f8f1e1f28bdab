import Control
import FoundationEssentials
import Glibc
import Planning
import PostgresClient
import TestSupport
import Testing

/// `migratectl` as people and programs use it: the real program, its output in a pipe.
@Suite struct CommandLineTests {
    /// Anything that is JSON.
    private struct AnyJSON: Decodable {
        init(from decoder: any Decoder) throws {
            if var list = try? decoder.unkeyedContainer() {
                while !list.isAtEnd { _ = try list.decode(AnyJSON.self) }
            } else if let members = try? decoder.container(keyedBy: Key.self) {
                for key in members.allKeys { _ = try members.decode(AnyJSON.self, forKey: key) }
            }
        }

        private struct Key: CodingKey {
            var stringValue: String
            var intValue: Int? { nil }
            init(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }
    }

    @Test func theWholeWay() async throws {
        var options = DaemonHarness.Options.withDump
        options.database = ["approvals = 1"]
        try await withChain(3, options) { harness, database in
            @Sendable func run(
                _ arguments: String..., status: Int32 = 0, says: [String] = [],
                sourceLocation: SourceLocation = #_sourceLocation
            ) async throws -> String {
                let answer = try await harness.startControl(arguments).wait(upTo: .seconds(100))
                #expect(answer.status == status, "\(arguments): \(answer)", sourceLocation: sourceLocation)
                for text in says {
                    let all = answer.output + answer.errors
                    #expect(all.contains(text), "\(arguments): \(answer)", sourceLocation: sourceLocation)
                }
                #expect(!answer.output.contains("\u{1B}"), "colours in a pipe", sourceLocation: sourceLocation)
                return answer.output
            }
            _ = try await run("status", says: ["main", "connected", "3 pending"])
            _ = try await run("heads", says: ["003 (head)"])
            _ = try await run("plan", "head", says: ["001", "002", "003"])
            _ = try await run("show", "002", says: ["Upgrade digest: ", "CREATE TABLE t_002", "by nobody yet"])
            _ = try await run(
                "upgrade", "head", status: Failure.Code.notApproved.exitStatus, says: ["main-1", "approve"])
            _ = try await run("approve", "head", "--yes", says: ["approved: upgrade of 001, 002, 003"])
            _ = try await run("approvals", says: ["001", "root"])
            // The parked job went on by itself.
            _ = try await run("watch", "main-1", says: ["3 revisions applied", "backup"])
            #expect(try await run("current") == "003 (head)\n")
            _ = try await run("history", says: ["002 -> 003 (head)"])
            _ = try await run("history", "-v", says: ["Path: "])
            _ = try await run("history", "--applied", says: ["003", "upgrade", "root"])
            _ = try await run("upgrade", "head", says: ["nothing to do"])
            _ = try await run("jobs", says: ["main-1", "main-2"])
            _ = try await run("job", "main-1", says: ["applied 001", "request"])
            _ = try await run("log", says: ["main-1 succeeded"])
            _ = try await run("backup", says: ["backup main-"])
            _ = try await run("backups", "-v", says: ["yes", harness.backups])
            _ = try await run("downgrade", "-1", "--approve", "--yes", says: ["1 revision taken back"])
            #expect(try await run("current") == "002\n")
            _ = try await run("revoke", "003", says: ["003"])
            _ = try await run("stamp", "003", says: ["version table stamped, main is at 003"])
            _ = try await run("stamp", "002")
            let applied = try await run("history", "--applied", "-n", "2").split(separator: "\n")
            #expect(applied.count == 3 && applied.dropFirst().allSatisfy { $0.contains("stamp") }, "\(applied)")
            _ = try await run("ensure-version", says: ["main is at 002"])
            _ = try await run("plan", "-1", "--sql", says: ["-- Running downgrade 002 -> 001"])
            _ = try await run("status", says: ["002"])
            _ = try await run("doctor", says: ["good"])
            _ = try await run("reload")
            let path = try await run("revision", "-m", "add a thing").split(separator: "\n").last.map(String.init) ?? ""
            #expect(path.hasPrefix(harness.migrations) && access(path, R_OK) == 0, "\(path)")
            try await harness.awaitStatus("the new file") { $0.revisionCount == 4 }
            try await Aftermath.of(database).expect(
                ["upgrade 001", "upgrade 002", "upgrade 003", "downgrade 003"], at: ["002"])
        }
    }

    @Test func everyVerbSpeaksJSON() async throws {
        try await withChain(2) { harness, _ in
            let verbs: [[String]] = [
                ["status"], ["heads"], ["history"], ["history", "--applied"], ["show", "001"], ["plan", "head"],
                ["upgrade", "001"], ["upgrade", "--no-block", "002"], ["watch", "main-2"], ["current"], ["jobs"],
                ["job", "main-1"], ["log"], ["approve", "001", "--yes"], ["approvals"], ["revoke", "001"],
                ["downgrade", "-1"], ["backup"], ["backups"], ["pause", "--reason", "a test"], ["resume"], ["reload"],
                ["doctor"], ["stamp", "001"], ["ensure-version"], ["upgrade", "head", "--sql"],
                ["plan", "--sql", "head"], ["revision", "-m", "text"],
            ]
            for verb in verbs {
                let answer = try await harness.startControl(["--json"] + verb).wait(upTo: .seconds(100))
                #expect(answer.status == 0, "\(verb): \(answer)")
                let documents = answer.output.split(separator: "\n")
                #expect(!documents.isEmpty, "\(verb)")
                for document in documents {
                    #expect(throws: Never.self, "\(verb): \(document)") {
                        try JSONDecoder().decode(AnyJSON.self, from: Data(document.utf8))
                    }
                }
            }
            let wrong = try await harness.control("--json", "show", "nothing")
            #expect(wrong.status == Failure.Code.noSuchRevision.exitStatus)
            #expect(wrong.output.isEmpty)
            #expect(wrong.errors.contains("\"code\":\"no-such-revision\""), "\(wrong)")
        }
    }

    @Test func theExitStatusIsTheFailures() async throws {
        try await withDaemon(start: false) { harness, database in
            try await database.makeEffects()
            var chain = TestRevision.chain(2)
            chain[0].downgrade = nil
            chain[1].upgrade = ["SELECT no_such_function();"]
            try harness.write(chain)
            try await harness.start()
            let cases: [([String], Failure.Code)] = [
                (["upgrade", "head"], .statementFailed), (["show", "zzz"], .noSuchRevision),
                (["upgrade", "zzz"], .noSuchRevision), (["job", "main-99"], .noSuchJob),
                (["watch", "main-99"], .noSuchJob), (["cancel", "main-1"], .invalidState),
                (["downgrade", "base"], .irreversible), (["-d", "none", "status"], .noSuchDatabase),
                (["upgrade", "--colour"], .usage), (["job", "nonsense"], .usage),
                (["--socket", harness.directory + "/none", "status"], .daemonUnavailable),
            ]
            for (arguments, code) in cases {
                let answer = try await harness.startControl(arguments).wait()
                #expect(answer.status == code.exitStatus, "\(arguments): \(answer)")
                #expect(answer.errors.hasPrefix("migratectl: "), "\(arguments): \(answer)")
            }
            let failed = try await harness.control("upgrade", "head")
            for text in ["002.sql:", "42883", "no_such_function", "nothing was applied by this job"] {
                #expect((failed.errors + failed.output).contains(text), "\(failed)")
            }
        }
    }

    @Test func interruptionLeavesTheJobRunning() async throws {
        try await withChain(2, obstructed: 2) { harness, database in
            let upgrade = try await harness.startControl(["upgrade", "head"])
            try await upgrade.wait(toWrite: "applied 001")
            upgrade.signal(SIGINT)
            let outcome = try await upgrade.wait()
            #expect(outcome.ending == .exit(130), "\(outcome)")
            #expect(outcome.errors.contains("migratectl watch main-1"), "\(outcome)")
            #expect(try await harness.status().runningJob?.id.description == "main-1")
            try await Obstacle.remove(from: database)
            #expect(try await harness.control("watch", "main-1").status == 0)
        }
    }

    @Test func cancelEndsARunningJob() async throws {
        try await withChain(2, obstructed: 2) { harness, database in
            let upgrade = try await harness.startControl(["upgrade", "head"])
            try await upgrade.wait(toWrite: "applied 001")
            let queued = try await harness.control("upgrade", "--no-block", "head")
            #expect(queued.output == "main-2\n")
            #expect(try await harness.control("cancel", "main-2").status == 0)
            #expect(try await harness.control("cancel", "main-1").status == 0)
            let outcome = try await upgrade.wait()
            #expect(outcome.status == Failure.Code.cancelled.exitStatus, "\(outcome)")
            #expect(try await harness.control("watch", "main-2").status == Failure.Code.cancelled.exitStatus)
            try await Aftermath.of(database).expect(["upgrade 001"], at: ["001"])
        }
    }

    @Test func aReaderThatGoesAwayIsNoError() async throws {
        try await withChain(60) { harness, _ in
            try await harness.awaitStatus("a connection") { $0.revisionCount == 60 }
            let program = try DaemonHarness.program("migratectl")
            let line = "for i in 1 2 3; do \(program) history -v; done | head -n 1; exit ${PIPESTATUS[0]}"
            let shell = try await WholeProgram.start(
                ["bash", "-c", line], workingDirectory: harness.directory,
                environment: ["MIGRATED_SOCKET": harness.socket])
            let outcome = try await shell.wait()
            #expect(outcome.errors.isEmpty, "\(outcome)")
            #expect(outcome.output.split(separator: "\n").count == 1)
        }
    }

    @Test func theDoctorFindsWhatIsBadAndSaysWhatToDo() async throws {
        try await withDaemon(start: false) { harness, database in
            var options = DaemonHarness.Options.withDump
            options.backup += ["tools = \"\(harness.directory)\""]
            try harness.configure(["main": database], options)
            try TestFiles.write(harness.migrations + "/bad.sql", "nonsense\n")
            let absent = try await harness.control("doctor")
            #expect(absent.status == Failure.Code.problemsFound.exitStatus, "\(absent)")
            #expect(absent.output.contains("hint:"))
            try await harness.start()
            let found = try await harness.control("doctor")
            #expect(found.status == Failure.Code.problemsFound.exitStatus, "\(found)")
            let lines = found.output.split(separator: "\n").map(String.init)
            let bad = lines.indices.filter { lines[$0].hasPrefix("bad ") }
            #expect(bad.count == 2, "\(found)")
            for index in bad {
                #expect(index + 1 < lines.count && lines[index + 1].contains("hint: "), "\(found)")
            }
        }
    }
}
