import Synchronization

/// What a run has done to the programs, and what it found that must not be.
public final class Tally: Sendable {
    private struct Figures: Sendable {
        var faults: [String: Int] = [:]
        var work: [String: Int] = [:]
        var sweeps: [String: Sweep] = [:]
        var violations: [String] = []
    }

    /// How far a sweep has come.
    private struct Sweep: Sendable {
        var points = 0
        var last = 0
        var isWhole = false
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

    /// Says that there is something to be swept. An unfinished sweep is told of in the report, whatever the run's end.
    func intends(_ sweep: String) {
        figures.withLock { if $0.sweeps[sweep] == nil { $0.sweeps[sweep] = Sweep() } }
    }

    func visited(_ point: Int, of sweep: String) {
        figures.withLock { figures in
            figures.sweeps[sweep, default: Sweep()].points += 1
            figures.sweeps[sweep, default: Sweep()].last = max(point, figures.sweeps[sweep]?.last ?? 0)
        }
    }

    func swept(_ sweep: String) {
        figures.withLock { $0.sweeps[sweep, default: Sweep()].isWhole = true }
        StandardOutput.write("swept: \(sweep)")
    }

    func violated(_ what: String) {
        figures.withLock { $0.violations.append(what) }
        StandardOutput.write("VIOLATION: \(what)")
    }

    /// The sweeps that were not brought to their end, and how far they came.
    public var unfinishedSweeps: [String] {
        figures.withLock { $0.sweeps }.filter { !$0.value.isWhole }.sorted { $0.key < $1.key }.map { name, sweep in
            let reach = sweep.points == 0 ? "at no point" : "at \(sweep.points) points, up to point \(sweep.last)"
            return "not swept to the end: \(name), \(reach)"
        }
    }

    /// The figures as lines, the violations last.
    public var report: [String] {
        let figures = figures.withLock { $0 }
        func lines(_ counts: [String: Int]) -> [String] {
            counts.sorted { $0.key < $1.key }.map { "  \($0.key): \($0.value)" }
        }
        return ["work:"] + lines(figures.work) + ["faults:"] + lines(figures.faults) + unfinishedSweeps
            + ["violations: \(figures.violations.count)"]
    }
}
