import Configuration
import Glibc
import Host

/// The settings that a daemon of this caller would read: the user's own where there are any, or else the system's.
struct CallerSettings {
    private let context: CommandContext
    private let defaults: SettingsDefaults

    init(_ context: CommandContext) {
        self.context = context
        let user =
            geteuid() == 0
            ? nil
            : SettingsDefaults.user(environment: context.environment, workingDirectory: context.workingDirectory)
        defaults = user.flatMap { TextFiles.exists($0.settingsFile) ? $0 : nil } ?? .system
    }

    /// Reads them. DATABASE_URL alone says nothing about files: then they are where one works.
    func load() throws(SettingsProblems) -> Settings {
        var defaults = defaults
        if !TextFiles.exists(loader(defaults).settingsFile) { defaults.migrations = [migrations] }
        return try loader(defaults).load()
    }

    /// Where revisions are when nothing says so.
    var migrations: String { FilePaths.join(context.workingDirectory, "migrations") }

    /// Whether nobody has written any: all that is known is DATABASE_URL.
    var areUnwritten: Bool { (try? load().files.isEmpty) ?? false }

    private func loader(_ defaults: SettingsDefaults) -> SettingsLoader {
        SettingsLoader(
            environment: context.environment, workingDirectory: context.workingDirectory, defaults: defaults,
            needsDatabase: false)
    }
}
