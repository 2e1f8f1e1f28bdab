import Testing

extension ServiceUnderSystemd {
    /// What was installed, and that it works as hardened as it is shipped.
    @Suite struct InstallTests {
        private static let units = [
            "migrated.service", "migrated.socket", "migrated-wait@.service", "migrated-copy.socket",
            "migrated-copy@.service", "migrated-metrics.service", "migrated-metrics.timer",
        ]

        @Test("systemd-analyze verify has nothing to say about the units")
        func verifies() async throws {
            let machine = try Machine.ofSuite
            let shipped = try await machine.expect("ls", "/usr/lib/systemd/system")
            #expect(shipped.split(separator: "\n").filter { $0.hasPrefix("migrated") }.count == Self.units.count)
            let outcome = try await machine.run(
                ["systemd-analyze", "verify", "--man=no"] + Self.units.map { "/usr/lib/systemd/system/\($0)" })
            #expect(outcome.status == 0)
            #expect(outcome.output + outcome.errors == "")
            // systemd 252 makes "simple" of a type that it does not know, and says nothing.
            #expect(try await machine.property("Type") == "notify")
        }

        @Test(
            "systemd-analyze security gives 0.6 or better", arguments: ["migrated.service", "migrated-copy@.service"])
        func isHardened(unit: String) async throws {
            let output = try await Machine.ofSuite.expect(
                "systemd-analyze", "security", "--offline=true", "--no-pager", unit)
            let line = try #require(output.split(separator: "\n").last { $0.contains("Overall exposure level") })
            let word = try #require(line.split(separator: " ").first { Double($0) != nil })
            let exposure = try #require(Double(word))
            #expect(exposure <= 0.6, "\(line)")
        }

        @Test("the sample revisions, with a backup by pg_dump before the second half, and all as the daemon's user")
        func upgrades() async throws {
            let machine = try Machine.ofSuite
            try await machine.expect("migratectl", "-d", "main", "approve", "head", "--yes")
            try await machine.expect("migratectl", "-d", "main", "upgrade", "002_add_session_status")
            let rows = """
                insert into sessions (user_id, metadata)
                select 'user-' || n, jsonb_build_object('n', md5(n::text)) from generate_series(1, 2000) n
                """
            try await machine.sql(rows, in: "main")
            try await machine.expect("migratectl", "-d", "main", "upgrade", "head")
            #expect(
                try await machine.sql("select version_num from alembic_version", in: "main")
                    == "004_add_message_feedback")
            let owners = "select distinct tableowner from pg_tables where schemaname = 'public'"
            #expect(try await machine.sql(owners, in: "main") == "migrated")

            let directory = "/var/backups/migrated"
            let archives = try await machine.expect("find", directory, "-name", "toc.dat", "-printf", "%h\n")
            let newest = try #require(archives.split(separator: "\n").first { $0.contains("002_add_session_status") })
            let script = try await machine.expect("pg_restore", "-f", "-", "-t", "sessions", String(newest))
            #expect(script.split(separator: "\n").count { $0.contains("user-") } == 2000)
            let open = try await machine.expect(
                "find", "/var/lib/migrated", directory, "-perm", "/077", "-printf", "%m %p\n")
            #expect(open == "", "only the daemon reads its backups")
            let strangers = try await machine.expect("find", "/var/lib/migrated", directory, "!", "-user", "migrated")
            #expect(strangers == "")
        }

        @Test("the daemon runs as its own user, without capabilities, and sees little")
        func runsWithNothing() async throws {
            let machine = try Machine.ofSuite
            try await machine.expect("systemctl", "start", "migrated.service")
            let pid = try await machine.property("MainPID")
            let status = try await machine.expect("cat", "/proc/\(pid)/status")
            for field in ["CapPrm", "CapEff", "CapBnd", "CapAmb"] {
                #expect(status.contains("\(field):\t0000000000000000"))
            }
            #expect(status.contains("NoNewPrivs:\t1"))
            #expect(status.contains("Seccomp:\t2"))
            let user = try await machine.expect("stat", "-c", "%U:%G", "/proc/\(pid)")
            #expect(user == "migrated:migrated")
            // Resource limits are not enforced on every machine that tests run on, but they are accepted.
            #expect(try await machine.property("TasksMax") == "512")
        }
    }
}
