import Synchronization

/// What a run has done to the programs, and what it found that must not be.
public final class Tally: Sendable {
    private struct Figures: Sendable {
        var faults: [String: Int] = [:]
        var work: [String: Int] = [:]
        var violations: [String] = []
    }

    private let figures = Mutex(Figures())

    /// Nothing has happened yet.
    public init() {}

    /// What must not be, in the order in which it was found.
    public var violations: [String] { figures.withLock { $0.violations } }

    /// How often a kind of fault struck.
    public func faults(_ kind: String) -> Int { figures.withLock { $0.faults[kind] ?? 0 } }

    /// How much of a kind of work was done.
    public func work(_ kind: String) -> Int { figures.withLock { $0.work[kind] ?? 0 } }

    func struck(_ fault: String) { figures.withLock { $0.faults[fault, default: 0] += 1 } }

    func did(_ work: String, _ count: Int = 1) { figures.withLock { $0.work[work, default: 0] += count } }

    func violated(_ what: String) {
        figures.withLock { $0.violations.append(what) }
        StandardOutput.write("VIOLATION: \(what)")
    }

    /// The figures as lines, the violations last.
    public var report: [String] {
        let figures = figures.withLock { $0 }
        func lines(_ counts: [String: Int]) -> [String] {
            counts.sorted { $0.key < $1.key }.map { "  \($0.key): \($0.value)" }
        }
        return ["work:"] + lines(figures.work) + ["faults:"] + lines(figures.faults)
            + ["violations: \(figures.violations.count)"]
    }
}
