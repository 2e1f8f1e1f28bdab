/// PostgreSQL's table locks, the weakest first.
public enum TableLock: String, Sendable, Hashable, Comparable, CaseIterable {
    /// Reading.
    case accessShare = "AccessShare"
    /// `SELECT … FOR UPDATE`.
    case rowShare = "RowShare"
    /// Writing rows.
    case rowExclusive = "RowExclusive"
    /// VACUUM, concurrent index work: one at a time, with readers and writers.
    case shareUpdateExclusive = "ShareUpdateExclusive"
    /// CREATE INDEX: no writers.
    case share = "Share"
    /// Foreign keys, CREATE TRIGGER: no writers, one at a time.
    case shareRowExclusive = "ShareRowExclusive"
    /// REFRESH … CONCURRENTLY: readers only.
    case exclusive = "Exclusive"
    /// Nobody else.
    case accessExclusive = "AccessExclusive"

    /// The name in `pg_locks`: `AccessExclusiveLock`.
    public var modeName: String { rawValue + "Lock" }

    /// Whether reading the table has to wait.
    public var blocksReads: Bool { self == .accessExclusive }

    /// Whether writing rows of the table has to wait.
    public var blocksWrites: Bool { self >= .share }

    /// Weaker before stronger.
    public static func < (left: TableLock, right: TableLock) -> Bool {
        left.strength < right.strength
    }

    private var strength: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
