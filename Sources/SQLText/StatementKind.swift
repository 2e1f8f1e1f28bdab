/// An answer that text alone cannot always give.
public enum Ternary: String, Sendable, Hashable, CaseIterable {
    /// Certainly.
    case yes
    /// Certainly not.
    case no
    /// It depends on what the text does not show.
    case unknown
}

/// How a statement should be waited for while it wants its locks.
public enum LockPatience: String, Sendable, Hashable, CaseIterable {
    /// With a short `lock_timeout` and retries: while it waits, others queue behind it.
    case ordinary
    /// Concurrent index work: it waits without blocking anyone, so it gets no `lock_timeout`.
    case concurrent
}

/// What a statement is, as far as its text tells.
public struct StatementKind: Sendable, Equatable {
    /// The command, for people: `CREATE INDEX CONCURRENTLY`, `ALTER TABLE`.
    public var verb: String
    /// Whether PostgreSQL will not run it in a transaction block.
    public var refusedInTransaction: Ternary
    /// Why it must not be in a revision at all, if so.
    public var prohibition: Prohibition?
    /// The strongest lock that it takes on a table that already exists; nil if none is known.
    public var lock: TableLock?
    /// Whether it writes a table anew; nil for a text that is no statement.
    public var rewrites: Ternary?
    /// How its locks should be waited for.
    public var patience: LockPatience
    /// How to find out what it did, if nobody knows whether it ended.
    public var probe: StandaloneProbe

    /// Makes a kind of its parts.
    public init(
        verb: String, refusedInTransaction: Ternary = .no, prohibition: Prohibition? = nil, lock: TableLock? = nil,
        rewrites: Ternary? = .no, patience: LockPatience = .ordinary, probe: StandaloneProbe = .none
    ) {
        self.verb = verb
        self.refusedInTransaction = refusedInTransaction
        self.prohibition = prohibition
        self.lock = lock
        self.rewrites = rewrites
        self.patience = patience
        self.probe = probe
    }

    /// The kind of one statement. Of several, the verb is that of the first, and the rest is the worst of them all.
    public init(of sql: String) throws(SQLTextError) {
        let kinds = try StatementSplitter.split(sql).map(\.kind)
        guard var kind = kinds.first else {
            self.init(verb: "", rewrites: nil)
            return
        }
        if kinds.count > 1 {
            kind.refusedInTransaction = Ternary.any(kinds.map(\.refusedInTransaction))
            kind.prohibition = kinds.lazy.compactMap(\.prohibition).first
            kind.lock = kinds.compactMap(\.lock).max()
            kind.rewrites = Ternary.any(kinds.compactMap(\.rewrites))
            kind.patience = kinds.contains { $0.patience == .concurrent } ? .concurrent : .ordinary
            kind.probe = .none
        }
        self = kind
    }

    init(_ words: StatementWords) {
        let head = CommandHead(words)
        let patience = Self.patience(words, head)
        self.init(
            verb: head.verb(isConcurrent: patience == .concurrent),
            refusedInTransaction: TransactionRules.refusal(words, head), prohibition: Prohibition.of(words),
            lock: LockRules.lock(words, head), rewrites: RewriteRules.rewrites(words, head), patience: patience,
            probe: ProbeRules.probe(words, head))
    }

    private static func patience(_ words: StatementWords, _ head: CommandHead) -> LockPatience {
        let isConcurrent =
            switch (head.command, head.object) {
            case ("create", "index"), ("drop", "index"): words.matches(head.next, "concurrently")
            case ("reindex", _): Reindex(words).isConcurrent
            case ("alter", "table"): AlterTable(words, head).detachesConcurrently
            default: false
            }
        return isConcurrent ? .concurrent : .ordinary
    }
}
