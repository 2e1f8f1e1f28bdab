import Configuration
import FoundationEssentials
import Host
import Planning

/// What a daemon does that `migratectl --local` starts for a single call: it listens in the private directory of its
/// caller, works on what this call asks for and on nothing else, and ends with it.
struct Errand: Sendable {
    /// The caller's private directory: for the socket, the file that says "ready", and the failure of a start.
    let directory: String
    /// The database that is meant; all of the settings without it.
    let database: String?
    /// Where the work is done instead of in the database of the settings.
    let throwAway: ThrowAwayPlace?

    /// The file that is there once the socket can be connected to.
    static let readyFile = "ready"
    /// Why there will be no socket.
    static let failureFile = "failure"
    /// The control socket.
    static let socketFile = "socket"

    /// The settings as this errand has them.
    ///
    /// - Throws: `Failure` `no-such-database`, also where `DATABASE_URL` names one database and the settings another: the
    ///   wrong one of the two must not be changed for that.
    func settings(from settings: Settings, environment: [String: String]) throws(Failure) -> Settings {
        var settings = settings
        settings.daemon.socket = FilePaths.join(directory, Self.socketFile)
        settings.daemon.stopTimeout = .zero
        settings.access = AccessSettings(socketMode: 0o600)
        let names = settings.databases.map(\.name).joined(separator: ", ")
        if let database {
            settings.databases.removeAll { $0.name != database }
            if settings.databases.isEmpty {
                throw Failure(
                    .noSuchDatabase, "cannot find database \"\(database)\": it is not configured",
                    hint: "there are: \(names)")
            }
        } else if let file = settings.files.first, throwAway == nil, environment["DATABASE_URL"]?.isEmpty == false,
            settings.databases.map(\.name) != ["default"]
        {
            throw Failure(
                .noSuchDatabase,
                "cannot choose a database: DATABASE_URL names one, and \"\(file)\" configures \(names)",
                hint: "name one with -d, or unset DATABASE_URL")
        }
        for index in settings.databases.indices { settings.databases[index].autoUpgrade = false }
        return throwAway == nil ? settings : try thrownAway(settings, names: names)
    }

    /// For what is thrown away nobody has to consent, and there is nothing to keep.
    private func thrownAway(_ settings: Settings, names: String) throws(Failure) -> Settings {
        guard settings.databases.count == 1 else {
            throw Failure(
                .noSuchDatabase, "cannot choose a database: there are \(settings.databases.count)",
                hint: "name one with -d: \(names)")
        }
        var settings = settings
        settings.databases[0].approvals = 0
        settings.databases[0].backup.policy = .none(reason: "a throw-away database")
        return settings
    }

    /// Says that the socket can be connected to.
    func tellReady() throws(FileError) {
        try AtomicFile.write(FilePaths.join(directory, Self.readyFile), [])
    }

    /// Says why it cannot be.
    func tell(_ failure: Failure) {
        guard let bytes = try? JSONEncoder().encode(failure) else { return }
        try? AtomicFile.write(FilePaths.join(directory, Self.failureFile), Array(bytes))
    }

    /// The caller has gone without a word: nobody else removes what it left.
    func removeDirectory() {
        try? DirectoryTree.remove(directory)
    }
}
