import FoundationEssentials
import Testing

@testable import Configuration

@Suite("the settings loader")
struct SettingsLoaderTests {
    /// A directory with these files, for the length of the body.
    private func withFiles(_ files: [String: String], _ body: (String) throws -> Void) throws {
        let directory = FileManager.default.temporaryDirectory.path + "/settings-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        for (name, text) in files {
            let path = directory + "/" + name
            try FileManager.default.createDirectory(
                atPath: SettingsPath.directory(of: path), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(filePath: path))
        }
        try body(directory)
    }

    private func loader(_ directory: String, environment: [String: String] = [:], settings: String? = nil)
        -> SettingsLoader
    {
        var defaults = SettingsDefaults.system
        defaults.settingsFile = directory + "/migrated.toml"
        return SettingsLoader(
            environment: environment, workingDirectory: directory,
            overrides: SettingsOverrides(settingsFile: settings), defaults: defaults)
    }

    @Test("where no database is needed, none is no problem, and other faults are")
    func withoutDatabase() throws {
        try withFiles(["migrated.toml": "[daemon]\n"]) { directory in
            var defaults = SettingsDefaults.system
            defaults.settingsFile = directory + "/migrated.toml"
            let loader = SettingsLoader(
                environment: [:], workingDirectory: directory, defaults: defaults, needsDatabase: false)
            #expect(try loader.load().databases.isEmpty)
            try Data("[daemon]\nsoket = 1".utf8).write(to: URL(filePath: directory + "/migrated.toml"))
            let problems = #expect(throws: SettingsProblems.self) { try loader.load() }
            #expect(problems?.problems.map(\.key) == ["daemon.soket"])
        }
    }

    @Test("the main file, then its drop-ins by name, and nothing else that lies there")
    func order() throws {
        try withFiles([
            "migrated.toml": minimal + "approvals = 0\nrole = \"main\"",
            "migrated.toml.d/20.toml": "[database.main]\napprovals = 2",
            "migrated.toml.d/10.toml": "[database.main]\napprovals = 1",
            "migrated.toml.d/30.toml.bak": "= broken",
            "migrated.toml.d/.40.toml": "= broken",
        ]) { directory in
            let settings = try loader(directory).load()
            #expect(settings.databases.map(\.approvals) == [2])
            #expect(settings.databases.map(\.role) == ["main"])
            #expect(
                settings.files
                    == ["migrated.toml", "migrated.toml.d/10.toml", "migrated.toml.d/20.toml"].map {
                        directory + "/" + $0
                    })
        }
    }

    @Test("a loader sees what changed since it was asked last")
    func again() throws {
        try withFiles(["migrated.toml": minimal]) { directory in
            let loader = loader(directory)
            let first = try loader.load()
            try Data((minimal + "approvals = 4").utf8).write(to: URL(filePath: directory + "/migrated.toml"))
            let second = try loader.load()
            #expect(first != second)
            #expect(second.databases.map(\.approvals) == [4])
        }
    }

    @Test("without a main file the environment and .env count")
    func noFile() throws {
        try withFiles([".env": "DATABASE_URL=postgres://env/d"]) { directory in
            #expect(try loader(directory).load().databases[0].location == .server(ConnectionURL("postgres://env/d")))
            let settings = try loader(directory, environment: ["DATABASE_URL": "postgres://real/d"]).load()
            #expect(settings.databases[0].location == .server(ConnectionURL("postgres://real/d")))
        }
        try withFiles(["x": ""]) { directory in
            let error = #expect(throws: SettingsProblems.self) { try loader(directory).load() }
            #expect(error?.problems.map(\.message) == ["no database is configured"])
            #expect(error?.problems.first?.file == directory + "/migrated.toml")
        }
    }

    @Test("a file that is named must be there")
    func namedFile() throws {
        try withFiles(["other.toml": minimal, "other.toml.d/a.toml": "[database.main]\napprovals = 5"]) { directory in
            let byFlag = try loader(directory, settings: "other.toml").load()
            #expect(byFlag.databases.map(\.approvals) == [5])
            let byVariable = try loader(directory, environment: ["MIGRATED_SETTINGS": "other.toml"]).load()
            #expect(byVariable.files.count == 2)
            let error = #expect(throws: SettingsProblems.self) { try loader(directory, settings: "none.toml").load() }
            #expect(error?.problems.first?.message == "the file does not exist")
        }
    }

    @Test("files that are no text are told")
    func noText() throws {
        try withFiles([
            "migrated.toml": minimal, "migrated.toml.d/b.toml": "#" + String(repeating: "x", count: 1 << 20),
        ]) {
            directory in
            try Data([0x61, 0xFF, 0x0A]).write(to: URL(filePath: directory + "/migrated.toml.d/a.toml"))
            try FileManager.default.createDirectory(
                atPath: directory + "/migrated.toml.d/c.toml", withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(
                atPath: directory + "/migrated.toml.d/d.toml", withDestinationPath: "nowhere")
            let error = #expect(throws: SettingsProblems.self) { try loader(directory).load() }
            #expect(
                error?.problems.map(\.message).sorted() == [
                    "the file does not exist", "the file has more than 1048576 bytes", "the file is not UTF-8",
                    "this is not a regular file",
                ])
        }
    }
}
