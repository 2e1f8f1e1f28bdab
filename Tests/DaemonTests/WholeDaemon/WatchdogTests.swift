import Glibc
import TestSupport
import Testing

@Suite struct WatchdogTests {
    private static let environment = ["WATCHDOG_USEC": "200000"]

    @Test func itIsPettedWhileTheDaemonLivesWithASlowStatementToo() async throws {
        try await withChain(1, obstructed: 1, start: false) { harness, database in
            try await harness.start(environment: Self.environment)
            for _ in 0..<3 { try await harness.hear("WATCHDOG") }
            let job = try await harness.queue()
            try await Obstacle.awaitRevision(in: database)
            for _ in 0..<8 { try await harness.hear("WATCHDOG") }
            try await Obstacle.remove(from: database)
            try await harness.follow(job)
            for _ in 0..<3 { try await harness.hear("WATCHDOG") }
        }
    }

    @Test func aDaemonThatHangsIsSilent() async throws {
        try await withDaemon(start: false) { harness, _ in
            let daemon = try await harness.start(environment: Self.environment)
            try await harness.hear("WATCHDOG")
            daemon.signal(SIGSTOP)
            // What was on its way when it stopped is let come first; then as many intervals as it would have used.
            try await Task.sleep(for: .milliseconds(200))
            let heard = try harness.manager.messages.count
            try await Task.sleep(for: .milliseconds(600))
            #expect(try harness.manager.messages.count == heard)
            daemon.signal(SIGCONT)
            try await harness.hear("WATCHDOG")
        }
    }

    @Test(
        "each loop that hangs is named and keeps the service manager from being told that all is well",
        arguments: ["worker", "observer", "directory", "control"])
    func aLoopThatHangsIsNoticed(loop: String) async throws {
        try await withChain(1, obstructed: 1, start: false) { harness, database in
            let mark = harness.directory + "/hang"
            let daemon = try await harness.start(
                environment: ["WATCHDOG_USEC": "1000000", "MIGRATED_HANG": "\(loop):\(mark)"])
            let job = try await harness.queue()
            try await Obstacle.awaitRevision(in: database)
            try await harness.hear("WATCHDOG")
            try TestFiles.write(mark, "")
            // The worker waits for the server by now: it comes to hang when that has answered.
            if loop == "worker" { try await Obstacle.remove(from: database) }
            let name = loop == "control" ? "control socket" : "\(loop) main"
            try await daemon.wait(toWrite: "the loop \"\(name)\" hangs")
            let heard = try harness.manager.messages.count { $0["WATCHDOG"] != nil }
            try await Task.sleep(for: .milliseconds(1500))
            #expect(try harness.manager.messages.count { $0["WATCHDOG"] != nil } == heard)
            unlink(mark)
            if loop != "worker" { try await Obstacle.remove(from: database) }
            try await harness.follow(job)
            try await harness.hear("WATCHDOG")
        }
    }

    @Test func withoutAWatchdogNobodyIsTold() async throws {
        try await withDaemon { harness, _ in
            #expect(try await harness.control("status").status == 0)
            let messages = try harness.manager.messages
            #expect(!messages.contains { $0["WATCHDOG"] != nil })
        }
    }
}
