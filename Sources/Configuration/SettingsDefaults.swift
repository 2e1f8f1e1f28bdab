/// Where things are when nobody says so.
public struct SettingsDefaults: Sendable, Equatable {
    /// The main settings file; its drop-ins are in the directory of the same name with `.d` added.
    public var settingsFile: String
    /// The control socket.
    public var socket: String
    /// The state directory; an embedded cluster goes to `cluster` in it.
    public var stateDirectory: String
    /// Where backups go, a directory a database; with another state directory it is `backups` in that one.
    public var backups: String
    /// The directories with revisions.
    public var migrations: [String]

    /// Defaults of one's own.
    public init(settingsFile: String, socket: String, stateDirectory: String, backups: String, migrations: [String]) {
        self.settingsFile = settingsFile
        self.socket = socket
        self.stateDirectory = stateDirectory
        self.backups = backups
        self.migrations = migrations
    }

    /// The places of the system's service. The state directory is the service manager's to empty (`systemctl clean`), and
    /// so backups are elsewhere.
    public static let system = SettingsDefaults(
        settingsFile: "/etc/migrated/migrated.toml", socket: "/run/migrated/io.migrated.Control",
        stateDirectory: "/var/lib/migrated", backups: "/var/backups/migrated",
        migrations: ["/etc/migrated/migrations"])

    /// The places of an ordinary user, by the XDG base directory specification; revisions are those of the working
    /// directory. `nil` where the environment names neither a home nor a state and a runtime directory.
    public static func user(environment: [String: String], workingDirectory: String) -> SettingsDefaults? {
        func directory(_ variable: String, inHome relative: String) -> String? {
            if let set = environment[variable], set.hasPrefix("/") { return set }
            guard let home = environment["HOME"], home.hasPrefix("/") else { return nil }
            return home + "/" + relative
        }
        guard let config = directory("XDG_CONFIG_HOME", inHome: ".config"),
            let state = directory("XDG_STATE_HOME", inHome: ".local/state")
        else { return nil }
        let runtime = environment["XDG_RUNTIME_DIR"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? state + "/migrated"
        return SettingsDefaults(
            settingsFile: config + "/migrated/migrated.toml", socket: runtime + "/migrated/io.migrated.Control",
            stateDirectory: state + "/migrated", backups: state + "/migrated/backups",
            migrations: [workingDirectory + "/migrations"])
    }
}

/// What flags say; each one given wins over every file and the environment.
public struct SettingsOverrides: Sendable, Equatable {
    /// `--settings FILE`: read this file (and its drop-ins) instead of the default one; it must exist.
    public var settingsFile: String?
    /// `--socket PATH`.
    public var socket: String?
    /// `--state-directory DIR`.
    public var stateDirectory: String?
    /// `--log-level LEVEL`.
    public var logLevel: String?
    /// `--database-url URL`: defines the database `default`; refused where `[database.*]` is configured.
    public var databaseURL: String?
    /// `--embedded DIR`: the database `default`, or those with `url = "embedded"`, in an own cluster in this directory.
    public var embedded: String?
    /// `--migrations DIR`, once or more; only with a single database.
    public var migrations: [String]

    /// No flags, or those given.
    public init(
        settingsFile: String? = nil, socket: String? = nil, stateDirectory: String? = nil, logLevel: String? = nil,
        databaseURL: String? = nil, embedded: String? = nil, migrations: [String] = []
    ) {
        self.settingsFile = settingsFile
        self.socket = socket
        self.stateDirectory = stateDirectory
        self.logLevel = logLevel
        self.databaseURL = databaseURL
        self.embedded = embedded
        self.migrations = migrations
    }
}
