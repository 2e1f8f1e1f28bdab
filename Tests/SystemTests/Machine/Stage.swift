import Testing

/// A state of a running job, and what keeps a job in it for as long as a test wants to look.
enum Stage: String, CaseIterable, Sendable {
    case planning
    case waitingForLock = "waiting-for-lock"
    case backingUp = "backing-up"
    case rehearsing
    case applying
    case verifying

    /// A session that stands in the way; nil where the revision itself takes its time.
    private var obstacle: String? {
        switch self {
        // Nothing of the queue is read there, and all of a plan's approvals are.
        case .planning: "BEGIN; LOCK TABLE migrated.approval; SELECT pg_sleep(600)"
        // The key of the migration lock.
        case .waitingForLock: "SELECT pg_advisory_lock(7883946363647714660); SELECT pg_sleep(600)"
        case .backingUp: "BEGIN; LOCK TABLE gates; SELECT pg_sleep(600)"
        // The revision holds a lock on that table until it commits: then comes this, and then the verification.
        case .verifying: "BEGIN; LOCK TABLE alembic_version; SELECT pg_sleep(600)"
        case .rehearsing, .applying: nil
        }
    }

    private var revisions: [Site.Revision] {
        switch self {
        case .planning, .waitingForLock, .backingUp: [.init("only", "CREATE TABLE made_by_only AS SELECT 1 AS n")]
        case .rehearsing: [.init("only", "CREATE TABLE made_by_only AS SELECT 1 AS n", "SELECT pg_sleep(2)")]
        case .applying: [.gated("only")]
        case .verifying:
            [
                .init("first", "CREATE TABLE made_by_first (n int)"),
                {
                    var revision = Site.Revision.gated("only")
                    revision.upgrade.insert("LOCK TABLE alembic_version IN ROW EXCLUSIVE MODE", at: 0)
                    return revision
                }(),
            ]
        }
    }

    /// The name of the obstacle's unit.
    private static let unit = "obstacle.service"

    /// Makes a database, and brings its job into this state.
    func enter(_ prefix: String, on machine: Machine) async throws -> (site: Site, job: Int) {
        let name = prefix + rawValue.filter(\.isLetter)
        let site = try await Site.make(name, on: machine, rehearses: self == .rehearsing, revisions)
        // The registry is there once that is answered.
        try await machine.expect("migratectl", "-d", name, "jobs")
        let job = self == .verifying ? 2 : 1
        if self == .verifying {
            let first = try await site.migratectl("upgrade", "first")
            #expect(first.status == 0, "\(first)")
        } else {
            try await obstruct(name, on: machine)
        }
        try await machine.expect("migratectl", "-d", name, "upgrade", "--no-block")
        if self == .applying || self == .verifying { try await site.reachGate() }
        if self == .verifying {
            try await obstruct(name, on: machine)
            let waiting = "select count(*) from pg_stat_activity where datname = '\(name)' and wait_event = 'relation'"
            try await machine.until("the obstacle waits") { try await machine.sql(waiting) == "1" }
            try await site.openGate("only")
        }
        try await machine.until("\(name)-\(job) is \(rawValue)") {
            try await machine.property("StatusText").contains("\(name): job \(job) \(rawValue)")
        }
        return (site, job)
    }

    private func obstruct(_ name: String, on machine: Machine) async throws {
        guard let obstacle else { return }
        try await machine.expect(
            "systemd-run", "-q", "--collect", "--unit=\(Self.unit)", "-p", "User=postgres", "psql", "-X", "-d", name,
            "-c", obstacle)
        let sessions =
            "select count(*) from pg_stat_activity where query like '%pg_sleep(600)%' and pid <> pg_backend_pid()"
        try await machine.until("the obstacle stands") { try await machine.sql(sessions) != "0" }
    }

    /// Lets the job go on.
    func leave(_ site: Site) async throws {
        if self == .applying { try await site.openGate("only") }
        guard obstacle != nil else { return }
        _ = try await site.machine.run("systemctl", "stop", Self.unit)
        // The server notices late that a client has gone: what it does for it is ended here.
        try await site.machine.sql(
            "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(600)%' and pid <> pg_backend_pid()"
        )
    }
}
