import Testing

@testable import Configuration

/// A text that is wrong, and every problem that must be told about it.
struct BadSettings: Sendable, CustomTestStringConvertible {
    var text: String
    /// Each as `line:column: key: message | hint`.
    var expected: [String]
    var testDescription: String { expected.first ?? text }

    init(_ text: String, _ expected: String...) {
        self.text = text
        self.expected = expected
    }

    /// A bad line under `[database.main]`, which is line 3 of the text.
    static func main(_ line: String, _ expected: String...) -> BadSettings {
        var bad = BadSettings(minimal + line)
        bad.expected = expected
        return bad
    }

    static let table: [BadSettings] = structure + values + quantities + relations

    static let structure: [BadSettings] = [
        .main("aprovals = 2", "3:1: database.main.aprovals: unknown key | write \"approvals\""),
        .main(
            "lock_timeout = \"1s\"", "3:1: database.main.lock_timeout: unknown key | put it under [database.main.locks]"
        ),
        .main("autoUpgrade = true", "3:1: database.main.autoUpgrade: unknown key | write \"auto_upgrade\""),
        .main(
            "min_fre = \"1GiB\"",
            "3:1: database.main.min_fre: unknown key | write \"min_free\" under [database.main.backup]"),
        .main("backup.kepe = 3", "3:8: database.main.backup.kepe: unknown key | write \"keep\""),
        .main("[database.main.bakcup]", "3:16: database.main.bakcup: unknown section | write \"backup\""),
        .main("[deamon]", "3:2: deamon: unknown section | write \"daemon\""),
        .main("[zzz]\n\"a b\" = 1", "3:2: zzz: unknown section | use one of daemon, access, database"),
        .main(
            "locks = 5", "3:1: database.main.locks: this must be a table, not an integer | write [database.main.locks]"),
        .main("[[access]]", "3:3: access: this must be a table, not an array | write [access]"),
        BadSettings("database = 3", "1:12: database: this must be a table, not an integer | write [database.NAME]"),
        BadSettings(
            "[database]\nurl = \"x\"",
            "2:1: database.url: a database must have a name | write [database.main] above its keys"),
        BadSettings(
            "[database.main]\nrole = \"x\"",
            "1:11: database.main.url: the url is missing | write url = \"postgresql://USER@HOST/DATABASE\""),
        BadSettings(
            "",
            "no database is configured | add [database.main] with a url, set DATABASE_URL, or start with --embedded DIR"
        ),
        BadSettings(
            "[database.\"a b\"]\nurl = \"embedded\"",
            "1:11: database.\"a b\": \"a b\" cannot be the name of a database | begin with a letter and use letters, digits, _ and -, 40 at the most"
        ),
        BadSettings(
            "[database.a]\nurl = \"embedded\"\n[database.A]\nurl = \"embedded\"",
            "1:11: database.a: this name differs from \"A\" by case only | choose another name"),
    ]

    static let values: [BadSettings] = [
        .main("approvals = \"1\"", "3:13: database.main.approvals: this must be an integer, not a string"),
        .main("approvals = -1", "3:13: database.main.approvals: -1 is out of range | use 0 to 10"),
        .main("approvals = 1.5", "3:13: database.main.approvals: this must be an integer, not a floating-point number"),
        .main("auto_upgrade = \"yes\"", "3:16: database.main.auto_upgrade: this must be true or false, not a string"),
        .main(
            "edited_after_apply = \"warm\"",
            "3:22: database.main.edited_after_apply: \"warm\" is not known | write \"warn\""),
        .main(
            "edited_after_apply = \"?\"",
            "3:22: database.main.edited_after_apply: \"?\" is not known | use one of refuse, warn"),
        .main(
            "migrations = []",
            "3:14: database.main.migrations: this must not be empty | leave the key out for the default"),
        .main(
            "file_template = \"%(year)d\"",
            "3:17: database.main.file_template: \"%(year)d\" would give two revisions the same file | put %(rev)s into it"
        ),
        .main(
            "file_template = \"%(year)d/%(rev)s\"",
            "3:17: database.main.file_template: the directories that it makes would not be looked into | set recursive_migrations = true"
        ),
        .main(
            "migrations = [\n\"a\",\n  3]",
            "5:3: database.main.migrations: each element must be a string, not an integer"),
        .main(
            "migrations = [\"a\", \"./a\"]",
            "3:14: database.main.migrations: the directory \"/etc/migrated/a\" is named twice"),
        .main(
            "migrations = 1979-05-27",
            "3:14: database.main.migrations: this must be a directory or an array of them, not a date or time"),
        .main("role = \"\"", "3:8: database.main.role: this must not be empty | leave the key out for the default"),
        .main(
            "search_path = 'a, \"b'",
            "3:15: database.main.search_path: \"a, \"b\" is not a list of schemas | write [\"app\", \"public\"]"),
        .main(
            "search_path = \"a,,b\"",
            "3:15: database.main.search_path: \"a,,b\" is not a list of schemas | write [\"app\", \"public\"]"),
        .main(
            "search_path = [\"app\", \"migrated\"]",
            "3:15: database.main.search_path: the schema \"migrated\" is the registry's | leave it out: nothing of a revision's belongs there"
        ),
        .main(
            "version_table = \"\(String(repeating: "x", count: 64))\"",
            "3:17: database.main.version_table: the name has 64 bytes, and PostgreSQL keeps 63"),
        .main(
            "version_table_schema = \"migrated\"",
            "3:24: database.main.version_table_schema: the schema \"migrated\" is the registry's | choose another schema"
        ),
        .main(
            "[daemon]\nlog_level = \"loud\"",
            "4:13: daemon.log_level: \"loud\" is not known | use one of trace, debug, info, notice, warning, error, critical"
        ),
        .main(
            "[access]\nsocket_mode = 660", "4:15: access.socket_mode: a mode must be written in quotes | write \"0660\""
        ),
        .main(
            "[access]\nsocket_mode = \"0690\"",
            "4:15: access.socket_mode: \"0690\" is not a mode | write three or four octal digits: \"0660\""),
        .main(
            "[access]\nsocket_mode = \"0770\"",
            "4:15: access.socket_mode: a socket has no bits to execute | use read and write bits: \"0660\""),
        .main(
            "[access]\nsocket_mode = \"066\"",
            "4:15: access.socket_mode: the owner must be able to read and write | write \"0600\" or \"0660\""),
        BadSettings(
            "[database.m]\nurl = \"mysql://u:geheim@h/d\"",
            "2:7: database.m.url: a URL of the scheme \"mysql\" does not lead to PostgreSQL | write postgresql://USER@HOST:5432/DATABASE, libpq's \"host=… dbname=…\", or \"embedded\""
        ),
        BadSettings(
            "[database.m]\nurl = \"geheim\"",
            "2:7: database.m.url: this is not a connection string | write postgresql://USER@HOST:5432/DATABASE, libpq's \"host=… dbname=…\", or \"embedded\""
        ),
    ]

    static let quantities: [BadSettings] = [
        .main(
            "statement_timeout = 5",
            "3:21: database.main.statement_timeout: this must be a duration in quotes, not an integer | write it as \"500ms\", \"5s\" or \"10min\""
        ),
        .main(
            "statement_timeout = \"5\"",
            "3:21: database.main.statement_timeout: \"5\" has no unit | use one of ms, s, min, h, d"),
        .main(
            "statement_timeout = \"5m\"",
            "3:21: database.main.statement_timeout: \"m\" is not a unit of duration | write 5min for minutes, 5ms for milliseconds"
        ),
        .main(
            "statement_timeout = \"-5s\"",
            "3:21: database.main.statement_timeout: \"-5s\" is not a duration | write a whole number and a unit, such as 500ms, 5s, 10min, 1h"
        ),
        .main(
            "statement_timeout = \"0s\"",
            "3:21: database.main.statement_timeout: \"0s\" is out of range | use 1ms to 7d"),
        .main(
            "statement_timeout = \"99999999999999999999s\"",
            "3:21: database.main.statement_timeout: \"99999999999999999999s\" is too large"),
        .main(
            "statement_timeout = \"9999999999999999h\"",
            "3:21: database.main.statement_timeout: \"9999999999999999h\" is too large"),
        .main(
            "backup.min_free = \"1gib\"",
            "3:19: database.main.backup.min_free: \"gib\" is not a unit of size | write 1GiB"),
        .main(
            "backup.min_free = \"1.5GiB\"",
            "3:19: database.main.backup.min_free: \".5GiB\" is not a unit of size | use one of B, kB, KiB, MB, MiB, GB, GiB, TB, TiB"
        ),
        .main(
            "backup.min_free = 1024",
            "3:19: database.main.backup.min_free: this must be a size in quotes, not an integer | write it as \"512MiB\" or \"1GiB\""
        ),
        .main("backup.keep = 0", "3:15: database.main.backup.keep: 0 is out of range | use 1 to 10000"),
    ]

    static let relations: [BadSettings] = [
        .main(
            "backup.policy = \"none\"",
            "3:17: database.main.backup.policy: a policy of \"none\" needs a reason | write reason = \"…\"; it is recorded with each job"
        ),
        .main(
            "backup.reason = \"x\"",
            "3:17: database.main.backup.reason: a reason goes with policy = \"none\" only | remove it"),
        .main(
            "backup.policy = \"dumb\"\nbackup.reason = \"x\"",
            "3:17: database.main.backup.policy: \"dumb\" is not known | write \"dump\""),
        .main(
            "locks.lock_timeout = \"10s\"\nlocks.max_lock_timeout = \"5s\"",
            "3:22: database.main.locks.lock_timeout: lock_timeout (10s) is longer than max_lock_timeout (5s) | make max_lock_timeout at least as long"
        ),
        .main(
            "locks.max_pause = \"1ms\"",
            "3:19: database.main.locks.max_pause: pause (500ms) is longer than max_pause (1ms) | make max_pause at least as long"
        ),
        .main(
            "backup.directory = \"/m\"\nmigrations = \"/m\"",
            "4:14: database.main.migrations: backups are kept in the same directory | keep backups elsewhere"),
        .main(
            "[database.other]\nurl = \"postgresql://app@db/app\"",
            "4:7: database.other.url: the database \"main\" has the same url | remove one: a database has one queue, whatever it is called"
        ),
        .main(
            "[daemon]\nsocket = \"/\(String(repeating: "s", count: 107))\"",
            "4:10: daemon.socket: the path has 108 bytes, and a socket's may have 107 | choose a shorter path"),
        .main(
            "[daemon]\nsocket = \"/var/lib/migrated\"",
            "4:10: daemon.socket: the socket is where the state directory is | choose another path"),
    ]
}

@Suite("bad settings")
struct BadSettingsTests {
    @Test("each mistake is told with its place and its remedy", arguments: BadSettings.table)
    func table(_ bad: BadSettings) {
        let told = problems(bad.text).map { problem in
            var text = problem.description
            text = String(text.dropFirst("/etc/migrated/migrated.toml:".count))
            if text.hasPrefix(" ") { text.removeFirst() }
            return problem.hint.map { "\(text) | \($0)" } ?? text
        }
        #expect(told == bad.expected)
    }

    @Test("every key of the register is read, and read strictly")
    func everyKeyIsRead() {
        for section in SettingsSection.allCases where section != .top {
            for key in section.keys where !SettingsSection.tables.contains(key) {
                let heading = section.heading(database: "main")
                let isURL = section == .database && key == "url"
                let text =
                    (isURL ? "" : "[database.main]\nurl = \"embedded\"\n")
                    + (section == .database && !isURL ? "" : heading + "\n") + "\(key) = 1.5"
                let told = problems(text)
                #expect(told.count == 1, "\(heading) \(key): \(told)")
                #expect(told.first?.key.hasSuffix(key) == true)
                #expect(told.first?.message.contains("floating-point") == true, "\(heading) \(key)")
            }
        }
    }

    @Test("all problems of all files are told at once, in order")
    func allAtOnce() {
        let told = problems(
            minimal + "approvals = 11\nrole = 3",
            dropIns: [
                "[daemon]\nsokket = \"x\"", "= broken", "[access]\nsocket_mode = \"x\"", "[database.b]\nurl = \"\"",
            ],
            environment: ["MIGRATED_LOG_LEVEL": "inof"], overrides: SettingsOverrides(logLevel: "x"))
        #expect(
            told.map { "\($0.file.split(separator: "/").last ?? ""):\($0.line ?? 0) \($0.key)" } == [
                "migrated.toml:3 database.main.approvals", "migrated.toml:4 database.main.role",
                "1.toml:2 daemon.sokket", "2.toml:1 ", "3.toml:2 access.socket_mode", "4.toml:2 database.b.url",
                "environment:0 MIGRATED_LOG_LEVEL", "command line:0 --log-level",
            ])
        #expect(told.last?.hint == "use one of trace, debug, info, notice, warning, error, critical")
    }

    @Test("a file that is not TOML is told with its place, and nothing is made of what it may have held")
    func brokenFile() {
        let told = problems("[database.main]\napprovals = 0\n[daemon]\nlog_level = \"info\nx = 1")
        #expect(told.count == 1)
        #expect(told.first?.line == 4)
        #expect(told.first?.message.hasPrefix("this is not TOML: ") == true)
        #expect(problems("", dropIns: ["x = "]).count == 1)
        #expect(problems("[database.main]\nrole = \"r\"", dropIns: ["x = "]).map(\.line) == [1])
        #expect(problems("a = 1\na = 2").first?.line == 2)
        #expect(problems("a = 1\n\u{0}").first?.message == "the file has a NUL byte")
    }

    @Test("two files that define one database are told apart")
    func definedTwice() {
        let told = problems(minimal, dropIns: ["[database.main]\nurl = \"postgres://other/db\""])
        #expect(told.map(\.message) == ["the database \"main\" is defined in /etc/migrated/migrated.toml:2 already"])
        #expect(told.first?.file == "/etc/migrated/migrated.toml.d/1.toml")
        #expect(told.first?.line == 2)
    }

    @Test("flags that do not fit the settings are told")
    func flags() {
        let two = minimal + "[database.b]\nurl = \"postgres://b/b\""
        #expect(problems(minimal, overrides: SettingsOverrides(embedded: "/e")).map(\.key) == ["--embedded"])
        #expect(
            problems(minimal, overrides: SettingsOverrides(databaseURL: "postgres://x/y")).map(\.key) == [
                "--database-url"
            ])
        #expect(problems(two, overrides: SettingsOverrides(migrations: ["m"])).map(\.key) == ["--migrations"])
        let both = SettingsOverrides(databaseURL: "postgres://x/y", embedded: "/e")
        #expect(problems("", overrides: both).map(\.key) == ["--embedded"])
        #expect(problems("", environment: ["DATABASE_URL": "http://u:geheim@h"]).map(\.key) == ["DATABASE_URL"])
        #expect(problems("", dotEnv: "A=1\nDATABASE_URL='x").map(\.line) == [2])
    }

    @Test("no problem shows a password")
    func secrets() {
        let texts = [
            "[database.m]\nurl = \"http://u:geheim@h/d\"", "[database.m]\nurl = \"geheim\"",
            "[database.m]\nurl = \"postgresql://u:geheim@h/d\nx = 1", "[database.m]\nurl = postgresql://u:geheim@h/d",
            "[database.a]\nurl = \"host=h password=geheim\"\n[database.b]\nurl = \"host=h password=geheim\"",
        ]
        for text in texts {
            let told = problems(text)
            #expect(!told.isEmpty)
            #expect(!"\(told) \(SettingsProblems(told))".contains("geheim"), "\(told)")
        }
    }
}
