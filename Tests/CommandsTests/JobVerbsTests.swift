import Control
import Planning
import Synchronization
import Testing
import Varlink

@testable import Commands

@Suite("The verbs that queue, approve and wait", .timeLimit(.minutes(15)))
struct JobVerbsTests {
    /// A daemon that queues a job and then streams `events` and the job at its end.
    private func daemon(_ events: [JobEvent], end: Job) -> [MethodHandler] {
        [
            ControlServer.handler(Upgrade.self) { _, _ in JobReply(job: Samples.job(.queued)) },
            ControlServer.handler(Downgrade.self) { _, _ in JobReply(job: Samples.job(.queued, kind: .downgrade)) },
            ControlServer.handler(Backup.self) { _, _ in JobReply(job: Samples.job(.queued, kind: .backup)) },
            ControlServer.handler(streaming: WatchJob.self) { _, stream in
                try await stream.send(.init(job: Samples.job(.queued)))
                for event in events { try await stream.send(.init(event: event)) }
                try await stream.finish(.init(job: end))
            },
        ]
    }

    private let events = [
        Samples.event(1, .jobStateChanged, .planning, "planning"),
        Samples.event(2, .backupStarted, .backingUp, "taking a backup"),
        Samples.event(
            3, .backupProgress, .backingUp, "taking a backup", at: 1000,
            progress: .init(unit: "bytes", done: 10 << 20, total: 40 << 20)),
        Samples.event(4, .backupFinished, .backingUp, "backup main-1 taken", at: 2000),
        Samples.event(5, .stepApplied, .applying, "002 applied", at: 2012),
        Samples.event(6, .jobSucceeded, .succeeded, "main is at 002", at: 2400),
    ]

    @Test("upgrade waits, a line an event in a pipe, without those that only tell of progress")
    func upgrade() async throws {
        let outcome = try await FakeDaemon.serving(daemon(events, end: Samples.job(.succeeded, applied: 1))) {
            await $0.run("upgrade", "head")
        }
        #expect(outcome.status == 0)
        #expect(
            outcome.output == """
                main-41 planning: planning
                main-41 backing-up: taking a backup
                main-41 backing-up: backup main-1 taken
                main-41 applying: 002 applied
                main-41: 1 revision applied in 2.4 s, main is at 002

                """)
    }

    @Test("on a terminal lines are drawn anew, and nothing live remains")
    func live() async throws {
        let outcome = try await FakeDaemon.serving(daemon(events, end: Samples.job(.succeeded, applied: 1))) {
            await $0.run("upgrade", at: Place(isTerminal: true, width: 60))
        }
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("\u{1B}[2A\r\u{1B}[J"))
        #expect(outcome.output.contains("█████░░░░░░░░░░░░░░░  25%  10.0 MiB of 40.0 MiB"))
        #expect(outcome.output.contains("✓ backup main-1 taken\n"))
        #expect(outcome.output.hasSuffix("✓ main-41: 1 revision applied in 2.4 s, main is at 002\n"))
    }

    @Test("--json is the job, once; watch --json is a reply a line")
    func json() async throws {
        try await FakeDaemon.serving(daemon(events, end: Samples.job(.succeeded, applied: 1))) { daemon in
            let upgrade = await daemon.run("--json", "upgrade")
            let document = try JSONValue(parsing: upgrade.output.split(separator: "\n").joined().utf8)
            #expect(document["job"]?["state"] == .string("succeeded"))
            let watch = await daemon.run("watch", "main-41", "--json")
            let lines = watch.output.split(separator: "\n")
            #expect(lines.count == events.count + 2)
            for line in lines { #expect(throws: Never.self) { try JSONValue(parsing: line.utf8) } }
        }
    }

    @Test("--no-block prints the job and goes")
    func noBlock() async throws {
        try await FakeDaemon.serving(daemon([], end: Samples.job(.succeeded))) { daemon in
            #expect(await daemon.run("upgrade", "--no-block").output == "main-41\n")
            #expect(await daemon.run("backup", "--no-block").output == "main-41\n")
            #expect(await daemon.run("downgrade", "-1", "--no-block").output == "main-41\n")
        }
    }

    @Test("nothing to do needs no watching")
    func noOperation() async throws {
        let handlers = [
            ControlServer.handler(Upgrade.self) { _, _ in JobReply(job: Samples.job(.succeeded, steps: 0)) }
        ]
        let outcome = try await FakeDaemon.serving(handlers) { await $0.run("upgrade") }
        #expect(outcome.status == 0)
        #expect(outcome.output == "main-41: nothing to do, main is at 002\n")
    }

    @Test("a failed job ends with the status of its failure, and shows it whole")
    func failed() async throws {
        let failure = Failure(
            .statementFailed, "cannot apply revision \"002\": relation \"x\" does not exist", hint: "mend the file",
            location: .init(path: "migrations/002.sql", line: 6, column: 1),
            sql: .init(sqlState: "42P01", message: "relation \"x\" does not exist", statement: "ALTER TABLE x"))
        let outcome = try await FakeDaemon.serving(daemon([], end: Samples.job(.failed, failure: failure))) {
            await $0.run("upgrade")
        }
        #expect(outcome.status == 22)
        #expect(
            outcome.errors == """
                migratectl: cannot apply revision "002": relation "x" does not exist
                  migrations/002.sql:6:1
                  statement: ALTER TABLE x
                  PostgreSQL: relation "x" does not exist (SQLSTATE 42P01)
                hint: mend the file

                """)
    }

    @Test("a parked job says whose approval of what is missing and how to give it")
    func parked() async throws {
        let job = Samples.job(.awaitingApproval, missing: [Samples.missing])
        let outcome = try await FakeDaemon.serving(daemon([], end: job)) { await $0.run("-d", "main", "upgrade") }
        #expect(outcome.status == 16)
        #expect(outcome.errors.contains("cannot apply \"002\" yet: not approved; main-41 waits"))
        #expect(outcome.errors.contains("0 of 1 approval given"))
        #expect(outcome.errors.contains("hint: an approver gives it: migratectl -d main approve 002\n"))
    }

    @Test("who waits for approvals does not wait for a decision: that is theirs")
    func decision() async throws {
        let handlers = [
            ControlServer.handler(Upgrade.self) { _, _ in JobReply(job: Samples.job(.queued)) },
            ControlServer.handler(streaming: WatchJob.self) { _, stream in
                try await stream.send(.init(job: Samples.job(.applying)))
                try await stream.send(.init(event: Samples.event(1, .jobNeedsDecision, .needsDecision, "in doubt")))
                try await Task.sleep(for: .seconds(3600))
            },
            ControlServer.handler(GetJob.self) { _, _ in
                GetJob.Reply(job: Samples.job(.needsDecision), steps: [], events: [])
            },
        ]
        let outcome = try await FakeDaemon.serving(handlers) { await $0.run("upgrade", "--wait-for-approval") }
        #expect(outcome.status == 29)
        #expect(outcome.errors.contains("migratectl resolve main-41 --applied | --not-applied | --retry"))
    }

    @Test("Ctrl-C ends the watching, not the job, and says so")
    func interrupted() async throws {
        let (interrupts, continuation) = AsyncStream.makeStream(of: Void.self)
        let handlers = [
            ControlServer.handler(Upgrade.self) { _, _ in JobReply(job: Samples.job(.queued)) },
            ControlServer.handler(streaming: WatchJob.self) { _, stream in
                try await stream.send(.init(job: Samples.job(.applying)))
                continuation.yield()
                try await Task.sleep(for: .seconds(3600))
            },
        ]
        let outcome = try await FakeDaemon.serving(handlers) {
            await $0.run("upgrade", at: Place(interrupts: interrupts))
        }
        #expect(outcome.status == 130)
        #expect(outcome.errors == "migratectl: the job goes on: migratectl watch main-41\n")
    }

    @Test("the request id is a UUID, or the caller's own")
    func requestID() async throws {
        let seen = Mutex<[String]>([])
        let handlers = [
            ControlServer.handler(Upgrade.self) { parameters, _ in
                seen.withLock { $0.append(parameters.requestId) }
                return JobReply(job: Samples.job(.succeeded, steps: 0))
            }
        ]
        try await FakeDaemon.serving(handlers) { daemon in
            _ = await daemon.run("upgrade")
            _ = await daemon.run("upgrade", "--request-id", "6f1ed002-ab5e-4c5c-8d5b-0123456789ab")
            #expect(await daemon.run("upgrade", "--request-id", "nonsense").status == 64)
        }
        let ids = seen.withLock { $0 }
        #expect(ids.count == 2)
        #expect(RequestID.isValid(ids[0]))
        #expect(ids[1] == "6f1ed002-ab5e-4c5c-8d5b-0123456789ab")
    }
}
