import Planning
import Revisions
import Testing

@testable import Configuration

@Suite("good settings")
struct GoodSettingsTests {
    @Test("what is not said has its default")
    func defaults() throws {
        let settings = try judge(minimal)
        #expect(settings.daemon.socket == "/run/migrated/io.migrated.Control")
        #expect(settings.daemon.stateDirectory == "/var/lib/migrated")
        #expect(settings.daemon.logLevel == .info)
        #expect(settings.access == AccessSettings(socketMode: 0o660, socketGroup: nil))
        let main = try #require(settings.database(named: "main"))
        #expect(main.location == .server(ConnectionURL("postgresql://app@db/app")))
        #expect(main.migrations == ["/etc/migrated/migrations"])
        #expect(!main.recursiveMigrations && main.fileTemplate == .standard)
        #expect(main.approvals == 1)
        #expect(main.requesterMayApprove)
        #expect(!main.autoUpgrade && !main.development)
        #expect(main.editedAfterApply == .refuse)
        #expect(main.versionTable == "alembic_version")
        #expect(main.versionTableSchema == nil && main.role == nil && main.registryRole == nil)
        #expect(main.statementTimeout == nil && main.searchPath.isEmpty)
        #expect(
            main.backup == BackupRules(directory: "/var/backups/migrated", keyFile: "/var/lib/migrated/host.key"))
        #expect(main.locks == LockSettings())
        #expect(settings.files == ["/etc/migrated/migrated.toml"])
    }

    @Test("every key is taken over")
    func everything() throws {
        let settings = try judge(
            """
            [daemon]
            socket = "/run/other/socket"
            state_directory = "/srv/state"
            log_level = "debug"
            stop_timeout = "2min"
            poll_interval = "5s"

            [access]
            socket_mode = "0600"
            socket_group = "dba"

            [database.main]
            url = "host=db dbname=app"
            migrations = ["/a", "b/../c"]
            recursive_migrations = true
            file_template = "%(year)d/%(rev)s"
            role = "app_owner"
            search_path = 'App, "Mixed Case", "$user", "a""b,c"'
            statement_timeout = "15min"
            approvals = 2
            requester_may_approve = false
            auto_upgrade = true
            edited_after_apply = "warn"
            version_table = "versions"
            version_table_schema = "meta"
            registry_role = "migrated_owner"
            development = true
            backup = { policy = "none", reason = "WAL archiving", directory = "/b", jobs = 4, keep = 3, keep_for = "30d", keep_size = "5GiB", keep_weekly = 8, min_free = "2GiB", tools = "/t" }

            [database.main.locks]
            lock_timeout = "100ms"
            max_lock_timeout = "2s"
            budget = "1h"
            pause = "10ms"
            max_pause = "1s"
            """)
        #expect(settings.daemon.socket == "/run/other/socket")
        #expect(settings.daemon.stateDirectory == "/srv/state")
        #expect(settings.daemon.logLevel == .debug)
        #expect(settings.daemon.stopTimeout == .seconds(120))
        #expect(settings.daemon.pollInterval == .seconds(5))
        #expect(settings.access == AccessSettings(socketMode: 0o600, socketGroup: "dba"))
        let main = try #require(settings.database(named: "main"))
        #expect(main.location == .server(ConnectionURL("host=db dbname=app")))
        #expect(main.migrations == ["/a", "/etc/migrated/c"])
        #expect(main.recursiveMigrations && main.fileTemplate.description == "%(year)d/%(rev)s")
        #expect(main.role == "app_owner")
        #expect(main.searchPath == ["app", "Mixed Case", "$user", "a\"b,c"])
        #expect(main.statementTimeout == .seconds(900))
        #expect(main.approvals == 2 && !main.requesterMayApprove && main.autoUpgrade && main.development)
        #expect(main.editedAfterApply == .warn)
        #expect(main.versionTable == "versions" && main.versionTableSchema == "meta")
        #expect(main.registryRole == "migrated_owner")
        #expect(
            main.backup
                == BackupRules(
                    policy: .none(reason: "WAL archiving"), directory: "/b", keyFile: "/srv/state/host.key", jobs: 4,
                    keep: 3, keepFor: .seconds(30 * 86_400), keepSize: 5 << 30, keepWeekly: 8, minimumFree: 2 << 30,
                    tools: "/t"))
        #expect(
            main.locks
                == LockSettings(
                    lockTimeout: .milliseconds(100), maxLockTimeout: .seconds(2), budget: .seconds(3600),
                    pause: .milliseconds(10), maxPause: .seconds(1)))
    }

    @Test("drop-ins win key by key, in order, and may add databases")
    func dropIns() throws {
        let settings = try judge(
            minimal + "approvals = 0\nmigrations = \"one\"",
            dropIns: [
                "[database.main]\napprovals = 2\nmigrations = \"two\"",
                "[database.main]\napprovals = 3\n[database.other]\nurl = \"embedded\"",
            ])
        #expect(settings.databases.map(\.name) == ["main", "other"])
        #expect(settings.database(named: "main")?.approvals == 3)
        #expect(settings.database(named: "main")?.migrations == ["/etc/migrated/migrated.toml.d/two"])
        #expect(settings.database(named: "other")?.location == .embedded(directory: "/var/lib/migrated/cluster"))
    }

    @Test("the url may be kept in a drop-in of its own")
    func urlInDropIn() throws {
        let settings = try judge("[database.main]\napprovals = 0", dropIns: [minimal])
        #expect(settings.database(named: "main")?.approvals == 0)
    }

    @Test("environment beats files, flags beat the environment")
    func precedence() throws {
        let environment = [
            "MIGRATED_SOCKET": "/env/socket", "MIGRATED_LOG_LEVEL": "notice", "MIGRATED_STATE_DIRECTORY": "/env/state",
        ]
        let file = "[daemon]\nsocket = \"/file\"\nlog_level = \"error\"\n" + minimal
        let fromEnvironment = try judge(file, environment: environment)
        #expect(fromEnvironment.daemon.socket == "/env/socket")
        #expect(fromEnvironment.daemon.logLevel == .notice)
        #expect(fromEnvironment.database(named: "main")?.backup.directory == "/env/state/backups")
        let flags = SettingsOverrides(
            socket: "flag/socket", stateDirectory: "/flag", logLevel: "trace", migrations: ["m"])
        let fromFlags = try judge(file, environment: environment, overrides: flags)
        #expect(fromFlags.daemon.socket == "/srv/app/flag/socket")
        #expect(fromFlags.daemon.stateDirectory == "/flag")
        #expect(fromFlags.daemon.logLevel == .trace)
        #expect(fromFlags.database(named: "main")?.migrations == ["/srv/app/m"])
    }

    @Test("DATABASE_URL defines the database default, and only where none is configured")
    func databaseURL() throws {
        let environment = ["DATABASE_URL": "postgresql+asyncpg://user:p%40ss@host:5432/db"]
        let settings = try judge("", environment: environment, dotEnv: "DATABASE_URL=postgres://other/db")
        #expect(settings.databases.map(\.name) == ["default"])
        #expect(settings.databases.map(\.rehearsal.directory) == [settings.daemon.stateDirectory + "/rehearsals"])
        #expect(
            settings.databases[0].location == .server(ConnectionURL("postgresql+asyncpg://user:p%40ss@host:5432/db")))
        #expect(try judge(minimal, environment: environment).databases.map(\.name) == ["main"])
        #expect(try judge(minimal, environment: ["DATABASE_URL": "mysql://x"]).databases.map(\.name) == ["main"])
    }

    @Test(
        ".env is read as other tools read it",
        arguments: [
            ("DATABASE_URL=postgres://h/d", "postgres://h/d"),
            ("# a comment\nexport DATABASE_URL = 'postgres://h/d#x' # why\nOTHER=\"", "postgres://h/d#x"),
            ("DATABASE_URL=\"postgres://h/\\\"d\\\"\"\r\n", "postgres://h/\"d\""),
            ("DATABASE_URL=postgres://h/d#frag # comment", "postgres://h/d#frag"),
            ("DATABASE_URL=postgres://first\nDATABASE_URL=postgres://second", "postgres://second"),
        ])
    func dotEnv(text: String, url: String) throws {
        #expect(try judge("", dotEnv: text).databases[0].location == .server(ConnectionURL(url)))
    }

    @Test("an embedded cluster is there when it is asked for by name")
    func embedded() throws {
        let flag = SettingsOverrides(embedded: ".demo/cluster")
        let settings = try judge("", environment: ["DATABASE_URL": "postgres://h/d"], overrides: flag)
        #expect(settings.databases.map(\.name) == ["default"])
        #expect(settings.databases[0].location == .embedded(directory: "/srv/app/.demo/cluster"))
        let configured = try judge("[database.a]\nurl = \"embedded\"", overrides: flag)
        #expect(configured.database(named: "a")?.location == .embedded(directory: "/srv/app/.demo/cluster"))
    }

    @Test("an ordinary user's files are in that user's directories")
    func userDefaults() throws {
        let home = try #require(SettingsDefaults.user(environment: ["HOME": "/home/a"], workingDirectory: "/w"))
        #expect(home.settingsFile == "/home/a/.config/migrated/migrated.toml")
        #expect(home.socket == "/home/a/.local/state/migrated/migrated/io.migrated.Control")
        #expect(home.migrations == ["/w/migrations"])
        let set = ["XDG_CONFIG_HOME": "/c", "XDG_STATE_HOME": "/s", "XDG_RUNTIME_DIR": "/r"]
        let xdg = try #require(SettingsDefaults.user(environment: set, workingDirectory: "/w"))
        #expect(xdg.settingsFile == "/c/migrated/migrated.toml")
        #expect(xdg.stateDirectory == "/s/migrated" && xdg.socket == "/r/migrated/io.migrated.Control")
        #expect(xdg.backups == "/s/migrated/backups")
        #expect(SettingsDefaults.user(environment: [:], workingDirectory: "/w") == nil)
        #expect(try judge(minimal, defaults: xdg).databases[0].backup.directory == "/s/migrated/backups")
    }

    @Test("a reload tells what only a restart can change")
    func restartKeys() throws {
        let before = try judge(minimal)
        #expect(try judge(minimal + "approvals = 0").keysThatNeedRestart(comparedWith: before).isEmpty)
        let after = try judge("[daemon]\nsocket = \"/s\"\n[access]\nsocket_mode = \"0600\"\n" + minimal)
        #expect(after.keysThatNeedRestart(comparedWith: before) == ["daemon.socket", "access.socket_mode"])
    }
}
