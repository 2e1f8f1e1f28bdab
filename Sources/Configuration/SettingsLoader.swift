internal import FoundationEssentials

/// Reads and judges settings: the main file, its drop-ins in the order of their names, the environment, the credentials
/// of the service manager, the flags.
///
/// Each source wins over those before it, key by key. Either everything is good, or every problem of every source is
/// told at once; nothing is ever half taken over.
///
/// What a connection string means is not known here: whoever can connect says what is wrong with one.
public struct SettingsLoader: Sendable {
    private let environment: [String: String]
    private let workingDirectory: String
    private let overrides: SettingsOverrides
    private let defaults: SettingsDefaults
    private let needsDatabase: Bool
    private let connectionObjection: ConnectionObjection?

    /// A settings file may have this many bytes.
    static let sizeLimit = 1 << 20

    /// A loader that can be asked again and again: at the start and at each reload.
    ///
    /// Settings without any database are a problem only where one is needed.
    public init(
        environment: [String: String], workingDirectory: String, overrides: SettingsOverrides = SettingsOverrides(),
        defaults: SettingsDefaults = .system, needsDatabase: Bool = true,
        connectionObjection: ConnectionObjection? = nil
    ) {
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.overrides = overrides
        self.defaults = defaults
        self.needsDatabase = needsDatabase
        self.connectionObjection = connectionObjection
    }

    /// The main file, whether it exists or not.
    public var settingsFile: String {
        let named = overrides.settingsFile ?? environment["MIGRATED_SETTINGS"].flatMap { $0.isEmpty ? nil : $0 }
        return named.map { SettingsPath.absolute($0, in: workingDirectory) } ?? defaults.settingsFile
    }

    /// Reads everything anew and judges it.
    public func load() throws(SettingsProblems) -> Settings {
        let problems = ProblemCollector()
        var input = SettingsInput()
        input.environment = environment
        input.workingDirectory = workingDirectory
        input.connectionObjection = connectionObjection
        input.overrides = overrides
        input.overrides.settingsFile = settingsFile
        input.defaults = defaults
        input.needsDatabase = needsDatabase
        let isNamed = settingsFile != defaults.settingsFile
        if isNamed || FileManager.default.fileExists(atPath: settingsFile) {
            if let document = read(settingsFile, problems) { input.documents.append(document) }
        }
        for file in dropIns(problems) {
            if let document = read(file, problems) { input.documents.append(document) }
        }
        let dotEnv = SettingsPath.absolute(".env", in: workingDirectory)
        if environment["DATABASE_URL"] == nil, FileManager.default.fileExists(atPath: dotEnv) {
            input.dotEnv = read(dotEnv, problems)
        }
        input.credentials = credentials(problems)
        return try Self.judge(input, problems: problems)
    }

    /// The credentials that are ours, by their names; whatever else a unit loads is for others.
    private func credentials(_ problems: ProblemCollector) -> [SettingsDocument] {
        guard let directory = environment["CREDENTIALS_DIRECTORY"], directory.hasPrefix("/") else { return [] }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return names.filter { $0.hasPrefix("database.") }.sorted().compactMap { read(directory + "/" + $0, problems) }
    }

    /// The part of loading that needs no machine.
    static func judge(_ input: SettingsInput, problems: ProblemCollector) throws(SettingsProblems) -> Settings {
        if let settings = SettingsJudge(input: input, problems: problems).judge() { return settings }
        throw SettingsProblems(problems.sorted(fileOrder: input.documents.map(\.file)))
    }

    private func dropIns(_ problems: ProblemCollector) -> [String] {
        let directory = settingsFile + ".d"
        guard FileManager.default.fileExists(atPath: directory) else { return [] }
        do {
            return try FileManager.default.contentsOfDirectory(atPath: directory)
                .filter { $0.hasSuffix(".toml") && !$0.hasPrefix(".") }
                .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
                .map { directory + "/" + $0 }
        } catch {
            problems.report(
                SettingsProblem(
                    file: directory, message: "cannot read the directory",
                    hint: "let the daemon's user read and enter it"))
            return []
        }
    }

    private func read(_ file: String, _ problems: ProblemCollector) -> SettingsDocument? {
        switch SettingsFile.read(file, limit: Self.sizeLimit) {
        case .success(let text): return SettingsDocument(file: file, text: text)
        case .failure(let objection):
            problems.report(SettingsProblem(file: file, message: objection.message, hint: objection.hint))
            return nil
        }
    }
}
