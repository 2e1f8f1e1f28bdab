import FoundationEssentials
import Testing

@testable import Configuration

@Suite("credentials of the service manager")
struct CredentialTests {
    /// Loads settings where these credentials are handed over.
    private func load(_ credentials: [String: String], settings: String, environment: [String: String] = [:])
        throws -> Settings
    {
        let directory = FileManager.default.temporaryDirectory.path + "/credentials-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let handedOver = directory + "/credentials"
        try FileManager.default.createDirectory(atPath: handedOver, withIntermediateDirectories: true)
        for (name, text) in credentials { try Data(text.utf8).write(to: URL(filePath: handedOver + "/" + name)) }
        var defaults = SettingsDefaults.system
        defaults.settingsFile = directory + "/migrated.toml"
        try Data(settings.utf8).write(to: URL(filePath: defaults.settingsFile))
        let environment = environment.merging(["CREDENTIALS_DIRECTORY": handedOver]) { given, _ in given }
        return try SettingsLoader(environment: environment, workingDirectory: directory, defaults: defaults).load()
    }

    private func url(_ credentials: [String: String], settings: String = minimal) throws -> String? {
        guard case .server(let url)? = try load(credentials, settings: settings).database(named: "main")?.location
        else { return nil }
        return url.unredacted
    }

    @Test("a url wins over that of the files, and is enough to configure a database")
    func urls() throws {
        let credential = ["database.main.url": "postgresql://app:secret@db/app\n"]
        #expect(try url(credential) == "postgresql://app:secret@db/app")
        #expect(try url(credential, settings: "") == "postgresql://app:secret@db/app")
        #expect(try url([:]) == "postgresql://app@db/app")
    }

    @Test("a password is added to the url, in either form, and wins over the one in it")
    func passwords() throws {
        let credential = ["database.main.password": "p@ss ?&'\\é\r\n"]
        let escaped = "password=p%40ss%20%3F%26%27%5C%C3%A9"
        #expect(try url(credential) == "postgresql://app@db/app?" + escaped)
        let withQuery = "[database.main]\nurl = \"postgresql://app:old@db/app?sslmode=require\""
        #expect(
            try url(credential, settings: withQuery) == "postgresql://app:old@db/app?sslmode=require&" + escaped)
        let keywords = "[database.main]\nurl = \"host=db dbname=app\"\npassword = \"in the file\""
        #expect(try url(credential, settings: keywords) == "host=db dbname=app password='p@ss ?&\\'\\\\é'")
        #expect(try url([:], settings: keywords) == "host=db dbname=app password='in the file'")
    }

    @Test("nothing that prints settings shows a password that came from a credential")
    func redaction() throws {
        for text in [minimal, "[database.main]\nurl = \"host=db dbname=app\""] {
            let settings = try load(["database.main.password": "geheim"], settings: text)
            var dumped = ""
            dump(settings, to: &dumped)
            #expect(dumped.contains("***"))
            #expect(!"\(settings)\(dumped)".contains("geheim"))
        }
    }

    @Test("what is for others is left alone; a name that means nothing is told")
    func names() throws {
        #expect(try url(["tls.key": "x", "password": "y"]) == "postgresql://app@db/app")
        let problems = #expect(throws: SettingsProblems.self) {
            try url(["database.main.pasword": "x", "database.main": "y"])
        }
        #expect(problems?.problems.count == 2)
        #expect(problems?.problems.allSatisfy { $0.hint?.contains("database.NAME.password") == true } == true)
        let embedded = #expect(throws: SettingsProblems.self) {
            try url(["database.main.password": "x"], settings: "[database.main]\nurl = \"embedded\"")
        }
        #expect(embedded?.problems.map(\.key) == ["database.main.password"])
    }
}
