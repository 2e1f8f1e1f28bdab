/// Something that a rehearsal found, with what the policy makes of it.
public struct RehearsalFinding: Sendable, Hashable, Codable {
    /// The register of what can be found: stable names, which settings and programs use.
    public enum Code: String, Sendable, Hashable, Codable, CaseIterable {
        case notRehearsed = "not-rehearsed"
        case strongLock = "strong-lock"
        case tableRewrite = "table-rewrite"
        case tableScan = "table-scan"
        case dropsData = "drops-data"
        case nullValues = "null-values"
        case duplicateValues = "duplicate-values"
        case unindexedForeignKey = "unindexed-foreign-key"
        case irreversible
        case downgradeLosesData = "downgrade-loses-data"
        case downgradeDiffers = "downgrade-differs"
        case columnOrder = "column-order"

        /// What to do instead, as an imperative.
        public var hint: String {
            switch self {
            case .notRehearsed: "see that this host has what a copy needs, or switch rehearsals off"
            case .strongLock: "split the revision, so that the lock's transaction does nothing slow after taking it"
            case .tableRewrite:
                "add a new column, fill it in portions, and swap the two; or choose a quiet hour"
            case .tableScan:
                "add the constraint as NOT VALID, and validate it in a revision of its own"
            case .dropsData: "see that nothing needs this data any more; the backup has it"
            case .nullValues: "fill the column first, in a revision before this one"
            case .duplicateValues: "remove the duplicates first, in a revision before this one"
            case .unindexedForeignKey: "create an index on the referencing columns"
            case .irreversible: "write the section \"-- migrated: downgrade\", or rely on the backup"
            case .downgradeLosesData: "keep the data aside in the upgrade, or rely on the backup"
            case .downgradeDiffers: "mend the downgrade, so that it undoes all that the upgrade does"
            case .columnOrder: "nothing, unless something relies on SELECT *"
            }
        }
    }

    /// What the policy makes of a finding, mildest first.
    public enum Action: String, Sendable, Hashable, Codable, CaseIterable, Comparable {
        /// It is told.
        case tell
        /// Somebody has to consent to it before the job goes on.
        case ask
        /// The job ends.
        case refuse

        public static func < (one: Action, other: Action) -> Bool { one.severity < other.severity }

        private var severity: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    }

    public var code: Code
    /// What it is about: a table, a column, a revision.
    public var object: String
    /// One line for people: lower case, no final stop.
    public var message: String
    public var hint: String
    public var action: Action
    public var location: Failure.Location?
    /// Some of the data that it is about: for who reads the report, and for no log.
    public var examples: [String]?

    public init(
        _ code: Code, _ object: String, _ message: String, action: Action = .tell, location: Failure.Location? = nil
    ) {
        self.code = code
        self.object = object
        self.message = message
        hint = code.hint
        self.action = action
        self.location = location
    }
}
