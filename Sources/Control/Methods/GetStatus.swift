public import Planning
public import Revisions

/// How the daemon and its databases are.
public enum GetStatus: ControlMethod {
    public static let name = "GetStatus"

    public struct Parameters: Sendable, Codable {
        /// Only this database; all without it.
        public var database: String?

        public init(database: String? = nil) {
            self.database = database
        }
    }

    public struct Reply: Sendable, Codable {
        public var version: String
        public var processID: Int64
        public var startedAt: Timestamp
        public var databases: [DatabaseStatus]

        public init(version: String, processID: Int64, startedAt: Timestamp, databases: [DatabaseStatus]) {
            self.version = version
            self.processID = processID
            self.startedAt = startedAt
            self.databases = databases
        }
    }
}

/// How one database is.
public struct DatabaseStatus: Sendable, Hashable, Codable {
    /// `connecting`, `connected`, `unavailable`, `refused` (a registry of another database, a pooler, …), or `released`.
    public enum Connection: String, Sendable, Hashable, Codable {
        case connecting, connected, unavailable, refused, released
    }

    public var name: String
    public var connection: Connection
    /// Why it is not connected.
    public var failure: Failure?
    /// The version of the server, such as `15.18`.
    public var serverVersion: String?
    /// The connection without its password.
    public var url: String
    /// The rows of the version table.
    public var current: [RevisionID]
    public var heads: [RevisionID]
    public var revisionCount: Int
    public var pendingCount: Int
    /// How many of the pending revisions lack an approval.
    public var unapprovedCount: Int
    /// The directories that are watched.
    public var directories: [String]
    /// What the settings say that a script has to say as well.
    public var script: SQLScript.Settings?
    /// Whether the directories below those are watched as well.
    public var isRecursive: Bool
    /// How the files of new revisions are called.
    public var fileTemplate: String
    /// What is wrong in them; the last good graph stays in force.
    public var problems: [Failure]
    /// What a person should know: edited revisions, rows without a file, changes made outside, …
    public var warnings: [String]
    /// What the texts of pending revisions let one guess that a rehearsal will find.
    public var guesses: [Finding]?
    public var runningJob: Job?
    public var queuedCount: Int
    public var parkedCount: Int
    public var lastBackup: String?
    public var autoUpgrade: Bool
    /// Why `auto_upgrade` is paused; absent where it is not.
    public var pausedBecause: String?
    /// Which backup the database was made from, where it was restored.
    public var restoredFrom: String?
    /// When the next attempt to connect is made, where there is no connection.
    public var nextAttemptAt: Timestamp?

    public init(name: String, connection: Connection, url: String) {
        self.name = name
        self.connection = connection
        self.url = url
        current = []
        heads = []
        revisionCount = 0
        pendingCount = 0
        unapprovedCount = 0
        directories = []
        isRecursive = false
        fileTemplate = FileNameTemplate.standard.description
        problems = []
        warnings = []
        queuedCount = 0
        parkedCount = 0
        autoUpgrade = false
    }
}
