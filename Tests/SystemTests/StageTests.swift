import Testing

/// A job in each of its states: what the service manager shows of it, and what a restart of the server does to it. On a
/// machine of its own, since PostgreSQL is restarted a lot.
@Suite("the states of a job", .whereMachinesBoot, .booted, .serialized)
struct StageTests {
    @Test("systemctl status tells the truth in each state", arguments: Stage.allCases)
    func statusLine(stage: Stage) async throws {
        let machine = try Machine.ofSuite
        let (site, job) = try await stage.enter("s", on: machine)
        let shown = try await machine.run("systemctl", "status", "--no-pager", "migrated.service").output
        #expect(shown.contains("Status: \""), "\(shown)")
        if stage != .rehearsing { #expect(shown.contains("\(site.name): job \(job) \(stage.rawValue)"), "\(shown)") }
        try await stage.leave(site)
        try await site.waitForJob("succeeded", number: job)
        try await machine.until("idle") { try await machine.property("StatusText").contains("\(site.name): idle") }
    }

    @Test("PostgreSQL restarted in each state of a job: the job is finished once it is back", arguments: Stage.allCases)
    func serverRestarts(stage: Stage) async throws {
        let machine = try Machine.ofSuite
        let (site, job) = try await stage.enter("r", on: machine)
        let pid = try await machine.property("MainPID")
        try await machine.expect("systemctl", "restart", "postgresql.service")
        try await stage.leave(site)
        try await site.waitForJob("succeeded", number: job)
        #expect(try await machine.sql("select count(*) from made_by_only", in: site.name) == "1")
        #expect(try await machine.property("MainPID") == pid, "the daemon stays")
        // That there is no way back is found in the rehearsal, whatever the server does.
        let calls = try await machine.journal("-p", "warning", "MIGRATED_DATABASE=\(site.name)")
            .filter { $0["MIGRATED_EVENT"] != "rehearsal-finding" }
        #expect(calls.compactMap { $0["MESSAGE"] } == [], "nothing of it needs a person")
    }

    @Test("a job that is parked and one that is queued outlive a restart of PostgreSQL as well")
    func othersWait() async throws {
        let machine = try Machine.ofSuite
        let parked = try await Site.make("parked", on: machine, approvals: 1, .init("only", "CREATE TABLE a (n int)"))
        try await machine.expect("migratectl", "-d", "parked", "upgrade", "--no-block")
        try await parked.waitForJob("awaiting-approval")
        let busy = try await Site.make("busy", on: machine, .gated("only"))
        try await machine.expect("migratectl", "-d", "busy", "upgrade", "--no-block")
        try await busy.reachGate()
        try await machine.expect("migratectl", "-d", "busy", "backup", "--no-block")
        try await machine.expect("systemctl", "restart", "postgresql.service")
        try await busy.openGate("only")
        try await busy.waitForJob("succeeded")
        try await busy.waitForJob("succeeded", number: 2)
        let approved = try await parked.migratectl("approve", "head", "--yes")
        #expect(approved.status == 0, "\(approved)")
        try await parked.waitForJob("succeeded")
    }

    @Test("systemctl status tells of jobs that wait: for a person, and for their turn")
    func waitingJobs() async throws {
        let machine = try Machine.ofSuite
        let site = try await Site.make("waiting", on: machine, approvals: 1, .gated("first"), .gated("second"))
        func shown(_ words: String) async throws {
            try await machine.until(words) {
                try await machine.run("systemctl", "status", "--no-pager", "migrated.service").output.contains(words)
            }
        }
        try await machine.expect("migratectl", "-d", "waiting", "upgrade", "--no-block")
        try await shown("waiting: idle, job 1 awaiting-approval")
        try await machine.expect("migratectl", "-d", "waiting", "approve", "first", "--yes")
        try await machine.expect("migratectl", "-d", "waiting", "upgrade", "first", "--no-block")
        try await site.reachGate()
        try await shown("waiting: job 2 applying first, statement 2 of 3, job 1 awaiting-approval")
        try await machine.expect("migratectl", "-d", "waiting", "backup", "--no-block")
        try await shown("statement 2 of 3, job 1 awaiting-approval, 1 queued")
        try await site.openGate("first")
        try await site.waitForJob("succeeded", number: 2)
        try await site.waitForJob("succeeded", number: 3)
        try await shown("waiting: idle, job 1 awaiting-approval")
        try await machine.expect("migratectl", "cancel", "waiting-1")
        try await shown("waiting: idle")
        #expect(try await !machine.property("StatusText").contains("awaiting-approval"))
    }

    @Test("the daemon starts before PostgreSQL, with it, and after it")
    func order() async throws {
        let machine = try Machine.ofSuite
        let site = try await Site.make("orderly", on: machine, .init("only", "CREATE TABLE made_by_only (n int)"))
        try await machine.expect("systemctl", "stop", "migrated.service", "postgresql.service")
        try await machine.expect("systemctl", "start", "migrated.service")
        #expect(try await machine.activity() == "active")
        let away = try await site.migratectl("status")
        #expect(away.output.contains("unavailable") && !away.output.contains("pending"), "\(away)")
        try await machine.until("its line says why") {
            try await machine.property("StatusText").contains("orderly: cannot reach database")
        }
        try await machine.expect("systemctl", "start", "postgresql.service")
        let upgraded = try await site.migratectl("upgrade")
        #expect(upgraded.status == 0, "\(upgraded)")
        try await machine.expect("systemctl", "restart", "migrated.service", "postgresql.service")
        try await machine.until("connected") { try await site.migratectl("current").output.contains("only (head)") }
        // Ordered after it, where both are started.
        #expect(try await machine.property("After").contains("postgresql.service"))
    }
}
