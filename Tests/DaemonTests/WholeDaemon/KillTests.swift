import Control
import Glibc
import Planning
import PostgresClient
import TestSupport
import Testing

/// SIGKILL on entry to every state of the table, then a restart: everything is applied exactly once. The states are those
/// of `JobState.table`; a new one is found by itself, and the test fails where nothing leads there.
@Suite struct KillTests {
    static let states = JobState.table.map(\.state)

    @Test("an upgrade, killed on entry to", arguments: states)
    func upgrade(_ state: JobState) async throws {
        try await Stand(state: state, kind: .upgrade).check()
    }

    @Test("a downgrade, killed on entry to", arguments: states)
    func downgrade(_ state: JobState) async throws {
        try await Stand(state: state, kind: .downgrade).check()
    }
}

/// SIGKILL on entry to every state that a stamp goes through.
@Suite struct KillDuringStampTests {
    static let states: [JobState] = [.planning, .waitingForLock, .applying, .verifying, .succeeded]

    @Test("a stamp, killed on entry to", arguments: states)
    func stamp(_ state: JobState) async throws {
        try await withChain(2, start: false) { harness, database in
            try await database.run("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)")
            try await database.run("INSERT INTO alembic_version VALUES ('gone')")
            try await harness.start(environment: ["MIGRATED_KILL_ON_ENTRY": state.rawValue])
            async let queued = harness.stamp("002", purge: true)
            #expect(try await harness.daemon.wait().ending == .signal(SIGKILL))
            // What was done stays done once: a row that comes now is not purged.
            let isDone = state == .verifying || state == .succeeded
            if isDone { try await database.run("INSERT INTO alembic_version VALUES ('later')") }
            try await harness.start()
            #expect(try await harness.follow(try await queued).state == .succeeded)
            try await Aftermath.of(database).expect([], at: isDone ? ["002", "later"] : ["002"])
            let status = try await harness.status()
            #expect(status.warnings.contains { $0.contains("changed outside") } == isDone, "\(status.warnings)")
        }
    }
}

/// SIGKILL in the middle of a backup.
@Suite struct KillDuringBackupTests {
    @Test func whatIsHalfWrittenGoesAndNobodyGoesOnDumping() async throws {
        try await withChain(2, start: false) { harness, database in
            var options = DaemonHarness.Options.withDump
            options.backup.append(harness.slowToolsSetting)
            try harness.configure(["main": database], options)
            try harness.makeSlowTools(binaries: database.cluster.binaries)
            try await harness.start()
            let job = try await harness.queue()
            let dump = try await harness.awaitSlowDump()
            let shelf = harness.backups + "/main"
            #expect(TestFiles.names(in: shelf).count == 1)
            try await harness.end(SIGKILL)
            try await within(.seconds(60), "the end of pg_dump") {
                // One that is dead may still wait for somebody to collect it.
                while let state = try? TestFiles.read("/proc/\(dump)/stat"), !state.contains(") Z") {
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
            #expect(TestFiles.names(in: shelf).allSatisfy { $0.hasPrefix(".unfinished-") })
            let listed = try await Aftermath.of(database)
            listed.expect([], at: [])

            try harness.letSlowDumpGo()
            try await harness.start()
            #expect(try await harness.follow(job).state == .succeeded)
            #expect(TestFiles.names(in: shelf).count == 1)
            #expect(TestFiles.names(in: shelf).allSatisfy { $0.hasPrefix("main-") })
            try await Aftermath.of(database).expect(["upgrade 001", "upgrade 002"], at: ["002"])
        }
    }
}

/// One state, and how a job is led there and on.
private struct Stand: Sendable {
    let state: JobState
    let kind: JobKind

    func check() async throws {
        var options = DaemonHarness.Options.withDump
        options.database = ["approvals = \(state == .awaitingApproval ? 1 : 0)"]
        options.daemon = ["stop_timeout = \"1s\""]
        if state == .rehearsing { options.rehearsal = [] }
        try await withDaemon(options, start: false) { harness, database in
            try await database.makeEffects()
            try await database.run("CREATE TABLE obstacle (id int)")
            try harness.write(revisions)
            if kind == .downgrade { try await applyAll(harness) }
            try await database.run("INSERT INTO obstacle VALUES (1)")

            try await harness.start(environment: ["MIGRATED_KILL_ON_ENTRY": state.rawValue])
            // The daemon may be gone before its answer has come: then the client asks the next one again.
            async let queued = harness.queue(kind, to: kind == .upgrade ? "head" : "base")
            try await provoke(harness, database)
            #expect(try await harness.daemon.wait().ending == .signal(SIGKILL))

            try await database.run("DELETE FROM obstacle")
            try await harness.start()
            try await settle(harness, database, try await queued)
            #expect(try await harness.end().ending == .exit(0))
            try await expectOnce(harness, database)
        }
    }

    /// Three revisions, the second outside of a transaction and, where the state needs it, with something in its way for
    /// as long as the table "obstacle" has a row.
    private var revisions: [TestRevision] {
        var chain = TestRevision.chain(3) { $0 != 2 }
        let obstruction: [String]
        switch state {
        case .failed:
            obstruction = [
                "DO $$ BEGIN IF EXISTS (SELECT FROM obstacle) THEN RAISE EXCEPTION 'in the way'; END IF; END $$;"
            ]
        case .cancelled, .queued:
            obstruction = [
                """
                DO $$ BEGIN
                    WHILE EXISTS (SELECT FROM obstacle) LOOP PERFORM pg_sleep(0.02); END LOOP;
                END $$;
                """
            ]
        // Nobody can tell whether an index without a name is the one that was to be built.
        case .needsDecision: obstruction = ["CREATE INDEX CONCURRENTLY ON obstacle (id);"]
        default: obstruction = []
        }
        if kind == .upgrade { chain[1].upgrade = obstruction } else { chain[1].downgrade = obstruction }
        return chain
    }

    /// Brings the database to its head with a daemon that is not killed, before a downgrade.
    private func applyAll(_ harness: DaemonHarness) async throws {
        try await harness.start()
        if state == .awaitingApproval { #expect(try await harness.control("approve", "head", "--yes").status == 0) }
        #expect(try await harness.follow(try await harness.queue()).state == .succeeded)
        try await harness.end()
    }

    private func provoke(_ harness: DaemonHarness, _ database: TestDatabase) async throws {
        let isObstructed: Query = """
            SELECT FROM pg_stat_activity WHERE application_name = 'migrated worker' AND state = 'active'
                AND datname = current_database() AND query LIKE '%obstacle%'
            """
        switch state {
        case .queued:
            try await database.awaitRow(isObstructed)
            try harness.daemon.signal(SIGTERM)
        case .cancelled:
            try await database.awaitRow(isObstructed)
            try await harness.startControl(["cancel", kind == .upgrade ? "main-1" : "main-2"])
        case .needsDecision:
            // The statement is cut off while it waits for a transaction that has written.
            let session = try await database.connectAsSuperuser()
            try await session.script(
                "BEGIN; LOCK TABLE obstacle IN ROW EXCLUSIVE MODE; INSERT INTO obstacle VALUES (2)")
            try await database.awaitRow(isObstructed)
            try await harness.end(SIGKILL)
            try await session.script("ROLLBACK")
            await session.close()
            try await harness.launch(environment: ["MIGRATED_KILL_ON_ENTRY": state.rawValue])
        default: break
        }
    }

    private func settle(_ harness: DaemonHarness, _ database: TestDatabase, _ job: Job) async throws {
        switch state {
        case .failed, .cancelled:
            #expect(try await harness.follow(job).state == state)
            let again = try await harness.queue(kind, to: kind == .upgrade ? "head" : "base")
            #expect(try await harness.follow(again).state == .succeeded)
        case .awaitingApproval:
            let arguments = kind == .upgrade ? ["approve", "head"] : ["approve", "base", "--downgrade"]
            let approval = try await harness.startControl(arguments + ["--yes"]).wait()
            #expect(approval.status == 0, "\(approval)")
            #expect(try await harness.follow(job).state == .succeeded)
        case .needsDecision:
            #expect(try await harness.follow(job, untilParked: true).state == .needsDecision)
            let word = try await harness.control("resolve", job.id.description, "--not-applied", "--reason", "a test")
            #expect(word.status == 0, "\(word)")
            #expect(try await harness.follow(job).state == .succeeded)
        default:
            #expect(try await harness.follow(job).state == .succeeded)
        }
    }

    private func expectOnce(_ harness: DaemonHarness, _ database: TestDatabase) async throws {
        let up = ["upgrade 001", "upgrade 002", "upgrade 003"]
        let down = ["downgrade 003", "downgrade 002", "downgrade 001"]
        let aftermath = try await Aftermath.of(database)
        aftermath.expect(kind == .upgrade ? up : up + down, at: kind == .upgrade ? ["003"] : [])
        let leftovers = TestFiles.names(in: harness.backups + "/main").filter { $0.hasPrefix(".") }
        #expect(leftovers.isEmpty)
        #expect(TestFiles.names(in: harness.state + "/rehearsals/main").isEmpty)
    }
}
