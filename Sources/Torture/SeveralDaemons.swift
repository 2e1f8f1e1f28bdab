import Control
import Glibc
import Planning
import PostgresClient
import Revisions
public import TestSupport

/// Three daemons on one database that are killed, paused and cut off, on a server that is stopped and crashes, while jobs
/// are queued through any of them and followed through any other.
public struct SeveralDaemons: Sendable {
    let tally: Tally

    /// Ill-treats several daemons.
    public init(_ tally: Tally) { self.tally = tally }

    /// How many revisions there are.
    private static let length = 60
    /// How long one database is worked on.
    private static let epoch = Duration.seconds(40)

    /// Databases one after the other until the time is up or there was enough, one at least.
    public func run(
        until deadline: ContinuousClock.Instant, orOnce isEnough: @escaping @Sendable () -> Bool = { false },
        _ random: inout SeededGenerator
    ) async throws {
        let cluster = try await TestCluster.make()
        repeat {
            let end = min(deadline, .now + Self.epoch)
            try await work(on: cluster, until: { ContinuousClock.now >= end || isEnough() }, &random)
        } while !isEnough() && ContinuousClock.now < deadline
        await cluster.destroy()
    }

    private func work(
        on cluster: TestCluster, until isOver: @escaping @Sendable () -> Bool, _ random: inout SeededGenerator
    ) async throws {
        let (chaos, choices) = (random.fork(), random.fork())
        try await cluster.withDatabase { database in
            try await withHarness { first in
                try await withHarness { second in
                    try await withHarness { third in
                        let daemons = [first, second, third]
                        try await Witness.prepare(database)
                        for daemon in daemons { try daemon.configure(["main": database]) }
                        // The third has no files: what it applies are the registry's bytes.
                        for daemon in daemons.dropLast() { try daemon.write(Witness.revisions(Self.length)) }
                        for daemon in daemons { try await daemon.start() }
                        try await work(on: database, daemons, until: isOver, chaos, choices)
                    }
                }
            }
        }
    }

    private func work(
        on database: TestDatabase, _ daemons: [DaemonHarness], until isOver: @Sendable () -> Bool,
        _ chaos: SeededGenerator, _ choices: SeededGenerator
    ) async throws {
        let stages = daemons.map { Stage(harness: $0, database: database, tally: tally) }
        let mischief = Mischief(daemons: daemons, cluster: database.cluster, tally: tally)
        let troublemaker = Task { try await mischief.run(chaos) }
        let reports = Task { await Self.reports(on: database, chaos) }
        do {
            try await Self.walk(stages, until: isOver, choices)
        } catch let hanging as TookTooLong {
            tally.violated("several daemons: \(hanging)")
        }
        reports.cancel()
        await reports.value
        troublemaker.cancel()
        do {
            try await troublemaker.value
        } catch is CancellationError {}
        try await mischief.repair()
        try await agree(stages)
        for daemon in daemons {
            let outcome = try await daemon.end()
            if outcome.ending != .exit(0) { tally.violated("a daemon ended with \(outcome.status)") }
        }
        for violation in try await Witness.violations(in: database, journals: daemons.flatMap(\.journals)) {
            tally.violated("several daemons: \(violation)")
        }
        tally.did("databases with several daemons")
    }

    /// Reports with a snapshot of some age each: a concurrent build of an index waits for them in its middle, and is then cut
    /// off there as well.
    private static func reports(on database: TestDatabase, _ random: SeededGenerator) async {
        var random = random
        while !Task.isCancelled {
            // The server comes and goes.
            guard let session = try? await database.connectAsSuperuser() else {
                try? await Task.sleep(for: .milliseconds(50))
                continue
            }
            try? await session.script("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM effect")
            try? await Task.sleep(for: random.milliseconds(100...600))
            await session.close()
        }
    }

    /// Jobs one after the other, mostly upwards, each through any daemon that has the files and watched through any two.
    private static func walk(
        _ stages: [Stage], until isOver: () -> Bool, _ choices: SeededGenerator
    ) async throws {
        var choices = choices
        var place = 0
        while !isOver() {
            let asked = stages[Int.random(in: 0..<stages.count - 1, using: &choices)]
            let watching = Array(stages.shuffled(using: &choices).prefix(2))
            if place == length || place > 3 && choices.happens(onceIn: 6) {
                place = place == length ? 0 : place - Int.random(in: 1...3, using: &choices)
                try await asked.walk(
                    .downgrade, to: place == 0 ? "base" : TestRevision.name(place), watchedBy: watching)
            } else {
                place = min(length, place + Int.random(in: 1...3, using: &choices))
                try await asked.walk(.upgrade, to: TestRevision.name(place), watchedBy: watching)
            }
        }
    }

    /// All daemons show the same: what is applied, and what became of each job.
    private func agree(_ stages: [Stage]) async throws {
        var shown: Set<[String]> = []
        for stage in stages {
            let status = try await stage.persisting("the status") { client in
                let status = try await client.call(GetStatus.self, .init(database: "main")).databases.first
                guard let status, status.connection == .connected else {
                    throw Failure(.databaseUnavailable, "cannot see the database yet")
                }
                return status
            }
            let jobs = try await stage.persisting("the jobs") { client in
                try await client.call(ListJobs.self, .init(database: "main", limit: 10_000)).jobs
            }
            shown.insert(status.current.map(\.rawValue) + jobs.map { "\($0.id) \($0.state.rawValue)" })
        }
        if shown.count != 1 { tally.violated("the daemons show different things: \(shown)") }
    }
}

extension Stage {
    /// Queues a job here and follows it through others.
    fileprivate func walk(_ kind: JobKind, to target: String, watchedBy others: [Stage]) async throws {
        let parameters = MigrationRequest(target: target, requestId: newRequestID())
        let job = try await persisting("queue \(kind.rawValue) \(target)") { client in
            kind == .upgrade
                ? try await client.call(Upgrade.self, parameters).job
                : try await client.call(Downgrade.self, parameters).job
        }
        let watch = MovingWatch(stages: others)
        let ended = try await watch.follow(job)
        for violation in try await watch.violations(of: job) { tally.violated(violation) }
        guard ended.state == .succeeded else {
            let reason = ended.failure?.message ?? ""
            return tally.violated("\(kind.rawValue) \(job.id) to \(target) is \(ended.state.rawValue): \(reason)")
        }
        tally.did("\(kind.rawValue)s done by several daemons")
    }
}
