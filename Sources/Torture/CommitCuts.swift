import Planning
import PostgresClient
public import TestSupport

/// Jobs whose connection is cut around COMMITs: whether each was done must be found out, never guessed.
public struct CommitCuts: Sendable {
    let tally: Tally

    /// Cuts connections.
    public init(_ tally: Tally) { self.tally = tally }

    /// How many revisions a round applies and takes back.
    private static let length = 6
    /// A job that loses its session ten times is given up.
    private static let mostCuts = 4

    /// Rounds until the time is up, one at least.
    public func run(until deadline: ContinuousClock.Instant, _ random: inout SeededGenerator) async throws {
        repeat {
            for cut in CuttingProxy.Cut.allCases.shuffled(using: &random) {
                try await round(cut, random.fork())
                if ContinuousClock.now >= deadline { break }
            }
        } while ContinuousClock.now < deadline
    }

    /// A database that goes up and down again with cuts of one kind.
    private func round(_ kind: CuttingProxy.Cut, _ random: SeededGenerator) async throws {
        try await TestCluster.shared.withDatabase { database in
            try await withHarness { harness in
                let stage = Stage(harness: harness, database: database, tally: tally)
                try await database.makeEffects()
                try harness.write(Self.revisions)
                let scissors = Scissors(kind: kind, random: random, cutsLeft: Self.mostCuts, longest: Self.length)
                let proxy = try CuttingProxy(
                    server: database.cluster.socketDirectory + "/.s.PGSQL.5432", directory: harness.directory
                ) { [tally] cut in tally.struck(cut.rawValue) }
                defer { proxy.close() }
                var parameters = database.parameters
                parameters["host"] = harness.directory
                try harness.configure(urls: ["main": DaemonHarness.url(parameters)])
                try await harness.start()
                do {
                    try await scissors.cutting(proxy) { try await stage.run(.upgrade) }
                    for violation in try await Self.work(in: database) {
                        tally.violated("\(kind.rawValue): \(violation)")
                    }
                    try await scissors.cutting(proxy) { try await stage.run(.downgrade, to: "base") }
                } catch let hanging as TookTooLong {
                    tally.violated("\(kind.rawValue): \(hanging)")
                }
                let outcome = try await harness.end()
                if outcome.ending != .exit(0) {
                    tally.violated("\(kind.rawValue): the daemon ended with \(outcome.status)")
                }
                for violation in try await Self.end.violations(in: database, harness) {
                    tally.violated("\(kind.rawValue): \(violation)")
                }
                tally.did("rounds of cut COMMITs")
            }
        }
    }

    /// What all the revisions make must be there between the upgrade and the downgrade.
    private static func work(in database: TestDatabase) async throws -> [String] {
        let session = try await database.connectAsSuperuser()
        let found = try await Handiwork.violations(of: revisions, seenBy: session)
        await session.close()
        return found
    }

    private static var revisions: [TestRevision] {
        var chain = TestRevision.chain(length) { $0 % 3 != 0 }
        for index in chain.indices where !chain[index].isTransactional {
            let id = chain[index].id
            chain[index].upgrade = ["CREATE INDEX CONCURRENTLY i_\(id) ON t_\(id) (id);"]
            chain[index].downgrade = ["DROP INDEX CONCURRENTLY i_\(id);"]
        }
        return chain
    }

    private static let end: Ending = {
        let names = (1...length).map(TestRevision.name)
        return Ending(
            effects: names.map { "upgrade \($0)" } + names.reversed().map { "downgrade \($0)" }, applied: [],
            versions: [], states: [.succeeded, .succeeded], backups: 0...)
    }()
}

/// Arms a proxy while a job runs, again each time that it has cut.
private struct Scissors: Sendable {
    let kind: CuttingProxy.Cut
    let random: SeededGenerator
    let cutsLeft: Int
    let longest: Int

    func cutting(_ proxy: CuttingProxy, _ body: @escaping @Sendable () async throws -> Void) async throws {
        let armer = Task {
            var random = random
            for _ in 0..<cutsLeft {
                proxy.arm(kind, after: Int.random(in: 0..<longest / 2, using: &random))
                while proxy.isArmed { try await Task.sleep(for: .milliseconds(10)) }
            }
        }
        defer { armer.cancel() }
        try await body()
        armer.cancel()
        proxy.disarm()
    }
}
