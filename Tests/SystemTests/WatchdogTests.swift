import Testing

/// What hangs is killed; what is only slow is not. On a machine of its own, since there is a lot of waiting.
@Suite("the watchdog", .whereMachinesBoot, .booted, .serialized)
struct WatchdogTests {
    /// A short patience, and restarts without a pause.
    static let impatient = "[Service]\nWatchdogSec=3s\nRestartSec=100ms\n"

    @Test("a frozen daemon is killed and restarted, and the job goes on")
    func frozen() async throws {
        let machine = try Machine.ofSuite
        let site = try await Site.make("frozen", on: machine, .gated("only"))
        try await machine.withDropIn(Self.impatient) {
            async let upgrade = site.migratectl("upgrade", as: "operator")
            try await site.reachGate()
            let pid = try await machine.property("MainPID")
            try await machine.expect("kill", "-STOP", pid)
            try await machine.until("systemd has started another") {
                let other = try await machine.property("MainPID")
                return try await machine.property("NRestarts") == "1" && other != "0" && other != pid
            }
            try await site.openGate("only")
            let outcome = try await upgrade
            #expect(outcome.status == 0, "\(outcome)")
            try await site.expectAppliedOnce("only")
            let entries = try await machine.run("journalctl", "-u", "migrated", "-b", "--no-pager").output
            #expect(entries.contains("Watchdog timeout"))
        }
    }

    @Test("a statement that takes longer than the watchdog's patience is left alone")
    func slow() async throws {
        let machine = try Machine.ofSuite
        let site = try await Site.make("slow", on: machine, .init("nap", "SELECT pg_sleep(5)"))
        try await machine.withDropIn(Self.impatient) {
            let pid = try await machine.property("MainPID")
            let outcome = try await site.migratectl("upgrade")
            #expect(outcome.status == 0, "\(outcome)")
            #expect(try await machine.property("MainPID") == pid)
            #expect(try await machine.property("NRestarts") == "0")
        }
    }
}
