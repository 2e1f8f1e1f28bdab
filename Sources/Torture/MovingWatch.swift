import Control
import Planning
import Synchronization
import TestSupport

/// Somebody who follows a job through one daemon and, from the middle on, through another: each event is told once, in its
/// order, and none is left out between the two.
struct MovingWatch: Sendable {
    /// The daemons, one after the other.
    let stages: [Stage]
    private let seen = Seen()

    /// After how many events it moves on.
    private static let stretch = 3

    private struct MovesOn: Error {}

    private final class Seen: Sendable {
        private let sequences = Mutex<[Int64]>([])

        var all: [Int64] { sequences.withLock { $0 } }

        func add(_ sequence: Int64) { sequences.withLock { $0.append(sequence) } }
    }

    init(stages: [Stage]) { self.stages = stages }

    /// Follows a job until it is over or waits for a person.
    func follow(_ job: Job) async throws -> Job {
        for stage in stages.dropLast() {
            do {
                return try await follow(job, through: stage, upTo: seen.all.count + Self.stretch)
            } catch is MovesOn {
                stage.tally.did("watches moved to another daemon")
            }
        }
        guard let last = stages.last else { return job }
        return try await follow(job, through: last, upTo: .max)
    }

    private func follow(_ job: Job, through stage: Stage, upTo count: Int) async throws -> Job {
        try await stage.persisting("follow \(job.id) from event \(seen.all.last ?? 0)") { [seen] client in
            let last = try await client.watch(job.id, fromSequence: seen.all.last ?? 0, untilParked: true) { reply in
                guard let event = reply.event else { return }
                seen.add(event.sequence)
                if seen.all.count == count { throw MovesOn() }
            }
            guard let last else { throw Failure(.daemonUnavailable, "cannot follow \(job.id): nothing came") }
            return last
        }
    }

    /// What was told twice, in another order, or not at all. The numbers leap where a job was brought back, and what a crash of
    /// the server has taken was told all the same.
    func violations(of job: Job) async throws -> [String] {
        let known = try await stages.first?.persisting("look at \(job.id)") { client in
            try await client.call(GetJob.self, .init(job: "\(job.id)")).events.map(\.sequence)
        }
        let told = seen.all
        let untold = Set(known ?? []).subtracting(told).sorted()
        return (told == Set(told).sorted() ? [] : ["the events of \(job.id) came as \(told)"])
            + (untold.isEmpty ? [] : ["events of \(job.id) that were not told: \(untold), only \(told)"])
    }
}
