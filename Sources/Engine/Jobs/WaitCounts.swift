public import Planning
import Synchronization

/// How often others were waited for since this engine began, by the kinds of event that tell of it. Counted as it is told:
/// events are many, and are not searched each time that somebody asks.
final class WaitCounts: Sendable {
    /// The kinds of event that tell of waiting for others.
    static let kinds: [JobEvent.Kind] = [.lockWaiting, .stepRetried, .blockersStay]

    private let counts = Mutex([JobEvent.Kind: Int64](uniqueKeysWithValues: WaitCounts.kinds.map { ($0, 0) }))

    var all: [JobEvent.Kind: Int64] { counts.withLock { $0 } }

    func note(_ kind: JobEvent.Kind) { counts.withLock { $0[kind]? += 1 } }
}

extension DatabaseEngine {
    /// How often others were waited for since the daemon began to look after this database.
    public var waits: [(kind: JobEvent.Kind, count: Int64)] {
        let all = waitCounts.all
        return WaitCounts.kinds.map { ($0, all[$0] ?? 0) }
    }
}
