import Configuration
import Control
import Glibc
import Host
import Planning
import Revisions

/// Where the revision files of one database are, and how new ones are called. To know it takes neither a daemon nor a
/// database.
struct RevisionDirectories: Sendable, Equatable {
    /// The directories; the first one takes what has no other place.
    var paths: [String]
    /// Whether the directories below those count as well.
    var isRecursive = false
    var fileTemplate = FileNameTemplate.standard
    /// What the settings say that a script for psql has to say as well.
    var script = SQLScript.Settings()
    /// Whether a running daemon said so.
    var isToldByDaemon = false

    /// Those that the command line names; otherwise what the daemon says, which may have been given others than the
    /// settings have; where no daemon answers, what the settings say; and where those are silent, `migrations`.
    static func find(_ options: DirectoryOptions, session: Session) async throws -> RevisionDirectories {
        var found =
            options.directories.isEmpty
            ? try await settled(session) : RevisionDirectories(paths: options.directories)
        if options.isRecursive { found.isRecursive = true }
        return found
    }

    /// The same where the command line names none.
    static func settled(_ session: Session) async throws -> RevisionDirectories {
        if let told = try await told(session) { return told }
        return try configured(session.context, database: session.database)
    }

    /// What a running daemon says; nil where none answers.
    private static func told(_ session: Session) async throws -> RevisionDirectories? {
        let status: GetStatus.Reply
        do {
            status = try await session.client.call(GetStatus.self, .init(database: session.database))
        } catch let failure as Failure where unreachable.contains(failure.code) {
            return nil
        }
        let database = try one(of: status.databases, named: session.database, by: \.name)
        guard let database, !database.directories.isEmpty else { return nil }
        return RevisionDirectories(
            paths: database.directories, isRecursive: database.isRecursive,
            fileTemplate: (try? FileNameTemplate(parsing: database.fileTemplate)) ?? .standard,
            script: database.script ?? SQLScript.Settings(), isToldByDaemon: true)
    }

    /// A daemon that may not be asked is as good as none: whoever may read the files may work with them.
    private static let unreachable: [Failure.Code] = [.daemonUnavailable, .permissionDenied]

    /// What the settings say that a daemon of this user would read, or else the system's.
    static func configured(_ context: CommandContext, database: String?) throws -> RevisionDirectories {
        let (settings, local) = try settings(context, database: database)
        guard let found = settings else { return RevisionDirectories(paths: [local]) }
        return RevisionDirectories(
            paths: found.migrations, isRecursive: found.recursiveMigrations, fileTemplate: found.fileTemplate,
            script: SQLScript.Settings(
                role: found.role, searchPath: found.searchPath,
                versionTable: VersionTableName(schema: found.versionTableSchema, table: found.versionTable)))
    }

    /// The database that the settings have, and where its revisions are if they have none.
    static func settings(
        _ context: CommandContext, database: String?
    ) throws -> (found: DatabaseSettings?, local: String) {
        let written = CallerSettings(context)
        let settings: Settings
        do {
            settings = try written.load()
        } catch {
            var failure = Failure(error)
            failure.hint = (failure.hint.map { "\($0), or " } ?? "") + "name the directory: --directory PATH"
            throw failure
        }
        return (try one(of: settings.databases, named: database, by: \.name), written.migrations)
    }

    /// The database that is meant; nil where there is none at all.
    private static func one<Database>(
        of databases: [Database], named name: String?, by key: (Database) -> String
    ) throws -> Database? {
        let names = databases.map(key).joined(separator: ", ")
        if let name, !databases.isEmpty {
            guard let database = databases.first(where: { key($0) == name }) else {
                throw Failure(
                    .noSuchDatabase, "cannot find database \"\(name)\": there is no such section",
                    hint: "name one of \(names)")
            }
            return database
        }
        guard databases.count < 2 else {
            throw Failure(
                .noSuchDatabase, "cannot choose a directory: there are \(databases.count) databases",
                hint: "name one: -d \(names), or --directory PATH")
        }
        return databases.first
    }
}
