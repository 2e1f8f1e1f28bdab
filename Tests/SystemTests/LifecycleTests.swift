import Testing

extension ServiceUnderSystemd {
    /// Starting, restarting and being killed, with clients that wait.
    @Suite struct LifecycleTests {
        @Test("the first call starts the daemon, and is answered")
        func socketActivation() async throws {
            let machine = try Machine.ofSuite
            try await machine.expect("systemctl", "stop", "migrated.service")
            #expect(try await machine.activity() == "inactive")
            #expect(try await machine.activity(of: "migrated.socket") == "active")
            let status = try await machine.run("migratectl", "status", as: "operator")
            #expect(status.status == 0, "\(status)")
            #expect(try await machine.activity() == "active")
        }

        @Test("where no socket is handed over, the daemon is ready only when its own can be called")
        func readyWhenItServes() async throws {
            let machine = try Machine.ofSuite
            try machine.write(
                """
                [daemon]
                socket = "/run/bare/control"
                state_directory = "/var/lib/bare"
                [database.main]
                url = "postgresql:///main"
                """, to: "/etc/bare.toml")
            // migratectl gives up at once where nobody listens: what is said to be ready must listen.
            for number in 1...3 {
                let unit = "bare\(number).service"
                try await machine.expect(
                    "systemd-run", "-q", "--unit=\(unit)", "-p", "Type=notify", "-p", "User=migrated", "-p",
                    "RuntimeDirectory=bare", "-p", "StateDirectory=bare", "migrated", "--settings", "/etc/bare.toml")
                let status = try await machine.run("migratectl", "--socket", "/run/bare/control", "status")
                #expect(status.status == 0, "\(status)")
                try await machine.expect("systemctl", "stop", unit)
            }
        }

        @Test("a daemon that cannot take its settings is never started, says why, and starts when they are mended")
        func badSettings() async throws {
            let machine = try Machine.ofSuite
            try await machine.expect("systemctl", "stop", "migrated.service")
            try await machine.withSettings("[daemon]\nstop_timeuot = \"1s\"\n") { path in
                #expect(try await machine.run("systemctl", "start", "migrated.service").status != 0)
                #expect(try await machine.property("ExecMainStatus") == "78")
                #expect(try await machine.property("NRestarts") == "0", "settings do not get better by trying again")
                let said = try await machine.journal("-n", "20", "-p", "err").compactMap { $0["MESSAGE"] }
                #expect(said.contains { $0.contains("\(path):2") && $0.contains("stop_timeout") }, "\(said)")
            }
            try await machine.expect("systemctl", "reset-failed")
            try await machine.expect("systemctl", "start", "migrated.service")
            try await machine.expect("migratectl", "status", as: "operator")
        }

        @Test("a client that waits for a job is answered after a restart and after SIGKILL, late but right")
        func clientsWait() async throws {
            let machine = try Machine.ofSuite
            let site = try await Site.make("waits", on: machine, .gated("first"), .gated("second"))
            async let upgrade = site.migratectl("upgrade", "head", as: "operator")
            try await site.reachGate()
            try await machine.expect("systemctl", "restart", "migrated.service")
            try await site.reachGate()
            try await site.openGate("first")
            try await machine.until("the first revision is applied") { try await site.job().job.appliedCount == 1 }
            try await site.reachGate()
            try await machine.expect("systemctl", "kill", "--signal=KILL", "migrated.service")
            async let during = machine.run("migratectl", "jobs", as: "operator")
            let answered = try await during
            #expect(answered.status == 0, "\(answered)")
            try await site.openGate("second")
            let outcome = try await upgrade
            #expect(outcome.status == 0, "\(outcome)")
            #expect(outcome.output.contains("waits is at second"), "\(outcome)")
            try await site.expectAppliedOnce("second")
            #expect(try await machine.sql("select count(*) from made_by_first", in: "waits") == "1")
        }

        @Test(
            "systemctl stop in the middle of a transaction is clean: rolled back, queued again, finished after the start"
        )
        func stopInTransaction() async throws {
            let machine = try Machine.ofSuite
            let site = try await Site.make("stops", on: machine, .gated("only"))
            try await machine.expect("migratectl", "-d", "stops", "upgrade", "--no-block")
            try await site.reachGate()
            try await machine.expect("systemctl", "stop", "migrated.service")
            #expect(try await machine.property("Result") == "success")
            #expect(try await machine.property("ExecMainStatus") == "0")
            #expect(try await machine.sql("select to_regclass('made_by_only') is null", in: "stops") == "t")
            #expect(try await machine.sql("select state from migrated.job", in: "stops") == "queued")
            let sessions = "select count(*) from pg_stat_activity where usename = 'migrated'"
            try await machine.until("the daemon's sessions are gone") { try await machine.sql(sessions) == "0" }
            try await site.openGate("only")
            try await machine.expect("systemctl", "start", "migrated.service")
            try await site.waitForJob("succeeded")
            try await site.expectAppliedOnce("only")
        }

        @Test("systemctl stop in the middle of a statement outside a transaction: what is left of it is mended")
        func stopOutsideTransaction() async throws {
            let machine = try Machine.ofSuite
            var index = Site.Revision("indexed", "CREATE INDEX CONCURRENTLY numbers_n ON numbers (n)")
            index.isTransactional = false
            let numbers = "CREATE TABLE numbers AS SELECT generate_series(1, 1000) AS n"
            let site = try await Site.make("alone", on: machine, .init("numbers", numbers), index)
            #expect(try await site.migratectl("upgrade", "numbers").status == 0)
            // A snapshot that the index has to wait for.
            try await machine.expect(
                "systemd-run", "-q", "--unit=snapshot", "-p", "User=postgres", "psql", "-d", "alone", "-c",
                "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM numbers; SELECT pg_sleep(600)")
            try await machine.expect("migratectl", "-d", "alone", "upgrade", "--no-block")
            try await machine.until("the index waits") {
                let phases = "select phase from pg_stat_progress_create_index where datname = 'alone'"
                return try await machine.sql(phases) == "waiting for old snapshots"
            }
            try await machine.expect("systemctl", "stop", "migrated.service")
            #expect(try await machine.property("Result") == "success")
            #expect(try await machine.sql("select state from migrated.job where number = 2", in: "alone") == "queued")
            try await machine.sql("select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'PgSleep'")
            try await machine.expect("systemctl", "start", "migrated.service")
            try await site.waitForJob("succeeded", number: 2)
            let valid = "select indisvalid from pg_index where indexrelid = 'numbers_n'::regclass"
            #expect(try await machine.sql(valid, in: "alone") == "t")
            #expect(try await machine.sql("select version_num from alembic_version", in: "alone") == "indexed")
        }

        @Test("a stop may take as long as the settings say, whatever the unit says")
        func longStop() async throws {
            let machine = try Machine.ofSuite
            let site = try await Site.make("long", on: machine, .gated("only"))
            try await machine.withSettings("[daemon]\nstop_timeout = \"60s\"\n") { _ in
                try await machine.withDropIn("[Service]\nTimeoutStopSec=5s\n") {
                    async let upgrade = site.migratectl("upgrade", as: "operator")
                    try await site.reachGate()
                    async let stop = machine.run("systemctl", "stop", "migrated.service")
                    try await machine.until("the unit stops") { try await machine.activity() == "deactivating" }
                    try await Task.sleep(for: .seconds(7))
                    #expect(try await machine.activity() == "deactivating", "the job is still given its time")
                    try await site.openGate("only")
                    #expect(try await stop.status == 0)
                    #expect(try await upgrade.status == 0)
                    try await site.expectAppliedOnce("only")
                    let told = try await machine.expect("journalctl", "-u", "migrated", "--no-pager", "-n", "30")
                    #expect(!told.contains("SIGKILL"))
                }
            }
        }

        @Test("a stop waits for a statement outside a transaction as well, within its bound")
        func longStopOutsideTransaction() async throws {
            let machine = try Machine.ofSuite
            var index = Site.Revision("indexed", "CREATE INDEX CONCURRENTLY numbers_n ON numbers (n)")
            index.isTransactional = false
            let numbers = "CREATE TABLE numbers AS SELECT generate_series(1, 1000) AS n"
            let site = try await Site.make("patient", on: machine, .init("numbers", numbers), index)
            #expect(try await site.migratectl("upgrade", "numbers").status == 0)
            try await machine.withSettings("[daemon]\nstop_timeout = \"60s\"\n") { _ in
                try await machine.withDropIn("[Service]\nTimeoutStopSec=5s\n") {
                    try await machine.expect(
                        "systemd-run", "-q", "--unit=snapshot2", "-p", "User=postgres", "psql", "-d", "patient", "-c",
                        "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM numbers; SELECT pg_sleep(600)")
                    try await machine.expect("migratectl", "-d", "patient", "upgrade", "--no-block")
                    try await machine.until("the index waits") {
                        let phases = "select phase from pg_stat_progress_create_index where datname = 'patient'"
                        return try await machine.sql(phases) == "waiting for old snapshots"
                    }
                    async let stop = machine.run("systemctl", "stop", "migrated.service")
                    try await machine.until("the unit stops") { try await machine.activity() == "deactivating" }
                    try await Task.sleep(for: .seconds(7))
                    #expect(try await machine.activity() == "deactivating", "the statement is still given its time")
                    try await machine.sql(
                        "select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'PgSleep'")
                    #expect(try await stop.status == 0)
                    let state = "select state from migrated.job where number = 2"
                    #expect(try await machine.sql(state, in: "patient") == "succeeded")
                    #expect(try await machine.property("Result") == "success")
                }
            }
        }

        @Test("a daemon that cannot start is told of by OnFailure=")
        func onFailure() async throws {
            let machine = try Machine.ofSuite
            try machine.write(
                "[Service]\nType=oneshot\nExecStart=/usr/bin/touch /run/was-told\n",
                to: "/etc/systemd/system/tell.service")
            let dropIn = "/etc/systemd/system/migrated.service.d/failure.conf"
            try machine.write("[Unit]\nOnFailure=tell.service\n", to: dropIn)
            try await machine.expect("systemctl", "daemon-reload")
            try await machine.withSettings("[daemon]\nlog_level = \"loud\"\n") { _ in
                #expect(try await machine.run("systemctl", "restart", "migrated.service").status != 0)
                try await machine.until("somebody is told") {
                    try await machine.run("test", "-e", "/run/was-told").status == 0
                }
            }
            try await machine.expect("rm", dropIn)
            try await machine.expect("systemctl", "daemon-reload")
            try await machine.expect("systemctl", "reset-failed")
            try await machine.expect("systemctl", "start", "migrated.service")
        }

        @Test("PostgreSQL restarted in the middle of a job: the job is finished once it is back")
        func serverRestarts() async throws {
            let machine = try Machine.ofSuite
            let site = try await Site.make("server", on: machine, .gated("only"))
            try await machine.expect("migratectl", "-d", "server", "upgrade", "--no-block")
            try await site.reachGate()
            try await machine.expect("systemctl", "restart", "postgresql.service")
            try await site.openGate("only")
            try await site.waitForJob("succeeded")
            try await site.expectAppliedOnce("only")
            #expect(try await machine.activity() == "active")
        }
    }
}
