public import Planning
public import Revisions

/// What the daemon was told to do: the outcome of judging every settings file, the environment and the flags.
///
/// A value of this type is always whole and valid; ``SettingsLoader`` is the only place that makes one from text.
public struct Settings: Sendable, Equatable {
    /// `[daemon]`: what concerns the process as a whole.
    public var daemon: DaemonSettings
    /// `[access]`: who reaches the control socket.
    public var access: AccessSettings
    /// `[database.NAME]`, sorted by name; empty only where the loader was told that none is needed.
    public var databases: [DatabaseSettings]
    /// The files that were read, in the order in which they count.
    public var files: [String]

    /// Puts settings together from parts that are known to be good.
    public init(
        daemon: DaemonSettings, access: AccessSettings = AccessSettings(), databases: [DatabaseSettings],
        files: [String] = []
    ) {
        self.daemon = daemon
        self.access = access
        self.databases = databases.sorted { $0.name < $1.name }
        self.files = files
    }

    /// The database of this name, if it is configured.
    public func database(named name: String) -> DatabaseSettings? {
        databases.first { $0.name == name }
    }

    /// The keys whose change a reload cannot carry out, because the running process is built on their values.
    public func keysThatNeedRestart(comparedWith running: Settings) -> [String] {
        var keys: [String] = []
        if daemon.socket != running.daemon.socket { keys.append("daemon.socket") }
        if daemon.stateDirectory != running.daemon.stateDirectory { keys.append("daemon.state_directory") }
        if access.socketMode != running.access.socketMode { keys.append("access.socket_mode") }
        if access.socketGroup != running.access.socketGroup { keys.append("access.socket_group") }
        return keys
    }
}

/// The section `[daemon]`.
public struct DaemonSettings: Sendable, Equatable {
    /// Where the control socket is bound when the service manager hands none over.
    public var socket: String
    /// The directory for everything that outlives the process and is not in a database.
    public var stateDirectory: String
    /// The least severe message that is written.
    public var logLevel: LogLevel
    /// Whether the log may have what stands in rows and statements.
    public var logsData = false
    /// How long a stop waits for the running job to come to a safe point.
    public var stopTimeout: Duration
    /// How often the queue is looked at although nobody said that it changed.
    public var pollInterval: Duration

    /// The section with its defaults where nothing is said.
    public init(
        socket: String, stateDirectory: String, logLevel: LogLevel = .info, stopTimeout: Duration = .seconds(60),
        pollInterval: Duration = .seconds(30)
    ) {
        self.socket = socket
        self.stateDirectory = stateDirectory
        self.logLevel = logLevel
        self.stopTimeout = stopTimeout
        self.pollInterval = pollInterval
    }
}

/// How severe a message must be to be written; the names are those of swift-log.
public enum LogLevel: String, Sendable, CaseIterable {
    case trace, debug, info, notice, warning, error, critical
}

/// The section `[access]`.
public struct AccessSettings: Sendable, Equatable {
    /// The permission bits of a socket that the daemon binds itself.
    public var socketMode: UInt16
    /// The group of a socket that the daemon binds itself: a name or a number; `nil` leaves the process's own.
    public var socketGroup: String?

    /// The section with its defaults where nothing is said.
    public init(socketMode: UInt16 = 0o660, socketGroup: String? = nil) {
        self.socketMode = socketMode
        self.socketGroup = socketGroup
    }
}

/// Where a database is.
public enum DatabaseLocation: Sendable, Equatable {
    /// On a server that somebody else runs.
    case server(ConnectionURL)
    /// In a cluster of the daemon's own, in this directory, reached over a Unix socket only. The database in it has
    /// the name that the settings give.
    case embedded(directory: String)
}

/// What is done when an applied revision's upgrade was edited afterwards.
public enum EditedAfterApply: String, Sendable, CaseIterable {
    /// Upgrades stop until the file is as it was, or the edit is accepted.
    case refuse
    /// Upgrades go on; status and journal tell.
    case warn
}

/// The section `[database.NAME]`.
public struct DatabaseSettings: Sendable, Equatable, Identifiable {
    /// The name in the settings, in job names and on the command line.
    public var name: String
    /// Where the database is.
    public var location: DatabaseLocation
    /// The directories that hold its revisions.
    public var migrations: [String]
    /// Whether the directories below those count as well.
    public var recursiveMigrations: Bool
    /// How the files of new revisions are called.
    public var fileTemplate: FileNameTemplate
    /// The role that applies revisions (`SET ROLE`), and so owns what they create.
    public var role: String?
    /// The schemas of the applying session's `search_path`; empty leaves the server's own.
    public var searchPath: [String]
    /// The applying session's `statement_timeout`; `nil` means none.
    public var statementTimeout: Duration?
    /// How many approvals a revision needs; 0 means none.
    public var approvals: Int
    /// Whether an approval by the one who asked for the upgrade counts.
    public var requesterMayApprove: Bool
    /// Whether a new, approved head is queued by itself.
    public var autoUpgrade: Bool
    /// What is done when an applied revision was edited.
    public var editedAfterApply: EditedAfterApply
    /// The table that says which revisions are applied.
    public var versionTable: String
    /// The schema of that table; `nil` means the first of the search path.
    public var versionTableSchema: String?
    /// The role that owns the registry; `nil` means the connecting one.
    public var registryRole: String?
    /// Whether this is a development database, which may be emptied.
    public var development: Bool
    /// `[database.NAME.backup]`.
    public var backup: BackupRules
    /// `[database.NAME.rehearsal]`.
    public var rehearsal: RehearsalSettings
    /// `[database.NAME.locks]`.
    public var locks: LockSettings
    /// `[database.NAME.schema]`.
    public var schema = SchemaSettings()
    /// `[database.NAME.drift]`.
    public var drift = DriftSettings()

    /// The name, under which databases are told apart.
    public var id: String { name }

    /// The section with its defaults where nothing is said.
    public init(
        name: String, location: DatabaseLocation, migrations: [String], backup: BackupRules,
        rehearsal: RehearsalSettings
    ) {
        self.name = name
        self.location = location
        self.migrations = migrations
        self.backup = backup
        self.rehearsal = rehearsal
        recursiveMigrations = false
        fileTemplate = .standard
        searchPath = []
        approvals = 1
        requesterMayApprove = true
        autoUpgrade = false
        editedAfterApply = .refuse
        versionTable = "alembic_version"
        development = false
        locks = LockSettings()
    }
}

/// The section `[database.NAME.locks]`: how patiently table locks are asked for.
public struct LockSettings: Sendable, Equatable {
    /// The `lock_timeout` of the first try.
    public var lockTimeout: Duration
    /// The longest `lock_timeout` of any try.
    public var maxLockTimeout: Duration
    /// How long all tries of one revision may take together.
    public var budget: Duration
    /// The shortest pause between two tries.
    public var pause: Duration
    /// The longest pause between two tries.
    public var maxPause: Duration

    /// The section with its defaults where nothing is said.
    public init(
        lockTimeout: Duration = .milliseconds(500), maxLockTimeout: Duration = .seconds(5),
        budget: Duration = .seconds(600), pause: Duration = .milliseconds(500), maxPause: Duration = .seconds(30)
    ) {
        self.lockTimeout = lockTimeout
        self.maxLockTimeout = maxLockTimeout
        self.budget = budget
        self.pause = pause
        self.maxPause = maxPause
    }
}
