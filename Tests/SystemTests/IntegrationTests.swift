import Testing

extension ServiceUnderSystemd {
    /// What units, credentials and cleaning of systemd's are to the daemon.
    @Suite struct IntegrationTests {
        @Test("an application that is ordered after migrated-wait@ starts when its database is at head, not before")
        func holdsBack() async throws {
            let machine = try Machine.ofSuite
            let site = try await Site.make("held", on: machine, .gated("first"))
            try machine.write(
                """
                [Unit]
                Requires=migrated-wait@held.service
                After=migrated-wait@held.service
                [Service]
                Type=oneshot
                RemainAfterExit=yes
                ExecStart=/bin/true
                """, to: "/etc/systemd/system/application.service")
            try await machine.expect("systemctl", "daemon-reload")
            try await machine.expect("systemctl", "start", "--no-block", "application.service")
            try await machine.until("the unit waits") {
                try await machine.expect("journalctl", "-o", "cat", "-u", "migrated-wait@held").contains(
                    "lacks 1 revision")
            }
            #expect(try await machine.activity(of: "application.service") == "inactive")
            try await machine.expect("migratectl", "-d", "held", "upgrade", "--no-block")
            try await site.reachGate()
            #expect(try await machine.activity(of: "application.service") == "inactive")
            try await site.openGate("first")
            try await machine.until("the application runs") {
                try await machine.activity(of: "application.service") == "active"
            }
            #expect(try await site.job().job.state == "succeeded")
        }

        @Test("systemctl clean takes the state, and no backup")
        func clean() async throws {
            let machine = try Machine.ofSuite
            let site = try await Site.make("cleaned", on: machine)
            let taken = try await site.migratectl("backup")
            #expect(taken.status == 0, "\(taken)")
            try await machine.expect("systemctl", "stop", "migrated.service")
            // "all" would be the settings as well.
            try await machine.expect(
                "systemctl", "clean", "--what=state", "--what=cache", "--what=runtime", "migrated.service")
            #expect(try await machine.run("ls", "-A", "/var/lib/migrated").text == "")
            let kept = try await machine.expect("find", "/var/backups/migrated/cleaned", "-name", "toc.dat")
            #expect(kept.split(separator: "\n").count == 1)
            // The first call starts it: its socket is still there.
            let backups = try await site.migratectl("backups")
            #expect(backups.output.contains("cleaned-"), "\(backups)")
        }
    }
}
