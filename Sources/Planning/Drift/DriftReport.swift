/// How a database differs from what its revisions left.
public struct DriftReport: Sendable, Hashable, Codable {
    /// One object that is not as it was left.
    public struct Change: Sendable, Hashable, Codable {
        /// The kind of object, such as `table`.
        public var kind: String
        /// Its name, with the schema.
        public var name: String
        /// `create`, `drop`, `alter` or `remake`.
        public var change: String

        public init(kind: String, name: String, change: String) {
            self.kind = kind
            self.name = name
            self.change = change
        }

        /// `create table public.a`.
        public var sentence: String { "\(change) \(kind) \(name)" }
    }

    /// When it was looked at.
    public var lookedAt: Timestamp
    /// When the schema was kept with which it was compared.
    public var keptAt: Timestamp
    /// What differs, in the order of kinds; none where nothing does.
    public var changes: [Change]
    /// What is there and is not compared, as people call it.
    public var notCompared: [String]
    /// What was done to the database, as SQL.
    public var upgrade: String
    /// What takes it back, as SQL.
    public var downgrade: String

    public init(
        lookedAt: Timestamp, keptAt: Timestamp, changes: [Change], notCompared: [String], upgrade: String,
        downgrade: String
    ) {
        self.lookedAt = lookedAt
        self.keptAt = keptAt
        self.changes = changes
        self.notCompared = notCompared
        self.upgrade = upgrade
        self.downgrade = downgrade
    }

    /// Whether something differs.
    public var isDrifted: Bool { !changes.isEmpty }

    /// What is told object by object where nobody asked for all of it.
    public var told: ArraySlice<Change> { changes.prefix(100) }

    /// `3 objects differ: table public.a, column public.b.c, …`; what differs most plainly comes first.
    public var sentence: String {
        guard isDrifted else { return "the schema is what the revisions left" }
        let names = changes.prefix(3).map { "\($0.kind) \($0.name)" }.joined(separator: ", ")
        let verb = changes.count == 1 ? "differs" : "differ"
        return "\(Plural.count(changes.count, "object")) \(verb) from what the revisions left: \(names)"
            + (changes.count > 3 ? ", …" : "")
    }
}

/// What becomes of an upgrade of a database that is not what its revisions left.
public enum DriftPolicy: String, Sendable, Hashable, Codable, CaseIterable {
    /// It goes on; journal and status tell.
    case tell
    /// It waits for somebody who says that this is known.
    case ask
    /// It does not begin.
    case refuse
}
