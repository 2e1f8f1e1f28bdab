public import Planning
public import PostgresClient
public import Revisions

/// Everything that the engine needs to know about one database. Made from the settings, which know defaults and units.
public struct DatabaseConfiguration: Sendable, Equatable {
    public var name: String
    public var connection: ConnectionParameters
    public var versionTable: VersionTableName
    /// `SET ROLE` before a revision's statements: who owns what is created.
    public var role: String?
    /// The schemas that a revision's unqualified names mean.
    public var searchPath: [String]?
    public var statementTimeout: Duration?
    /// Who owns the registry; whoever connects without it.
    public var registryRole: String?
    public var policy: Policy
    public var autoUpgrade: Bool
    public var locks: LockBudget
    public var backup: BackupRules
    public var rehearsal: RehearsalRules
    public var drift = DriftRules()
    /// Where revisions are looked for.
    public var directories: [String]
    /// Whether the directories below those count as well.
    public var isRecursive: Bool
    /// How new revision files are called: told to those who write them.
    public var fileTemplate: FileNameTemplate
    /// How long a running revision may go on when the daemon is asked to stop.
    public var stopPatience: Duration
    /// Whether this is a development database, which may be emptied.
    public var isDevelopment: Bool
    /// How many jobs may be open at once.
    public var queueLimit: Int
    /// Whether only the jobs that this engine queued are worked on, and none outlives it: for a daemon that serves one call.
    public var takesOnlyOwnJobs: Bool
    /// The file that says that the database was released, where there is one; nil where that is not remembered.
    public var releaseMark: String?
    /// The file that tells when a backup was last restored only to see whether it can be; nil where that is not remembered.
    public var verificationMark: String?
    /// Whether the log may have what stands in rows and statements.
    public var logsData = false
    /// The file in which a restore writes what it is about to do.
    public var restoreLedger: String

    public init(name: String, connection: ConnectionParameters, directories: [String], backup: BackupRules) {
        self.name = name
        self.connection = connection
        self.directories = directories
        self.backup = backup
        rehearsal = RehearsalRules(directory: backup.directory + "/.rehearsals")
        restoreLedger = backup.directory + "/.restores/" + name
        isRecursive = false
        fileTemplate = .standard
        versionTable = VersionTableName()
        policy = Policy()
        autoUpgrade = false
        locks = LockBudget()
        stopPatience = .seconds(10)
        isDevelopment = false
        queueLimit = 1000
        takesOnlyOwnJobs = false
    }

    /// What a script for psql has to say as well.
    public var script: SQLScript.Settings {
        SQLScript.Settings(role: role, searchPath: searchPath ?? [], versionTable: versionTable)
    }
}

/// How patiently table locks are waited for. See PostgreSQL's manual, `lock_timeout` and `deadlock_timeout`.
public struct LockBudget: Sendable, Hashable {
    /// The first `lock_timeout`; it doubles with each attempt.
    public var first: Duration
    /// The last and longest.
    public var longest: Duration
    /// How long attempts go on for one revision.
    public var budget: Duration
    /// The shortest and the longest pause between two attempts.
    public var pause: Duration
    public var longestPause: Duration

    public init(
        first: Duration = .milliseconds(500), longest: Duration = .seconds(5), budget: Duration = .seconds(600),
        pause: Duration = .milliseconds(500), longestPause: Duration = .seconds(30)
    ) {
        self.first = first
        self.longest = longest
        self.budget = budget
        self.pause = pause
        self.longestPause = longestPause
    }
}
