import Testing

/// What hangs is killed; what is only slow is not. On a machine of its own, since there is a lot of waiting.
@Suite("the watchdog", .whereMachinesBoot, .booted, .serialized)
struct WatchdogTests {
    /// A short patience, and restarts without a pause.
    static let impatient = "[Service]\nWatchdogSec=5s\nRestartSec=100ms\n"

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

    @Test(
        "each loop that hangs ends the daemon, by its name; another one is started, and the job goes on",
        arguments: ["worker", "observer", "directory", "control"])
    func hangs(loop: String) async throws {
        let machine = try Machine.ofSuite
        let name = "hung\(loop)"
        let site = try await Site.make(name, on: machine, .gated("first"), .gated("second"))
        let mark = "/etc/migrated/hang"
        try await machine.withDropIn(Self.impatient + "Environment=MIGRATED_HANG=\(loop):\(mark)\n") {
            try await machine.expect("migratectl", "-d", name, "upgrade", "--no-block")
            try await site.reachGate()
            let pid = try await machine.property("MainPID")
            try machine.write("", to: mark)
            // The worker waits for the server: it comes to hang when the job is over.
            if loop == "worker" {
                try await site.openGate("first")
                try await site.openGate("second")
            }
            try await machine.until("systemd has started another", within: .seconds(90)) {
                let other = try await machine.property("MainPID")
                return other != "0" && other != pid
            }
            try await machine.expect("rm", mark)
            try await site.openGate("first")
            try await site.openGate("second")
            try await site.waitForJob("succeeded")
            try await site.expectAppliedOnce("second")
            let told = try await machine.journal("-p", "crit").compactMap { $0["MIGRATED_LOOP"] }
            // Of those that follow directories, whichever is the first.
            #expect(told.contains { $0.hasPrefix("\(loop) ") }, "\(told)")
        }
    }

    @Test("a statement that takes longer than the watchdog's patience is left alone")
    func slow() async throws {
        let machine = try Machine.ofSuite
        let site = try await Site.make("slow", on: machine, .init("nap", "SELECT pg_sleep(12)"))
        try await machine.withDropIn(Self.impatient) {
            let pid = try await machine.property("MainPID")
            let outcome = try await site.migratectl("upgrade")
            #expect(outcome.status == 0, "\(outcome)")
            #expect(try await machine.property("MainPID") == pid)
            #expect(try await machine.property("NRestarts") == "0")
        }
    }

    @Test("a server that does not answer for longer than the watchdog's patience is waited for")
    func silentServer() async throws {
        let machine = try Machine.ofSuite
        let site = try await Site.make("silent", on: machine, .gated("only"))
        try await machine.withDropIn(Self.impatient) {
            try await machine.expect("migratectl", "-d", "silent", "upgrade", "--no-block")
            try await site.reachGate()
            let pid = try await machine.property("MainPID")
            // Worker and observer wait for it alike.
            try await machine.expect("pkill", "-STOP", "-f", "postgres: migrated silent")
            try await Task.sleep(for: .seconds(12))
            try await machine.expect("pkill", "-CONT", "-f", "postgres: migrated silent")
            try await site.openGate("only")
            try await site.waitForJob("succeeded")
            #expect(try await machine.property("MainPID") == pid)
        }
    }
}
