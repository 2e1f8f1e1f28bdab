import Control
import Glibc
import Planning
import PostgresClient
import TestSupport
import Testing

/// Two daemons that share nothing but a database.
@Suite struct TwoDaemonsTests {
    @Test func jobsThroughBothAreDoneOnceThoughOneIsKilled() async throws {
        try await withPair { first, second, database in
            let chain = TestRevision.chain(24) { $0 % 5 != 0 }
            for harness in [first, second] {
                try harness.write(chain)
                try await harness.start()
                try await harness.awaitStatus("a connection") { $0.connection == .connected }
            }
            var jobs: [Job] = []
            for step in 1...12 {
                jobs.append(try await first.queue(to: TestRevision.name(step * 2 - 1)))
                jobs.append(try await second.queue(to: TestRevision.name(step * 2)))
            }
            // Killed at moments that nobody chose, by the progress of the other's jobs.
            for at in [3, 9, 15] {
                _ = try await second.follow(jobs[at])
                try await first.end(SIGKILL)
                try await first.start()
            }
            for job in jobs { #expect(try await second.follow(job).state == .succeeded) }
            try await first.end()
            try await second.end()
            let aftermath = try await Aftermath.of(database)
            aftermath.expect((1...24).map { "upgrade \(TestRevision.name($0))" }, at: ["024"])
            #expect(aftermath.states == Array(repeating: "succeeded", count: 24))
        }
    }

    @Test func theOtherDaemonTakesOverAndAppliesTheRegistrysBytes() async throws {
        try await withPair { first, second, database in
            var chain = TestRevision.chain(3)
            try await Obstacle.put(in: database)
            chain[1].upgrade = [Obstacle.statement]
            chain[1].downgrade = []
            try first.write(chain)
            try await first.start()
            // The second has no revision files at all.
            try await second.start()
            let job = try await first.queue()
            try await Obstacle.awaitRevision(in: database)
            try await first.end(SIGKILL)
            try await Obstacle.remove(from: database)
            #expect(try await second.follow(job).state == .succeeded)
            try await Aftermath.of(database).expect(["upgrade 001", "upgrade 002", "upgrade 003"], at: ["003"])
            #expect(try await second.status().revisionCount == 0)
            try await second.end()
        }
    }

    private func withPair(
        _ body: @Sendable (DaemonHarness, DaemonHarness, TestDatabase) async throws -> Void
    ) async throws {
        try await withDaemon(start: false) { first, database in
            try await database.makeEffects()
            try await withHarness { second in
                try second.configure(["main": database])
                try await body(first, second, database)
            }
        }
    }
}
