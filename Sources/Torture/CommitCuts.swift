import Planning
import PostgresClient
public import TestSupport

/// Jobs whose connection is cut around COMMITs: whether each was done must be found out, never guessed. The server may crash
/// before the daemon comes back, or be another one by then.
public struct CommitCuts: Sendable {
    /// What becomes of the server between a cut and the next connection.
    enum Aftermath: String, CaseIterable, Sendable {
        case nothing = ""
        /// It stops at once, and begins with a recovery.
        case crash = ", then a crash"
        /// It stops at once, and its standby takes over.
        case promotion = ", then a promotion"
    }

    /// A cut, and what follows it.
    struct Kind: Sendable {
        var cut: CuttingProxy.Cut
        var aftermath: Aftermath

        /// What it is called in the figures.
        var name: String { cut.rawValue + aftermath.rawValue }
    }

    let tally: Tally

    /// Cuts connections.
    public init(_ tally: Tally) { self.tally = tally }

    /// How many revisions a round applies and takes back.
    private static let length = 6

    /// The kinds of cuts by their names, those in a row that are the same but for what follows: nothing, a crash, a promotion.
    public static let kinds = CuttingProxy.Cut.allCases.map { cut in
        Aftermath.allCases.map { Kind(cut: cut, aftermath: $0).name }
    }

    /// Rounds until the time is up or there were enough, one at least.
    public func run(
        until deadline: ContinuousClock.Instant, orOnce isEnough: () -> Bool = { false },
        _ random: inout SeededGenerator
    ) async throws {
        var primary = try await TestCluster.make()
        repeat {
            for kind in Self.shuffled(&random) {
                primary = try await round(kind, on: primary, random.fork())
                if isEnough() || ContinuousClock.now >= deadline { break }
            }
        } while !isEnough() && ContinuousClock.now < deadline
        await primary.destroy()
    }

    /// All kinds, in an order by which each cut and each aftermath comes early.
    private static func shuffled(_ random: inout SeededGenerator) -> [Kind] {
        let cuts = CuttingProxy.Cut.allCases.shuffled(using: &random)
        let aftermaths = Aftermath.allCases.shuffled(using: &random)
        return aftermaths.indices.flatMap { shift in
            cuts.enumerated().map { place, cut in
                Kind(cut: cut, aftermath: aftermaths[(place + shift) % aftermaths.count])
            }
        }
    }

    /// A database that goes up and down again with cuts of one kind. Returns the server that is the primary then.
    private func round(_ kind: Kind, on primary: TestCluster, _ random: SeededGenerator) async throws -> TestCluster {
        let server = CutServer(
            primary: primary, standby: kind.aftermath == .promotion ? try await primary.makeStandby() : nil)
        let database = try await primary.makeDatabase()
        try await withHarness { harness in
            try await database.makeEffects()
            try harness.write(Self.revisions)
            let proxy = try CuttingProxy(
                server: primary, directory: harness.directory, closesAtCut: kind.aftermath != .nothing)
            defer { proxy.close() }
            var parameters = database.parameters
            parameters["host"] = harness.directory
            try harness.configure(urls: ["main": DaemonHarness.url(parameters)])
            try await harness.start()
            let fate = Task { [tally] in
                for await cut in proxy.cuts {
                    tally.struck(Kind(cut: cut, aftermath: kind.aftermath).name)
                    try await server.suffer(kind.aftermath, behind: proxy)
                }
            }
            do {
                try await play(kind, database, harness, proxy, server, random)
            } catch let hanging as TookTooLong {
                tally.violated("\(kind.name): \(hanging)")
            }
            let outcome = try await harness.end()
            if outcome.ending != .exit(0) {
                tally.violated("\(kind.name): the daemon ended with \(outcome.status)")
            }
            proxy.close()
            try await fate.value
            let found = try await Self.end.violations(in: server.present.replica(of: database), harness)
            for violation in found { tally.violated("\(kind.name): \(violation)") }
            tally.did("rounds of cut COMMITs")
        }
        try await server.present.replica(of: database).drop()
        return server.present
    }

    private func play(
        _ kind: Kind, _ database: TestDatabase, _ harness: DaemonHarness, _ proxy: CuttingProxy, _ server: CutServer,
        _ random: SeededGenerator
    ) async throws {
        var random = random
        let stage = Stage(harness: harness, database: database, tally: tally)
        // A job that loses its session ten times is given up; and there is one standby.
        let cuts =
            kind.aftermath == .promotion
            ? [1, 0].shuffled(using: &random) : kind.aftermath == .crash ? [2, 2] : [4, 4]
        for (mostCuts, direction) in zip(cuts, [JobKind.upgrade, .downgrade]) {
            let scissors = Scissors(
                cut: kind.cut, random: random.fork(), cutsLeft: mostCuts, longest: Self.length)
            try await scissors.cutting(proxy) {
                try await stage.run(direction, to: direction == .upgrade ? "head" : "base")
            }
            // A cut that came after all was done has its aftermath as well.
            try await within(.seconds(60), "a server after a cut") {
                try await proxy.awaitOpening()
            }
            guard direction == .upgrade else { continue }
            for violation in try await Self.work(in: server.present.replica(of: database)) {
                tally.violated("\(kind.name): \(violation)")
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
    let cut: CuttingProxy.Cut
    let random: SeededGenerator
    let cutsLeft: Int
    let longest: Int

    func cutting(_ proxy: CuttingProxy, _ body: @escaping @Sendable () async throws -> Void) async throws {
        let armer = Task {
            var random = random
            for _ in 0..<cutsLeft {
                proxy.arm(cut, after: Int.random(in: 0..<longest / 2, using: &random))
                try await proxy.awaitCut()
            }
        }
        defer { armer.cancel() }
        try await body()
        armer.cancel()
        proxy.disarm()
    }
}
