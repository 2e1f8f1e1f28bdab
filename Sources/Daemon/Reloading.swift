import Configuration
import Digest
import Engine
import Host
import Logging
import Planning
import PostgresClient
import Synchronization
import Systemd

/// Reads the settings anew: they are judged first; bad ones change nothing.
final class Reloading: Sendable {
    private let loader: SettingsLoader
    private let running: Mutex<Settings>
    private let databases: DatabaseSet
    private let clusters: EmbeddedClusters
    private let notifier: ServiceNotifier
    private let logger: Logger
    /// Whether the daemon serves a single call, whose settings stay as they are.
    private let isErrand: Bool
    /// Where the work is done instead of in the database of the settings.
    private let throwAway: ConnectionParameters?
    private let last = Mutex<Task<[String], any Error>?>(nil)

    init(
        loader: SettingsLoader, running: Settings, databases: DatabaseSet, clusters: EmbeddedClusters,
        notifier: ServiceNotifier, logger: Logger, isErrand: Bool, throwAway: ConnectionParameters?
    ) {
        self.loader = loader
        self.running = Mutex(running)
        self.databases = databases
        self.clusters = clusters
        self.notifier = notifier
        self.logger = logger
        self.isErrand = isErrand
        self.throwAway = throwAway
    }

    /// One reload after the other, and each to its end, even where the client that asked for it goes away: half of the
    /// databases with new settings would be neither the old nor the new.
    ///
    /// - Returns: what changed, a line each.
    /// - Throws: `Failure` `settings-invalid` with every problem; nothing has changed then.
    func run() async throws -> [String] {
        guard !isErrand else {
            throw Failure(
                .usage, "cannot reload: this daemon serves a single call",
                hint: "leave --local out, to reload the service")
        }
        let turn = last.withLock { last in
            let turn = Task { [previous = last] in
                _ = await previous?.result
                return try await reload()
            }
            last = turn
            return turn
        }
        return try await turn.value
    }

    private func reload() async throws -> [String] {
        notifier.reloading()
        defer { notifier.ready(status: databases.statusLine) }
        do {
            let settings: Settings
            do {
                settings = try loader.load()
            } catch {
                throw Failure(error)
            }
            let configurations = try await configurations(of: settings)
            var changes = await databases.apply(configurations)
            let before = running.withLock { running in
                defer { running = settings }
                return running
            }
            changes += settings.keysThatNeedRestart(comparedWith: before).map { "\($0) changed: needs a restart" }
            logger.notice(
                "settings reloaded: \(changes.isEmpty ? "no change" : changes.joined(separator: ", "))",
                metadata: ["message-id": "\(DaemonEvent.settingsReloaded.messageID)"])
            return changes
        } catch {
            let failure = error as? Failure ?? Failure(.settingsInvalid, "cannot take the settings: \(error)")
            logger.error(
                "\(failure.message); the running settings stay: \(failure.notes.joined(separator: "; "))",
                metadata: ["message-id": "\(DaemonEvent.settingsRefused.messageID)"])
            throw failure
        }
    }

    /// Judges the settings as they are on the disk now; changes nothing.
    func check() -> Check {
        do {
            let settings = try loader.load()
            let isSame = isErrand || running.withLock { $0 == settings }
            return Check(
                subject: "settings", outcome: isSame ? .good : .warning,
                message: isSame
                    ? "good: \(settings.files.isEmpty ? "environment and flags" : settings.files.joined(separator: ", "))"
                    : "good, and other than those in force",
                hint: isSame ? nil : "take them over: migratectl reload")
        } catch {
            let failure = Failure(error)
            return Check(
                subject: "settings", outcome: .bad,
                message: "\(failure.message): \(failure.notes.joined(separator: "; "))",
                hint: "mend them, then: migratectl reload")
        }
    }

    /// The engine's configurations: each URL understood, each embedded cluster running.
    func configurations(of settings: Settings) async throws -> [DatabaseConfiguration] {
        var configurations: [DatabaseConfiguration] = []
        for database in settings.databases {
            let connection = try await connection(of: database)
            var configuration = DatabaseConfiguration(
                database, connection: connection, stopPatience: settings.daemon.stopTimeout)
            configuration.takesOnlyOwnJobs = isErrand
            let environment = ProcessEnvironment.variables()
            configuration.rehearsal.unit = environment["MIGRATED_COPY_SOCKET"]
            if configuration.rehearsal.unit != nil, let cache = environment["CACHE_DIRECTORY"] {
                configuration.rehearsal.templates = FilePaths.join(cache, "clusters")
            }
            // "default" is one database today and another one tomorrow.
            let place = SHA256Digest.of(Array(connection.redacted.utf8)).description.prefix(12)
            configuration.releaseMark = "\(settings.daemon.stateDirectory)/released/\(database.name)-\(place)"
            configuration.verificationMark = "\(settings.daemon.stateDirectory)/verified/\(database.name)"
            configuration.logsData = settings.daemon.logsData
            configuration.restoreLedger = "\(settings.daemon.stateDirectory)/restores/\(database.name)"
            configurations.append(configuration)
        }
        return configurations
    }

    private func connection(of database: DatabaseSettings) async throws -> ConnectionParameters {
        if let throwAway { return throwAway }
        switch database.location {
        case .server(let url):
            do {
                return try ConnectionParameters(url: url.unredacted)
            } catch {
                throw Failure(
                    .settingsInvalid, "cannot take the url of database \"\(database.name)\": \(error)",
                    hint: "write it as postgresql://USER@HOST:PORT/DATABASE")
            }
        case .embedded(let directory):
            return try await clusters.connection(directory: directory, database: database.name)
        }
    }
}
