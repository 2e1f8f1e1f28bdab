public import Revisions

/// What is done about a statement that takes far longer than it did in the rehearsal.
public struct OverrunPolicy: Sendable, Hashable {
    /// What is done.
    public enum Action: String, Sendable, Hashable, CaseIterable {
        /// It is stopped where its transaction can be taken back; where there is none, it is told.
        case stop
        /// It is told.
        case tell
        /// Nothing.
        case off
    }

    public var action: Action
    /// So many times what was measured is far longer,
    public var factor: Double
    /// and at least this, in milliseconds: another machine is slower by a little, often.
    public var leastMilliseconds: Double

    public init(action: Action = .stop, factor: Double = 10, leastMilliseconds: Double = 30_000) {
        self.action = action
        self.factor = factor
        self.leastMilliseconds = leastMilliseconds
    }

    /// How long something may take that took so long in the copy.
    func budget(_ measured: Double) -> Double { max(leastMilliseconds, measured * factor) }
}

/// What a rehearsal lets one expect of carrying out the same plan in earnest. All times are in milliseconds.
public struct RehearsalExpectation: Sendable, Hashable {
    private struct Key: Hashable {
        var revision: RevisionID
        var direction: Direction
    }

    public let policy: OverrunPolicy
    private let lockMilliseconds: Double
    private let statements: [Key: [Int: StatementMeasure]]

    /// Nil where the plan was not carried out in a copy.
    public init?(_ report: RehearsalReport, policy: RehearsalPolicy) {
        guard report.outcome == .completed else { return nil }
        self.policy = policy.overrun
        lockMilliseconds = policy.lockMilliseconds
        // An upgrade's downgrades were measured on its way back, and are not what is carried out.
        let planned = report.statements.filter { $0.direction == report.statements.first?.direction }
        statements = Dictionary(grouping: planned) { Key(revision: $0.revision, direction: $0.direction) }
            .mapValues { Dictionary($0.map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first }) }
    }

    /// What a statement did in the copy.
    public func measure(_ revision: RevisionID, _ direction: Direction, statement number: Int) -> StatementMeasure? {
        statements[Key(revision: revision, direction: direction)]?[number]
    }

    /// How long a statement may take; nil where it was not measured, or may take any time.
    public func budget(_ revision: RevisionID, _ direction: Direction, statement number: Int) -> Double? {
        guard policy.action == .stop else { return nil }
        return measure(revision, direction, statement: number).map { policy.budget($0.elapsedMilliseconds) }
    }

    /// How long a revision took in the copy, if it took far longer in earnest.
    public func overrun(_ revision: RevisionID, _ direction: Direction, elapsed: Double) -> Double? {
        guard policy.action != .off, let measured = statements[Key(revision: revision, direction: direction)] else {
            return nil
        }
        let expected = measured.values.reduce(0) { $0 + $1.elapsedMilliseconds }
        return elapsed > policy.budget(expected) ? expected : nil
    }

    /// The least that an attempt at a table's lock waits, however long the lock will be held.
    private static let leastPatience: Double = 50

    /// How long a revision may wait for its locks in one go; nil where it takes none that keeps others out. Whoever comes
    /// behind waits for as long as we wait and then for as long as we hold it: together not longer than a lock may be held.
    public func patience(_ revision: RevisionID, _ direction: Direction) -> Double? {
        let measured = statements[Key(revision: revision, direction: direction)]?.values.map(\.self) ?? []
        let hold = measured.flatMap(\.locksInTheWay).map(\.heldMilliseconds).max()
        return hold.map { max(Self.leastPatience, lockMilliseconds - $0) }
    }
}

extension StatementMeasure {
    /// The strong locks on what was there before the plan: what others can be kept from.
    var locksInTheWay: [LockMeasure] {
        let new = Set(relations.filter(\.isNew).map(\.name))
        return locks.filter {
            RehearsalPolicy.strongModes.contains($0.mode) && $0.isOfNew != true && !new.contains($0.relation)
        }
    }
}
