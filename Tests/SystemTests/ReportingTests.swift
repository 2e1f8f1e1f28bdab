import Testing

extension ServiceUnderSystemd {
    /// What the service manager and the journal are told.
    @Suite struct ReportingTests {
        @Test("systemctl status has one honest line, at rest and at work")
        func statusLine() async throws {
            let machine = try Machine.ofSuite
            let site = try await Site.make("line", on: machine, .gated("slow"))
            try await machine.until("idle") { try await machine.property("StatusText").contains("line: idle") }
            try await machine.expect("migratectl", "-d", "line", "upgrade", "--no-block")
            try await site.reachGate()
            try await machine.until("the line tells of the statement") {
                try await machine.property("StatusText").contains("line: job 1 applying slow, statement 2 of 3")
            }
            #expect(try await machine.activity() == "active")
            let status = try await machine.run("systemctl", "status", "--no-pager", "migrated.service").output
            #expect(status.contains("Status: \"") && status.contains("line: job 1 applying slow"), "\(status)")
            try await site.openGate("slow")
            try await site.waitForJob("succeeded")
            try await machine.until("idle") { try await machine.property("StatusText").contains("line: idle") }
        }

        @Test("the journal holds every event of an upgrade, with its fields, and explains it")
        func journal() async throws {
            let machine = try Machine.ofSuite
            let site = try await Site.make(
                "story", on: machine, .init("one", "CREATE TABLE one (n int)"), .gated("two"))
            try await machine.expect("migratectl", "-d", "story", "upgrade", "--no-block")
            try await site.reachGate()
            try await site.openGate("two")
            try await site.waitForJob("succeeded")

            let events = try await site.job().events
            let entries = try await machine.journal("MIGRATED_JOB=story-1")
            let told = entries.filter { $0["MESSAGE_ID"] != nil }
            let expected = events.filter { !$0.kind.hasSuffix("-progress") }
            #expect(expected.count > 8)
            #expect(told.map { $0["MIGRATED_EVENT"] } == expected.map(\.kind))
            for (entry, event) in zip(told, expected) {
                #expect(entry["MIGRATED_STATE"] == event.state)
                #expect(entry["MIGRATED_REVISION"] == event.revision)
                #expect(entry["MIGRATED_DATABASE"] == "story")
                #expect(entry["MESSAGE"] == "story-1: \(event.message)")
                #expect(entry["PRIORITY"] == "6", "all went well: nothing here needs a person")
                #expect(entry["MESSAGE_ID"]?.count == 32)
                #expect(entry["_SYSTEMD_UNIT"] == "migrated.service")
            }
            let explained = try await machine.expect("journalctl", "-x", "--no-pager", "MIGRATED_JOB=story-1")
            #expect(explained.contains("Subject: Job story-1 has succeeded"))
            #expect(explained.contains("Subject: Revision one is applied"))
            #expect(explained.split(separator: "\n").count { $0.contains("Subject: ") } == told.count)
        }

        @Test("what needs a person stands in the journal at a warning or worse, with the reason")
        func failure() async throws {
            let machine = try Machine.ofSuite
            let site = try await Site.make("wrong", on: machine, .init("bad", "SELECT 1 / 0"))
            let outcome = try await site.migratectl("upgrade")
            #expect(outcome.status == 22, "\(outcome)")
            let entries = try await machine.journal("-p", "warning", "MIGRATED_JOB=wrong-1")
            #expect(entries.count == 1)
            #expect(entries.first?["PRIORITY"] == "3")
            #expect(entries.first?["MIGRATED_SQLSTATE"] == "22012")
            #expect(entries.first?["MIGRATED_FAILURE"] == "statement-failed")
            #expect(entries.first?["MIGRATED_LOCATION"]?.hasPrefix("/srv/wrong/bad.sql:7:1") == true)
        }

        @Test("what stands in a statement is not in the journal; its line and the digest of its section are")
        func statements() async throws {
            let machine = try Machine.ofSuite
            var second = Site.Revision.gated("second")
            second.upgrade.insert("INSERT INTO who VALUES ('Mata Hari')", at: 0)
            let site = try await Site.make(
                "discreet", on: machine, .init("first", "CREATE TABLE who (name text)"), second,
                .init("third", "INSERT INTO who SELECT name || 'Mata Hari' FROM nowhere"))
            try await machine.expect("migratectl", "-d", "discreet", "upgrade", "second", "--no-block")
            func started() async throws -> JournalEntry? {
                try await machine.journal(
                    "MIGRATED_DATABASE=discreet", "MIGRATED_EVENT=step-started", "MIGRATED_LINE=9"
                ).last
            }
            try await machine.until("the journal tells of the statement") { try await started() != nil }
            try await site.openGate("second")
            try await site.waitForJob("succeeded")
            #expect(try await site.migratectl("upgrade", "third").status != 0)
            let entries = try await machine.journal("MIGRATED_DATABASE=discreet")
            #expect(entries.count > 10)
            for entry in entries { #expect(!entry.fields.values.contains { $0.contains("Mata Hari") }, "\(entry)") }
            let step = try #require(try await started())
            #expect(step["MIGRATED_REVISION"] == "second", "\(step)")
            let shown = try await machine.expect("migratectl", "--json", "-d", "discreet", "show", "second")
            #expect(shown.contains(try #require(step["MIGRATED_DIGEST"])), "\(shown)")
        }

        /// A name that no log may have, in each of the ways in which PostgreSQL repeats what it was given.
        private static let indiscretions = [
            (
                "raised", "DO $$ BEGIN RAISE EXCEPTION 'nobody but %', 'Mata Hari' USING HINT = 'Mata Hari'; END $$",
                "P0001"
            ),
            ("refused", "SELECT name::int FROM who", "22P02"), ("mistyped", "SELECT 1 'Mata Hari'", "42601"),
            ("doubled", "CREATE UNIQUE INDEX who_name ON who (name)", "23505"),
        ]

        @Test(
            "what PostgreSQL says of values stands in the job's record, and in the journal only where that was asked for"
        )
        func indiscreet() async throws {
            let machine = try Machine.ofSuite
            for (name, statement, state) in Self.indiscretions {
                let site = try await Site.make(
                    name, on: machine, rehearses: name == "doubled", .init("first", "CREATE TABLE who (name text)"),
                    .init("second", statement))
                #expect(try await site.migratectl("upgrade", "first").status == 0)
                try await machine.sql("insert into who values ('Mata Hari'), ('Mata Hari')", in: name)
                let outcome = try await site.migratectl("upgrade")
                #expect(outcome.status != 0 && outcome.errors.contains("Mata Hari"), "who asks is told: \(outcome)")
                let told = try await machine.journal("MIGRATED_JOB=\(name)-2")
                #expect(told.last?["MIGRATED_SQLSTATE"] == state, "\(told)")
                for entry in told { #expect(!entry.fields.values.contains { $0.contains("Mata Hari") }, "\(entry)") }
                try await machine.withSettings("[daemon]\nlog_data = true\n") { _ in
                    try await machine.expect("systemctl", "reload", "migrated.service")
                    #expect(try await site.migratectl("upgrade").status != 0)
                    let told = try await machine.journal("MIGRATED_JOB=\(name)-3").last
                    #expect(told?.fields.values.contains { $0.contains("Mata Hari") } == true, "\(told?.fields ?? [:])")
                }
                try await machine.expect("systemctl", "reload", "migrated.service")
            }
        }

        @Test("a session that is in the way is named with its statement, without the values in it")
        func discreetAboutOthers() async throws {
            let machine = try Machine.ofSuite
            let site = try await Site.make("blocked", on: machine, .init("only", "ALTER TABLE gates ADD COLUMN n int"))
            try await machine.expect(
                "systemd-run", "-q", "--collect", "--unit=blocker.service", "-p", "User=migrated", "psql", "-X", "-d",
                "blocked", "-c", "BEGIN; INSERT INTO gates VALUES ('Mata Hari'); SELECT 'Mata Hari', pg_sleep(600)")
            let sleeping = "select count(*) from pg_stat_activity where datname = 'blocked' and wait_event = 'PgSleep'"
            try await machine.until("it is in the way") { try await machine.sql(sleeping) != "0" }
            try await machine.expect("migratectl", "-d", "blocked", "upgrade", "--no-block")
            try await machine.until("it is named") {
                try await machine.journal("MIGRATED_JOB=blocked-1").contains {
                    $0["MESSAGE"]?.contains("INSERT INTO gates VALUES (?)") == true
                }
            }
            try await machine.sql("select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'PgSleep'")
            try await site.waitForJob("succeeded")
            for entry in try await machine.journal("MIGRATED_DATABASE=blocked") {
                #expect(!entry.fields.values.contains { $0.contains("Mata Hari") }, "\(entry)")
            }
        }

        @Test("one match tells a job's story, from who asked for it to how it ended")
        func story() async throws {
            let machine = try Machine.ofSuite
            let site = try await Site.make("tale", on: machine, approvals: 1, .gated("only"))
            #expect(try await site.migratectl("upgrade", as: "operator").status == 16)
            try await machine.expect("migratectl", "-d", "tale", "approve", "head", "--yes")
            try await site.reachGate()
            try await machine.expect("migratectl", "cancel", "tale-1")
            try await site.waitForJob("cancelled")
            let entries = try await machine.journal("MIGRATED_JOB=tale-1")
            let kinds = entries.compactMap { $0["MIGRATED_EVENT"] }
            #expect(kinds.first == "job-queued" && kinds.last == "job-cancelled", "\(kinds)")
            #expect(kinds.contains("job-awaiting-approval"))
            #expect(entries.first?["MESSAGE"]?.contains("operator") == true, "\(entries.first?.fields ?? [:])")
            #expect(entries.contains { $0["MIGRATED_USER"] == "root" && $0["MESSAGE"]?.contains("cancel") == true })
            let calls = try await machine.journal("-p", "warning", "MIGRATED_JOB=tale-1")
            #expect(calls.compactMap { $0["MIGRATED_EVENT"] } == ["job-awaiting-approval"])
        }

        @Test("whatever the journal explains, it leaves no field untranslated")
        func translations() async throws {
            let machine = try Machine.ofSuite
            let explained = try await machine.expect("journalctl", "-x", "--no-pager", "-u", "migrated")
            #expect(explained.split(separator: "\n").count { $0.contains("Subject: ") } > 50)
            let left = explained.split(separator: "\n").filter { $0.contains("@MIGRATED_") }
            #expect(left == [])
        }

        @Test("systemctl reload returns when the new settings are in force")
        func reload() async throws {
            let machine = try Machine.ofSuite
            try await machine.expect("systemctl", "start", "migrated.service")
            for name in ["reloaded1", "reloaded2"] {
                try await machine.withSettings("[database.\(name)]\nurl = \"postgresql:///\(name)\"\n") { _ in
                    try await machine.expect("systemctl", "reload", "migrated.service")
                    let status = try await machine.run("migratectl", "-d", name, "status")
                    #expect(status.output.contains("database \"\(name)\" does not exist"), "\(status)")
                }
            }
            try await machine.expect("systemctl", "reload", "migrated.service")
            #expect(try await machine.run("migratectl", "-d", "reloaded2", "status").status == 11)
            #expect(try await machine.activity() == "active")
        }

        @Test("systemctl reload fails with the reason for bad settings, which change nothing")
        func refusedReload() async throws {
            let machine = try Machine.ofSuite
            let site = try await Site.make("steady", on: machine, .init("one", "CREATE TABLE one (n int)"))
            let pid = try await machine.property("MainPID")
            try await machine.withSettings("[database.steady]\napprovals = 1\naprovals = 2\n") { path in
                let refused = try await machine.run("systemctl", "reload", "migrated.service")
                #expect(refused.status != 0)
                let told = try await machine.journal("MESSAGE_ID=a7297ff9f4a8d383803f21d7bf9ea96b")
                let event = try #require(told.last)
                #expect(event["PRIORITY"] == "3")
                let reason = event["MESSAGE"] ?? ""
                #expect(reason.contains("\(path):3") && reason.contains("aprovals"), "\(reason)")
                #expect(try await machine.activity() == "active")
                #expect(try await machine.property("MainPID") == pid)
                // Had the good line of the bad file been taken over, this would wait for an approval.
                let outcome = try await site.migratectl("upgrade", as: "operator")
                #expect(outcome.status == 0, "\(outcome)")
            }
            try await machine.expect("systemctl", "reload", "migrated.service")
        }
    }
}
