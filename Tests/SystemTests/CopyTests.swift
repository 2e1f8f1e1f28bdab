import Testing

extension ServiceUnderSystemd {
    /// The unit in which plans are rehearsed: what is restored can run code there.
    @Suite struct CopyTests {
        @Test("a rehearsal has a unit of its own, from which neither files nor sockets nor a network can be reached")
        func unit() async throws {
            let machine = try Machine.ofSuite
            let site = try await Site.make(
                "copied", on: machine, rehearses: true, .init("first", "CREATE TABLE a AS SELECT 1 AS n"),
                .init("second", "SELECT pg_sleep(5)"))
            #expect(try await site.migratectl("upgrade", "first").status == 0)
            // What is in the next copy tells that its files were not made anew.
            let template = try await machine.expect("bash", "-c", "echo /var/cache/migrated/clusters/*")
            try await machine.expect("touch", "\(template)/mark")
            try await machine.expect("chmod", "644", "\(template)/mark")
            try await machine.expect("migratectl", "-d", "copied", "upgrade", "--no-block")
            let pid = try await machine.stoppedCopy(of: "copied")
            #expect(try await machine.run("test", "-e", "/proc/\(pid)/cwd/mark").status == 0, "\(template)")
            let whose = try await machine.expect("stat", "-c", "%U %a", template, "\(template)/global/pg_control")
            #expect(whose == "migrated 755\nmigrated 644")

            let status = try await machine.expect("cat", "/proc/\(pid)/status")
            let uid = try #require(
                status.split(separator: "\n").first { $0.hasPrefix("Uid:") }?.split(separator: "\t")[1])
            #expect(Int(uid) ?? 0 >= 61184, "a dynamic user: \(uid)")
            for field in ["CapEff", "CapBnd"] { #expect(status.contains("\(field):\t0000000000000000")) }
            #expect(status.contains("Seccomp:\t2") && status.contains("NoNewPrivs:\t1"))
            let group = try await machine.expect("cat", "/proc/\(pid)/cgroup")
            #expect(group.contains("migrated-copy@"), "\(group)")

            // What can be seen there, with that user's eyes.
            func inside(_ command: String...) async throws -> Outcome {
                try await machine.run(
                    ["nsenter", "-t", pid, "-m", "-n", "setpriv", "--reuid", String(uid), "--regid", String(uid)]
                        + ["--clear-groups", "--bounding-set=-all", "--"] + command)
            }
            for place in ["/etc/migrated/migrated.toml", "/var/lib/migrated", "/var/backups/migrated", "/run/migrated"]
            {
                #expect(try await machine.run("test", "-e", place).status == 0)
                #expect(try await inside("ls", place).status != 0, "\(place)")
            }
            #expect(try await inside("psql", "-d", "copied", "-c", "select 1").status != 0, "the living server")
            let links = try await inside("ip", "-o", "link").lines
            #expect(links.count == 1 && links[0].contains("lo:"), "\(links)")
            // The machine has no other network itself: this one is not the machine's.
            let networks = try await machine.expect("readlink", "/proc/1/ns/net", "/proc/\(pid)/ns/net").split(
                separator: "\n")
            #expect(Set(networks).count == 2, "\(networks)")
            #expect(try await inside("touch", "/srv/x").status != 0)
            #expect(try await inside("touch", "\(template)/global/pg_control").status != 0, "for the next copy")

            // Who else is on the machine may knock, and is not let in.
            let socket = try await machine.expect(
                "find", "/run/migrated-copy", "-name", ".s.PGSQL.5432", "-printf", "%h")
            let stranger = try await machine.run(
                "psql", "-h", socket, "-U", "migrated_restorer", "-d", "copied", "-c", "select 1", as: "operator")
            #expect(stranger.status != 0 && stranger.errors.contains("authentication failed"), "\(stranger)")
            let door = try await machine.expect("stat", "-c", "%a %U", "/run/migrated-copy/request")
            #expect(door == "600 migrated")

            try await machine.expect("kill", "-CONT", pid)
            try await site.waitForJob("succeeded", number: 2)
            let report = try await machine.expect("migratectl", "job", "copied-2")
            #expect(report.contains("rehears"), "\(report)")
            let figures = try await machine.expect("migratectl", "--json", "job", "copied-2")
            let start = figures.firstMatch(of: /"startSeconds" ?: ?([0-9.]+)/).flatMap { Double($0.1) }
            #expect(try #require(start) > 0)
            try await machine.until("nothing is left of it") {
                let units = try await machine.expect(
                    "systemctl", "list-units", "--all", "--no-legend", "migrated-copy@*")
                // What goes while it looks is an error to find.
                let files = try await machine.run(
                    "find", "/var/tmp", "/run/migrated-copy", "-mindepth", "1", "-name", "*migrated-copy*", "-o",
                    "-name", ".s.PGSQL*")
                return units == "" && files.text == ""
            }
        }

        @Test("a copy goes with the daemon that asked for it, however that ends, and the next one takes up the job")
        func killed() async throws {
            let machine = try Machine.ofSuite
            let site = try await Site.make(
                "lonely", on: machine, rehearses: true,
                .init("first", "CREATE TABLE made_by_first AS SELECT 1 AS n", "SELECT pg_sleep(5)"))
            try await machine.expect("migratectl", "-d", "lonely", "upgrade", "--no-block")
            let pid = try await machine.stoppedCopy(of: "lonely")
            try await machine.expect("systemctl", "kill", "--signal=KILL", "migrated.service")
            try await machine.expect("kill", "-CONT", pid)
            try await machine.until("the copy is gone") {
                try await machine.run("test", "-e", "/proc/\(pid)").status != 0
            }
            try await site.waitForJob("succeeded")
            #expect(try await machine.sql("select count(*) from made_by_first", in: "lonely") == "1")
        }

        @Test("without the unit nothing is rehearsed elsewhere, and that is a finding")
        func withoutUnit() async throws {
            let machine = try Machine.ofSuite
            let site = try await Site.make(
                "unitless", on: machine, rehearses: true, .init("first", "CREATE TABLE a (n int)"))
            try await machine.expect("systemctl", "stop", "migrated-copy.socket")
            let outcome = try await site.migratectl("upgrade")
            try await machine.expect("systemctl", "start", "migrated-copy.socket")
            #expect(outcome.status == 0 && outcome.output.contains("not-rehearsed"), "\(outcome)")
        }
    }
}

extension Machine {
    /// The process in a copy's unit that runs a statement of a plan. It is stopped at once, so that there is time to look at
    /// it however slow this machine is.
    func stoppedCopy(of database: String) async throws -> String {
        let script = """
            for _ in $(seq 3000); do
                for pid in $(pgrep -f "postgres: .* $1 .*SELECT"); do
                    if grep -q migrated-copy@ "/proc/$pid/cgroup" && kill -STOP "$pid"; then echo "$pid"; exit; fi
                done
                sleep 0.02
            done
            echo "no copy works" >&2
            exit 1
            """
        return try await expect("bash", "-c", script, "bash", database)
    }
}
