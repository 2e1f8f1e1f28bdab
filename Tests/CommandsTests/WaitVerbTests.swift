import Control
import Planning
import Revisions
import Synchronization
import Testing
import Varlink

@testable import Commands

@Suite("wait", .timeLimit(.minutes(1)))
struct WaitVerbTests {
    /// Runs `wait` against a daemon that gives these answers one after the other, the last one for ever.
    private func outcome(_ answers: [DatabaseStatus], _ arguments: String...) async throws -> Outcome {
        let rest = Mutex(answers[...])
        let handler = ControlServer.handler(GetStatus.self) { _, _ in
            Samples.status([rest.withLock { $0.count > 1 ? $0.removeFirst() : $0[$0.startIndex] }])
        }
        return try await FakeDaemon.serving([handler]) { daemon in
            await Place().run(["--socket", daemon.socketPath, "wait"] + arguments)
        }
    }

    private var atHead: DatabaseStatus {
        var status = Samples.database
        status.current = ["002"]
        status.pendingCount = 0
        status.unapprovedCount = 0
        return status
    }

    @Test("a database that is at head is not waited for")
    func atOnce() async throws {
        let outcome = try await outcome([atHead], "--for", "head")
        #expect(outcome.status == 0)
        #expect(outcome.output == "main is at 002, nothing pending\n")
    }

    @Test("what is missing is said once, and the end comes with the last revision")
    func waits() async throws {
        let outcome = try await outcome([Samples.database, Samples.database, atHead])
        #expect(outcome.status == 0)
        #expect(
            outcome.output == """
                waiting: "main" lacks 1 revision, 1 not approved
                main is at 002, nothing pending

                """)
    }

    @Test("neither a lost connection nor faulty files count as being at head")
    func doubts() async throws {
        var away = atHead
        away.connection = .unavailable
        var faulty = atHead
        faulty.problems = [Failure(.revisionsInvalid, "cannot read")]
        for doubt in [away, faulty] {
            let outcome = try await outcome([doubt], "--timeout", "1ms")
            #expect(outcome.status == 124)
            #expect(outcome.errors.contains("cannot wait any longer than 1ms: "))
        }
    }

    @Test("when the time is up: status 124, and what is missing")
    func timesOut() async throws {
        let outcome = try await outcome([Samples.database], "--timeout", "1ms", "-d", "main")
        #expect(outcome.status == 124)
        #expect(
            outcome.errors == """
                migratectl: cannot wait any longer than 1ms: "main" lacks 1 revision, 1 not approved
                hint: see what is in the way: migratectl -d main status

                """)
    }

    @Test("a duration needs a unit, and there is one goal")
    func usage() async {
        for arguments in [["--timeout", "5"], ["--for", "base"]] {
            #expect(await Place().run(["wait"] + arguments).status == 64)
        }
    }
}
