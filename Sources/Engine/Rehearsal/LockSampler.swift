import Liveness
import Planning
import PostgresClient

/// Looks every few milliseconds at the locks of a session that runs a statement outside any transaction.
final class LockSampler: Sendable {
    /// From one look to the next, so that with what a timer is late there are no more than 5 ms between two.
    static let interval = Duration.milliseconds(4)

    /// What was seen, and how often it was looked.
    struct Result: Sendable {
        var locks: [LockMeasure]
        var samples: Int
    }

    private struct Key: Hashable {
        var relation: String
        var mode: String
    }

    private let task: Task<Result, Never>

    init(pid: Int32, session: Connection) {
        // What it does is no sign of life of what it looks at.
        task = Vigil.$current.withValue(nil) {
            Task {
                var seen: [Key: (first: ContinuousClock.Instant, last: ContinuousClock.Instant)] = [:]
                var samples = 0
                while !Task.isCancelled {
                    samples += 1
                    let now = ContinuousClock.now
                    for key in (try? await Self.look(pid, session)) ?? [] {
                        seen[key, default: (now, now)].last = .now
                    }
                    try? await Task.sleep(until: now + Self.interval, tolerance: .zero)
                }
                let locks = seen.map { key, times in
                    LockMeasure(
                        relation: key.relation, mode: key.mode,
                        heldMilliseconds: (times.last - times.first).seconds * 1000)
                }.sorted { ($0.relation, $0.mode) < ($1.relation, $1.mode) }
                return Result(locks: locks, samples: samples)
            }
        }
    }

    private static func look(_ pid: Int32, _ session: Connection) async throws -> [Key] {
        try await session.query(
            """
            SELECT n.nspname || '.' || c.relname AS name, l.mode FROM pg_catalog.pg_locks l
            JOIN pg_catalog.pg_class c ON c.oid = l.relation JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE l.pid = \(pid) AND l.locktype = 'relation' AND l.granted
                AND n.nspname NOT IN ('pg_catalog', 'pg_toast', 'information_schema', 'migrated')
            """
        ).map { Key(relation: try $0.decode("name"), mode: try $0.decode("mode")) }
    }

    /// Ends the looking, and tells what was seen.
    func end() async -> Result {
        task.cancel()
        return await task.value
    }
}
