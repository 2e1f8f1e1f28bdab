import Glibc
import PostgresClient
import TestSupport

/// Faults at random moments: killed, paused and cut-off daemons, a server that stops or crashes.
final class Mischief: Sendable {
    private let daemons: [DaemonHarness]
    private let cluster: TestCluster
    private let tally: Tally

    init(daemons: [DaemonHarness], cluster: TestCluster, tally: Tally) {
        self.daemons = daemons
        self.cluster = cluster
        self.tally = tally
    }

    /// One fault after the other, with all of them mended again, until it is cancelled.
    func run(_ random: SeededGenerator) async throws {
        var random = random
        for number in 1... {
            try await Task.sleep(for: random.milliseconds(100...1200))
            // What is begun is brought to its end, so that nothing stays paused or dead. One pause is longer than every time-out.
            let fault = number == 3 ? Self.longPause : Int.random(in: 0..<Self.longPause, using: &random)
            let choices = random.fork()
            try await Task { try await self.strike(fault, choices) }.value
            try Task.checkCancellation()
        }
    }

    /// Brings everybody back.
    func repair() async throws {
        if await !cluster.isRunning { try await cluster.start() }
        for daemon in daemons {
            try daemon.daemon.signal(SIGCONT)
            if try !daemon.daemon.isRunning { try await daemon.launch() }
        }
    }

    private static let longPause = 13

    private func strike(_ fault: Int, _ choices: SeededGenerator) async throws {
        var choices = choices
        let victim = daemons[Int.random(in: 0..<daemons.count, using: &choices)]
        switch fault {
        case 0..<3:
            tally.struck("daemon killed")
            try await victim.end(SIGKILL)
            try await Task.sleep(for: choices.milliseconds(0...500))
            try await victim.launch()
        case 3..<6:
            tally.struck("daemon paused")
            try await pause(victim, for: choices.milliseconds(50...3000))
        case 6..<9:
            tally.struck("connections cut")
            let session = try await cluster.connect()
            try await session.query(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE application_name LIKE 'migrated%' AND random() < 0.6
                """)
            await session.close()
        case Self.longPause:
            tally.struck("daemon paused beyond every time-out")
            // The longest is that of a connection, 10 s.
            try await pause(victim, for: choices.milliseconds(10_500...12_000))
        default:
            let isCrash = fault < 11
            tally.struck(isCrash ? "server crashed" : "server restarted")
            try await cluster.restart(isCrash ? .immediate : .fast)
        }
    }

    private func pause(_ victim: DaemonHarness, for time: Duration) async throws {
        try victim.daemon.signal(SIGSTOP)
        try await Task.sleep(for: time)
        try victim.daemon.signal(SIGCONT)
    }
}
