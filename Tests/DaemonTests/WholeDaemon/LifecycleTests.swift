import Control
import Glibc
import Planning
import PostgresClient
import TestSupport
import Testing

/// What the service manager sees of the daemon's life.
@Suite struct LifecycleTests {
    @Test func itIsReadyOnlyWhenItServes() async throws {
        try await withDaemon(start: false) { harness, _ in
            try await harness.launch()
            let client = ControlClient(socketPath: harness.socket, patience: Patience(pauses: []))
            try await harness.hear("READY")
            // The first connection after READY, and the only attempt.
            let reply = try await client.call(GetStatus.self, .init())
            let pid = try harness.daemon.pid
            #expect(Int32(reply.processID) == pid)
            client.close()
        }
    }

    @Test func aJobMayBeQueuedAtOnce() async throws {
        try await withChain(1, start: false) { harness, _ in
            try await harness.launch()
            try await harness.hear("READY")
            let answer = try await harness.control("upgrade", "head")
            let daemon = try harness.daemon
            #expect(answer.status == 0, "\(answer)\n\(daemon.errors)")
        }
    }

    @Test func oneLineTellsWhatItDoes() async throws {
        try await withChain(2, obstructed: 2) { harness, database in
            try await harness.hear("STATUS") { $0 == "main: idle" }
            let job = try await harness.queue()
            try await harness.hear("STATUS") { $0.hasPrefix("main: job 1 applying 002, statement 3 of 3") }
            try await Obstacle.remove(from: database)
            try await harness.follow(job)
            try await harness.hear("STATUS") { $0 == "main: idle" }
        }
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func itSaysThatItStopsAndEndsWell(_ signal: Int32) async throws {
        try await withDaemon { harness, _ in
            let outcome = try await harness.end(signal)
            #expect(outcome.ending == .exit(0), "\(outcome)")
            try await harness.hear("STOPPING")
            #expect(access(harness.socket, F_OK) != 0)
            let answer = try await harness.control("status")
            #expect(answer.status == Failure.Code.daemonUnavailable.exitStatus)
            #expect(answer.errors.contains("hint: "))
        }
    }

    @Test func stoppingInTheMiddleOfARevisionGivesTheJobToTheNextDaemon() async throws {
        var options = DaemonHarness.Options()
        options.daemon = ["stop_timeout = \"1s\""]
        try await withChain(3, obstructed: 2, options) { harness, database in
            let job = try await harness.queue()
            try await Obstacle.awaitRevision(in: database)
            let daemon = try harness.daemon
            daemon.signal(SIGTERM)
            // The service manager would end it by force; it is told that this takes a moment.
            try await harness.hear("EXTEND_TIMEOUT_USEC")
            let outcome = try await daemon.wait(upTo: .seconds(40))
            #expect(outcome.ending == .exit(0), "\(outcome)")
            #expect(outcome.errors.contains("the daemon stops: back in the queue"))
            let interrupted = try await Aftermath.of(database)
            interrupted.expect(["upgrade 001"], at: ["001"])
            #expect(interrupted.states == ["queued"])

            try await Obstacle.remove(from: database)
            try await harness.start()
            #expect(try await harness.follow(job).state == .succeeded)
            try await Aftermath.of(database).expect(["upgrade 001", "upgrade 002", "upgrade 003"], at: ["003"])
        }
    }

    @Test func aRevisionThatEndsWithinTheBoundIsLetEnd() async throws {
        var options = DaemonHarness.Options()
        options.daemon = ["stop_timeout = \"60s\""]
        try await withChain(3, obstructed: 2, options) { harness, database in
            _ = try await harness.queue()
            try await Obstacle.awaitRevision(in: database)
            let daemon = try harness.daemon
            daemon.signal(SIGTERM)
            try await harness.hear("STOPPING")
            try await Obstacle.remove(from: database)
            try await daemon.wait(upTo: .seconds(50))
            // The third was on its way, and is small: it may have been faster than the call back.
            let aftermath = try await Aftermath.of(database)
            let isDone = aftermath.states == ["succeeded"]
            aftermath.expect(
                ["upgrade 001", "upgrade 002"] + (isDone ? ["upgrade 003"] : []), at: [isDone ? "003" : "002"])
            #expect(isDone || aftermath.states == ["queued"])
        }
    }

    @Test func stoppingDoesNotWaitForSomebodyElsesLock() async throws {
        try await withChain(1) { harness, database in
            try await harness.awaitStatus("a connection") { $0.connection == .connected }
            let other = try await database.connect()
            try await other.query("SELECT pg_advisory_lock(\(Int64(0x6d69_6772_6174_6564)))")
            let job = try await harness.queue()
            try await harness.await(job) { $0.kind == .lockWaiting }
            let daemon = try harness.daemon
            daemon.signal(SIGTERM)
            // Its patience with a running revision is a minute.
            let outcome = try await daemon.wait(upTo: .seconds(30))
            #expect(outcome.ending == .exit(0), "\(outcome)")
            #expect(try await Aftermath.of(database).states == ["queued"])
            await other.close()
        }
    }

    @Test func aSecondDaemonOnTheSameSocketLeavesTheFirstAlone() async throws {
        try await withDaemon { harness, _ in
            let first = try harness.daemon
            let second = try await WholeProgram.start(
                [DaemonHarness.program("migrated"), "--settings", harness.settingsFile],
                workingDirectory: harness.directory)
            let outcome = try await second.wait()
            #expect(outcome.status == Failure.Code.daemonUnavailable.exitStatus, "\(outcome)")
            #expect(outcome.errors.contains("another server does"))
            #expect(try await harness.control("status").status == 0)
            #expect(first.isRunning)
        }
    }

    // MARK: Settings

    private static let bad = """
        [daemon]
        log_levle = "info"
        stop_timeout = "soon"
        [database.main]
        url = "mysql://nobody@nowhere/none"

        """

    private static let complaints = ["log_levle", "stop_timeout", "database.main", ":2:", ":3:", ":5:"]

    @Test func badSettingsAreToldAllAtOnce() async throws {
        try await withHarness { harness in
            try TestFiles.write(harness.settingsFile, Self.bad)
            for arguments in [[], ["--check"]] {
                let outcome = try await harness.launch(arguments: arguments).wait()
                #expect(outcome.ending == .exit(78), "\(outcome)")
                for complaint in Self.complaints { #expect(outcome.errors.contains(complaint), "\(outcome)") }
                #expect(outcome.errors.contains("3 problems"), "\(outcome)")
                #expect(try harness.manager.messages.isEmpty)
            }
        }
    }

    @Test func settingsAreCheckedWithoutBeingUsed() async throws {
        try await withDaemon(start: false) { harness, _ in
            let outcome = try await harness.launch(arguments: ["--check"]).wait()
            #expect(outcome.ending == .exit(0))
            #expect(outcome.output == "settings are good: main\n")
            #expect(try harness.manager.messages.isEmpty)
            #expect(access(harness.socket, F_OK) != 0)
        }
    }
}
