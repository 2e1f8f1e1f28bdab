import Control
import Glibc
import Planning
import PostgresClient
import TestSupport
import Testing

/// PostgreSQL goes away in the middle of a revision and comes back.
@Suite struct ServerLossTests {
    @Test func aWatchGoesOnAndEndsWithSuccess() async throws {
        let cluster = try await TestCluster.make()
        let database = try await cluster.makeDatabase()
        try await withHarness { harness in
            try await database.makeEffects()
            try await Obstacle.put(in: database)
            var chain = TestRevision.chain(3)
            chain[1].upgrade = [Obstacle.statement]
            try harness.write(chain)
            try harness.configure(["main": database])
            try await harness.start()
            let upgrade = try await harness.startControl(["upgrade", "head"])
            try await Obstacle.awaitRevision(in: database)

            await cluster.stop(.immediate)
            let status = try await harness.awaitStatus("the loss") {
                $0.connection == .unavailable && $0.nextAttemptAt != nil
            }
            #expect(status.failure?.code == .databaseUnavailable)
            let shown = try await harness.control("status")
            #expect(shown.status == 0 && shown.output.contains("next attempt"), "\(shown)")
            try await harness.hear("STATUS") { $0.hasPrefix("main: cannot reach database") }
            #expect(upgrade.isRunning)

            try await cluster.start()
            try await Obstacle.remove(from: database)
            // Told to look now, it need not wait for its next attempt.
            let outcome = try await upgrade.wait(upTo: .seconds(100))
            #expect(outcome.status == 0, "\(outcome)")
            #expect(outcome.output.contains("back in the queue"), "\(outcome)")
            let aftermath = try await Aftermath.of(database)
            aftermath.expect(["upgrade 001", "upgrade 002", "upgrade 003"], at: ["003"])
            #expect(aftermath.states == ["succeeded"])
            #expect(try await harness.end().ending == .exit(0))
        }
        await cluster.destroy()
    }
}
