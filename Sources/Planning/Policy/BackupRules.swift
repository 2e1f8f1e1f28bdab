/// Whether, where and how a database is backed up, and which backups are kept: what the settings say under
/// `[database.NAME.backup]`, and what the engine works by.
public struct BackupRules: Sendable, Hashable {
    /// What is taken before a change.
    public enum Policy: Sendable, Hashable {
        /// With `pg_dump`, in the directory format.
        case dump
        /// A named place in the write-ahead log, for those who archive that.
        case restorePoint
        /// Both of them.
        case both
        /// Nothing, for a reason that is recorded with each job.
        case none(reason: String)

        /// Whether a dump is taken.
        public var hasDump: Bool { self == .dump || self == .both }

        /// Whether a restore point is made.
        public var hasRestorePoint: Bool { self == .restorePoint || self == .both }
    }

    public var policy: Policy
    /// The directory under which backups are kept.
    public var directory: String
    /// The file with the key that vouches for the manifests of this host.
    public var keyFile: String
    /// How many tables are dumped at the same time; one connection more is used.
    public var jobs: Int
    /// How many verified backups are kept.
    public var keep: Int
    /// How long they are kept; for ever where nothing is said. The newest one stays.
    public var keepFor: Duration?
    /// How many bytes they may have together; the newest one stays, however large it is.
    public var keepSize: Int64?
    /// For how many weeks the newest backup of each is kept beside those that `keep` and `keepFor` keep.
    public var keepWeekly: Int
    /// A job that its rehearsal has parked goes on with the backup that it has, unless that is older.
    public var maximumAge: Duration
    /// How many bytes must stay free in the file system of `directory`.
    public var minimumFree: Int64
    /// The directory of PostgreSQL's programs; nil means that the right ones are looked for.
    public var tools: String?

    /// The rules with their defaults where nothing is said.
    public init(
        policy: Policy = .dump, directory: String, keyFile: String? = nil, jobs: Int = 2, keep: Int = 7,
        keepFor: Duration? = nil, keepSize: Int64? = nil, keepWeekly: Int = 0, maximumAge: Duration = .seconds(3600),
        minimumFree: Int64 = 1 << 30,
        tools: String? = nil
    ) {
        self.policy = policy
        self.directory = directory
        self.keyFile = keyFile ?? directory + "/.key"
        self.jobs = jobs
        self.keep = keep
        self.keepFor = keepFor
        self.keepSize = keepSize
        self.keepWeekly = keepWeekly
        self.maximumAge = maximumAge
        self.minimumFree = minimumFree
        self.tools = tools
    }
}
