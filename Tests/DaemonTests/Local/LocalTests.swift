import Glibc
import Planning
import PostgresClient
import TestSupport
import Testing

/// `--local`: a daemon for a single call, with the rules of the service.
@Suite struct LocalTests {
    @Test func theCommandLinesOfAnAlembicProjectWork() async throws {
        try await LocalCalls.with(TestRevision.chain(3)) { call in
            let settings = try call.settings()
            func expect(_ arguments: String..., at versions: [String], says text: String = "") async throws {
                let outcome = try await call.start(arguments, environment: settings).wait()
                #expect(outcome.status == 0 && outcome.output.contains(text), "\(arguments): \(outcome)")
                #expect(try await Aftermath.of(call.database).versions == versions, "\(arguments)")
            }
            try await expect("upgrade", "002", at: ["002"])
            try await expect("current", at: ["002"], says: "002")
            try await expect("history", "--verbose", at: ["002"], says: "003")
            try await expect("upgrade", "+1", at: ["003"])
            try await expect("downgrade", "-1", at: ["002"])
            try await expect("downgrade", "001", at: ["001"])
            try await expect("upgrade", "head", at: ["003"])
            try await expect("downgrade", "base", at: [])
            try await expect("stamp", "head", at: ["003"])
            try await expect("stamp", "base", at: [])
            try await expect("upgrade", "head", "--sql", at: [], says: "-- Running upgrade 001 -> 002")
            try await expect("downgrade", "003:base", "--sql", at: [], says: "DROP TABLE t_001")
            try await expect("revision", "-m", "add things", at: [], says: "add_things")
            try await expect("history", at: [], says: "(head), add things")
        }
    }

    @Test func theRulesAreThoseOfTheService() async throws {
        try await LocalCalls.with(TestRevision.chain(2)) { call in
            var options = DaemonHarness.Options()
            options.database = ["approvals = 1"]
            try call.harness.configure(["default": call.database], options)
            let settings = ["MIGRATED_SETTINGS": call.harness.settingsFile, "DATABASE_URL": ""]
            let unapproved = try await call("upgrade", "head", environment: settings)
            #expect(unapproved.status == Failure.Code.notApproved.exitStatus, "\(unapproved)")
            #expect(unapproved.errors.contains("migratectl --local approve 001 002"), "\(unapproved)")

            let approved = try await call("upgrade", "head", "--approve", "--yes")
            #expect(approved.status == 0, "\(approved)")
            #expect(approved.output.contains("backup default-"), "\(approved)")
            #expect(TestFiles.names(in: call.harness.backups + "/default").count == 1)
            let down = try await call("downgrade", "-1", "--approve", "--yes")
            #expect(down.status == 0, "\(down)")

            let aftermath = try await Aftermath.of(call.database)
            aftermath.expect(["upgrade 001", "upgrade 002", "downgrade 002"], at: ["001"])
            #expect(aftermath.states == ["cancelled", "succeeded", "succeeded"])
        }
    }

    /// Nobody has written who is to consent: it is the one who calls, and that is recorded.
    @Test func withoutSettingsTheCallerConsents() async throws {
        try await LocalCalls.with(TestRevision.chain(2)) { call in
            let up = try await call("upgrade", "head")
            #expect(up.status == 0 && up.output.contains("2 revisions applied"), "\(up)")
            #expect(try await call("downgrade", "-1").status == 0)
            let aftermath = try await Aftermath.of(call.database)
            aftermath.expect(["upgrade 001", "upgrade 002", "downgrade 002"], at: ["001"])
            let approvals = try await call("approvals")
            #expect(approvals.output.contains("001") && approvals.output.contains("002"), "\(approvals)")
        }
    }

    @Test("what ends the call brings its job to a safe end", arguments: [SIGINT, SIGTERM, SIGKILL])
    func interruption(_ signal: Int32) async throws {
        let slow = TestRevision("002", after: "001", upgrade: ["SELECT pg_sleep(600);"])
        try await LocalCalls.with([TestRevision("001", after: nil), slow]) { call in
            let settings = try call.settings()
            let upgrade = try await call.start(["upgrade", "head"], environment: settings)
            try await call.database.awaitRow(
                "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'")
            upgrade.signal(signal)
            let outcome = try await upgrade.wait()
            if signal != SIGKILL {
                #expect(outcome.status == Failure.Code.interrupted.exitStatus, "\(outcome)")
                #expect(outcome.errors.contains("brought to a safe end, 1 of 2 steps done"), "\(outcome)")
            }
            try await call.expectNothingLeft()
            let aftermath = try await Aftermath.of(call.database)
            aftermath.expect(["upgrade 001"], at: ["001"])
            #expect(aftermath.states == ["cancelled"])
        }
    }

    @Test func whyItCannotStartIsSaid() async throws {
        try await LocalCalls.with([]) { call in
            let scheme = try await call("status", environment: ["DATABASE_URL": "mysql://root@/app"])
            #expect(scheme.status == Failure.Code.settingsInvalid.exitStatus, "\(scheme)")
            #expect(scheme.errors.contains("the scheme \"mysql\"") && scheme.output.isEmpty, "\(scheme)")
            let nothing = try await call("upgrade", environment: ["DATABASE_URL": ""])
            #expect(nothing.status == Failure.Code.settingsInvalid.exitStatus, "\(nothing)")
            #expect(nothing.errors.contains("set DATABASE_URL"), "\(nothing)")
            let both = try await call("upgrade", "--socket", "/nowhere")
            #expect(both.status == Failure.Code.usage.exitStatus, "\(both)")
        }
    }

    @Test func theWrongOneOfTwoDatabasesIsNotChanged() async throws {
        try await LocalCalls.with(TestRevision.chain(1)) { call in
            var settings = try call.settings()
            settings["DATABASE_URL"] = call.environment["DATABASE_URL"]
            let unclear = try await call("upgrade", environment: settings)
            #expect(unclear.status == Failure.Code.noSuchDatabase.exitStatus, "\(unclear)")
            #expect(unclear.errors.contains("DATABASE_URL names one"), "\(unclear)")
            let unknown = try await call("-d", "other", "upgrade", environment: settings)
            #expect(unknown.status == Failure.Code.noSuchDatabase.exitStatus, "\(unknown)")
            let named = try await call("-d", "app", "upgrade", environment: settings)
            #expect(named.status == 0 && named.output.contains("app-1: 1 revision applied"), "\(named)")
        }
    }

    @Test func itDoesWhatItWasAskedForAndNothingElse() async throws {
        try await LocalCalls.with(TestRevision.chain(2)) { call in
            var options = DaemonHarness.Options()
            options.database = ["approvals = 1"]
            try call.harness.configure(["app": call.database], options)
            try await call.harness.start()
            let job = try await call.harness.queue()
            try await call.harness.follow(job, untilParked: true)
            try await call.harness.end()

            // Somebody else's job has its approvals now; a look at it does not begin it, and neither does other work.
            let settings = ["MIGRATED_SETTINGS": call.harness.settingsFile, "DATABASE_URL": ""]
            #expect(try await call("approve", "001", "002", "--yes", environment: settings).status == 0)
            #expect(try await call("status", environment: settings).status == 0)
            #expect(try await call("backup", environment: settings).status == 0)
            let aftermath = try await Aftermath.of(call.database)
            aftermath.expect([], at: [])
            #expect(aftermath.states == ["queued", "succeeded"])
        }
    }

    @Test func anOrdinaryUserHasDirectoriesOfItsOwn() async throws {
        guard geteuid() == 0 else { return print("skipped: only root can be somebody else") }
        try await LocalCalls.with(TestRevision.chain(1)) { call in
            let nobody: uid_t = 65_534
            let home = call.harness.directory + "/home"
            try TestFiles.makeDirectory(home)
            chown(home, nobody, nobody)
            let environment = ["HOME": home, "MIGRATED_STATE_DIRECTORY": ""]
            let outcome = try await call(
                "upgrade", "--approve", "--yes", environment: environment, user: nobody)
            #expect(outcome.status == 0, "\(outcome)")
            #expect(TestFiles.names(in: home + "/.local/state/migrated/backups/default").count == 1)
        }
    }
}
