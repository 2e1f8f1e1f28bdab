@testable import Configuration

/// Judges texts as the loader would judge files, with nothing read from the machine.
func judge(
    _ text: String, dropIns: [String] = [], environment: [String: String] = [:], dotEnv: String? = nil,
    overrides: SettingsOverrides = SettingsOverrides(), defaults: SettingsDefaults = .system
) throws(SettingsProblems) -> Settings {
    var input = SettingsInput()
    input.documents = [SettingsDocument(file: "/etc/migrated/migrated.toml", text: text)]
    for (index, dropIn) in dropIns.enumerated() {
        input.documents.append(
            SettingsDocument(file: "/etc/migrated/migrated.toml.d/\(index + 1).toml", text: dropIn))
    }
    input.environment = environment
    input.dotEnv = dotEnv.map { SettingsDocument(file: "/srv/app/.env", text: $0) }
    input.overrides = overrides
    input.defaults = defaults
    input.workingDirectory = "/srv/app"
    return try SettingsLoader.judge(input, problems: ProblemCollector())
}

/// The problems of a text, or none.
func problems(
    _ text: String, dropIns: [String] = [], environment: [String: String] = [:], dotEnv: String? = nil,
    overrides: SettingsOverrides = SettingsOverrides()
) -> [SettingsProblem] {
    do throws(SettingsProblems) {
        _ = try judge(text, dropIns: dropIns, environment: environment, dotEnv: dotEnv, overrides: overrides)
        return []
    } catch {
        return error.problems
    }
}

/// The least that settings need.
let minimal = """
    [database.main]
    url = "postgresql://app@db/app"

    """
