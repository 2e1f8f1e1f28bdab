import Planning
import PostgresClient
public import TestSupport

/// A primary that dies within a job, and a standby that is promoted in its place: the job goes on there, on a new timeline,
/// with all that was committed and nothing else.
public struct Promotions: Sendable {
    let tally: Tally

    /// Promotes standbys.
    public init(_ tally: Tally) { self.tally = tally }

    /// How many revisions a round applies and takes back.
    private static let length = 24
    /// Within what time from the beginning of a job its primary dies.
    private static let span = 0...900

    /// Rounds until the time is up, one at least. Who was promoted is the primary of the next round.
    public func run(until deadline: ContinuousClock.Instant, _ random: inout SeededGenerator) async throws {
        var primary = try await TestCluster.make()
        repeat {
            let standby = try await primary.makeStandby()
            try await round(from: primary, to: standby, random.fork())
            await primary.destroy()
            primary = standby
        } while ContinuousClock.now < deadline
        await primary.destroy()
    }

    private func round(from primary: TestCluster, to standby: TestCluster, _ random: SeededGenerator) async throws {
        let database = try await primary.makeDatabase()
        let replica = standby.replica(of: database)
        try await withHarness { harness in
            try await Witness.prepare(database)
            try harness.write(Witness.revisions(Self.length))
            try harness.configure(urls: ["main": DaemonHarness.url(of: [database, replica])])
            try await harness.start()
            let stage = Stage(harness: harness, database: replica, tally: tally)
            do {
                async let upgrade = stage.run(.upgrade)
                var random = random
                try await Task.sleep(for: random.milliseconds(Self.span))
                await primary.stop(.immediate)
                try await standby.promote()
                tally.struck("standby promoted")
                _ = try await upgrade
                try await stage.run(.downgrade, to: "base")
            } catch let hanging as TookTooLong {
                tally.violated("promotion: \(hanging)")
            }
            let outcome = try await harness.end()
            if outcome.ending != .exit(0) { tally.violated("promotion: the daemon ended with \(outcome.status)") }
            for violation in try await Witness.violations(in: replica, journals: harness.journals) {
                tally.violated("promotion: \(violation)")
            }
            tally.did("rounds with a promotion")
        }
        try await replica.drop()
    }
}
