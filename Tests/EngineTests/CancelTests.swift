import Planning
import PostgresClient
import Revisions
import TestSupport
import Testing

@testable import Engine

@Suite(.timeLimit(.minutes(15))) struct CancelTests {
    private static let long = Sample("b", after: "a", up: "CREATE TABLE half (n integer);\nSELECT pg_sleep(600);")

    @Test func aQueuedAParkedAndAWaitingJobAreCancelled() async throws {
        try await EngineFixture.with(Sample.marks(1), .configured { $0.policy.approvals = 1 }) { fixture in
            let engine = fixture.engine
            let parked = try await engine.job(try await engine.upgrade(), reaches: .awaitingApproval)
            try await fixture.takeLock()
            try await engine.approve("r1")
            let waiting = try await engine.job(parked, reaches: .waitingForLock)
            let queued = try await engine.upgrade()
            _ = try await engine.cancel(queued.id.number, by: EngineFixture.ann)
            _ = try await engine.cancel(waiting.id.number, by: EngineFixture.ann)
            for job in [queued, waiting] { #expect(try await engine.outcome(of: job).state == .cancelled) }
            try await fixture.releaseLock()
            let failure = await #expect(throws: Failure.self) {
                try await engine.cancel(queued.id.number, by: EngineFixture.ann)
            }
            #expect(failure?.code == .invalidState)
            await #expect(throws: Failure.self) { try await engine.cancel(4711, by: EngineFixture.ann) }
            #expect(try await engine.currentRows() == [])
        }
    }

    @Test func aParkedJobIsCancelled() async throws {
        try await EngineFixture.with(Sample.marks(1), .configured { $0.policy.approvals = 1 }) { fixture in
            let engine = fixture.engine
            let job = try await engine.job(try await engine.upgrade(), reaches: .awaitingApproval)
            _ = try await engine.cancel(job.id.number, by: EngineFixture.ann)
            #expect(try await engine.outcome(of: job).state == .cancelled)
            try await engine.approve("r1")
            #expect(try await engine.outcome(of: try await engine.upgrade()).state == .succeeded)
            #expect(try await engine.job(job.id.number).state == .cancelled)
        }
    }

    @Test func aRunningTransactionIsTakenBack() async throws {
        try await EngineFixture.with([.table("a"), Self.long]) { fixture in
            let engine = fixture.engine
            let job = try await engine.upgrade()
            try await fixture.waitUntilWorkerSleeps()
            #expect(engine.statusWord.contains("applying b, statement 2 of 2"))
            _ = try await engine.cancel(job.id.number, by: EngineFixture.ann)
            #expect(try await engine.outcome(of: job).state == .cancelled)
            #expect(try await engine.currentRows() == ["a"])
            #expect(try await fixture.value("SELECT to_regclass('half') IS NULL", as: Bool.self))
            // The same session goes on, and the lock is free.
            var mended = Self.long
            mended.up = "CREATE TABLE half (n integer);"
            try fixture.write(mended)
            #expect(try await engine.outcome(of: try await engine.upgrade()).state == .succeeded)
        }
    }

    @Test func aWaitForATableLockIsCancelled() async throws {
        let samples = [Sample.table("a"), Sample("b", after: "a", up: "ALTER TABLE t_a ADD COLUMN m integer;")]
        try await EngineFixture.with(samples) { fixture in
            let engine = fixture.engine
            #expect(try await engine.outcome(of: try await engine.upgrade(to: "a")).state == .succeeded)
            try await fixture.admin.script("BEGIN; SELECT * FROM t_a")
            let job = try await engine.upgrade()
            _ = try await engine.event(of: job) { $0.kind == .stepRetried }
            _ = try await engine.cancel(job.id.number, by: EngineFixture.ann)
            #expect(try await engine.outcome(of: job).state == .cancelled)
            try await fixture.admin.script("ROLLBACK")
        }
    }

    /// A concurrent index that waits for an old snapshot is cancelled, and built by the next job.
    @Test func aStandaloneStatementIsCancelled() async throws {
        let index = Sample("b", after: "a", up: "CREATE INDEX CONCURRENTLY i ON t_a (n);", isTransactional: false)
        try await EngineFixture.with([.table("a"), index]) { fixture in
            let engine = fixture.engine
            #expect(try await engine.outcome(of: try await engine.upgrade(to: "a")).state == .succeeded)
            try await fixture.admin.script("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM t_a")
            let job = try await engine.upgrade()
            _ = try await engine.event(of: job) { $0.kind == .blockersSeen }
            _ = try await engine.cancel(job.id.number, by: EngineFixture.ann)
            #expect(try await engine.outcome(of: job).state == .cancelled)
            try await fixture.admin.script("ROLLBACK")
            #expect(try await engine.currentRows() == ["a"])
            #expect(try await engine.outcome(of: try await engine.upgrade()).state == .succeeded)
            #expect(
                try await fixture.value(
                    "SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass", as: Bool.self))
        }
    }

    /// A cancellation that comes with the last commit may or may not be heard; either way the books are right.
    @Test func aCancelAtTheLastMomentLeavesTheBooksRight() async throws {
        var samples = Sample.marks(2)
        samples[1].up += "\nUPDATE migrated.job SET cancel_requested = true;"
        try await EngineFixture.with(samples) { fixture in
            let engine = fixture.engine
            let job = try await engine.outcome(of: try await engine.upgrade())
            #expect([.succeeded, .cancelled].contains(job.state))
            #expect(try await engine.currentRows() == ["r2"])
            let next = try await engine.outcome(of: try await engine.upgrade())
            #expect(next.state == .succeeded && next.appliedCount == 0)
        }
    }

    /// All is applied, and the cancellation is heard while that is being confirmed: the job has succeeded.
    @Test func whatIsAppliedIsNotCancelled() async throws {
        try await EngineFixture.with(Sample.marks(1)) { fixture in
            let engine = fixture.engine
            let job = try await engine.outcome(of: try await engine.upgrade())
            try await fixture.takeLock()
            try await fixture.admin.query(
                """
                UPDATE migrated.job SET state = 'applying', finished_at = NULL, runner_pid = 0, cancel_requested = true
                WHERE number = \(job.id.number)
                """)
            let jobs = JobStore(database: "main", session: fixture.admin)
            let runner = Runner(pid: 0, startedMicroseconds: 0)
            let move = JobStore.Move(from: .applying, to: .verifying)
            #expect(
                try await jobs.move(
                    job.id.number, move, runner: runner, event: .jobStateChanged, message: "verifying") != nil)
            try await fixture.releaseLock()
            // Found without its runner, it goes through the queue once more, and there is nothing left to do.
            engine.signal.raise()
            #expect(try await engine.outcome(of: job).state == .succeeded)
        }
    }

    // MARK: Stopping

    @Test func aStopInTheMiddlePutsTheJobBackAndTheNextEngineEndsIt() async throws {
        let samples = [
            Sample.table("a"),
            Sample(
                "b", after: "a",
                up:
                    "CREATE TABLE half (n integer);\nSELECT pg_sleep(CASE WHEN to_regclass('go') IS NULL THEN 600 ELSE 0 END);"
            ),
        ]
        try await EngineFixture.with(samples) { fixture in
            let job = try await fixture.engine.upgrade()
            try await fixture.waitUntilWorkerSleeps()
            await fixture.first.stop()
            #expect(try await fixture.column("SELECT state FROM migrated.job") == ["queued"])
            #expect(try await fixture.column("SELECT version_num FROM alembic_version") == ["a"])
            #expect(
                try await fixture.value(
                    "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE locktype = 'advisory' AND objsubid = 1 AND datname = current_database()",
                    as: Int.self) == 0)
            try await fixture.admin.execute("CREATE TABLE go ()")
            try await anotherEngineEnds(job, of: fixture, history: ["b", "a"])
        }
    }

    /// Upgrades, tells the engine to stop while a revision waits for the key 42, and only then lets it have that.
    private func stopWhileARevisionWaits(_ fixture: EngineFixture) async throws -> Job {
        try await fixture.admin.execute("SELECT pg_advisory_lock(42)")
        let job = try await fixture.engine.upgrade()
        try await fixture.waitUntil(
            """
            SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                WHERE locktype = 'advisory' AND objid = 42 AND NOT granted AND datname = current_database())
            """)
        fixture.engine.stop()
        try await fixture.admin.execute("SELECT pg_advisory_unlock(42)")
        await fixture.first.stop()
        return job
    }

    private func anotherEngineEnds(_ job: Job, of fixture: EngineFixture, history: [RevisionID]) async throws {
        let second = RunningEngine(fixture.configuration)
        #expect(try await second.engine.outcome(of: job).state == .succeeded)
        #expect(try await second.engine.history(limit: nil).map(\.revision) == history)
        await second.stop()
    }

    /// A revision that ends within the patience is let end, and nothing is begun after it.
    @Test func aStopLetsTheRunningRevisionEnd() async throws {
        let samples = [
            Sample("a", up: "CREATE TABLE t (n integer);\nSELECT pg_advisory_xact_lock(42);"),
            Sample.table("b", after: "a"),
        ]
        try await EngineFixture.with(samples, .configured { $0.stopPatience = .seconds(60) }) { fixture in
            let job = try await stopWhileARevisionWaits(fixture)
            #expect(try await fixture.column("SELECT version_num FROM alembic_version") == ["a"])
            try await anotherEngineEnds(job, of: fixture, history: ["b", "a"])
        }
    }

    /// What is on its way to the server behind the revision that is let end is called back.
    @Test func aStopEndsATripBetweenItsRevisions() async throws {
        let samples = [
            Sample.table("a"), Sample("b", after: "a", up: "SELECT pg_advisory_xact_lock(42);"),
            Sample("c", after: "b", up: "SELECT pg_sleep(CASE WHEN to_regclass('go') IS NULL THEN 600 ELSE 0 END);"),
        ]
        try await EngineFixture.with(samples, .configured { $0.stopPatience = .seconds(3600) }) { fixture in
            let job = try await stopWhileARevisionWaits(fixture)
            #expect(try await fixture.column("SELECT version_num FROM alembic_version") == ["b"])
            #expect(try await fixture.column("SELECT state FROM migrated.job") == ["queued"])
            try await fixture.admin.execute("CREATE TABLE go ()")
            try await anotherEngineEnds(job, of: fixture, history: ["c", "b", "a"])
        }
    }

    /// The sessions are lost on entry to each state in turn; the job ends as it should, each revision applied once.
    @Test(arguments: [
        JobState.planning, .awaitingApproval, .waitingForLock, .backingUp, .rehearsing, .applying, .verifying,
        .succeeded,
    ])
    func theSessionsAreLostInEachState(_ state: JobState) async throws {
        let loss = SessionLoss(entering: state)
        var setting = Setting.configured {
            if state == .backingUp || state == .rehearsing { $0.backup.policy = .dump }
            $0.rehearsal.isOn = state == .rehearsing
            if state == .awaitingApproval { $0.policy.approvals = 1 }
        }
        setting.faults = loss.faults
        try await EngineFixture.with(Sample.marks(3), setting) { fixture in
            let engine = fixture.engine
            loss.arm(engine)
            let job = try await engine.upgrade()
            if state == .awaitingApproval {
                _ = try await engine.job(job, reaches: .awaitingApproval)
                try await engine.await { () -> Bool? in
                    try await engine.approve("r1", "r2", "r3")
                    return true
                }
            }
            let ended = try await engine.outcome(of: job)
            #expect(ended.state == .succeeded, "\(String(describing: ended.failure))")
            #expect(try await fixture.column("SELECT mark FROM log ORDER BY 1") == ["r1", "r2", "r3"])
            try await engine.await { try await engine.history(limit: nil).count == 3 ? true : nil }
            #expect(try await fixture.value("SELECT count(*) FROM migrated.history", as: Int.self) == 3)
        }
    }

    @Test func aJobThatLosesItsSessionAgainAndAgainIsGivenUp() async throws {
        let loss = SessionLoss(entering: .applying, times: Recovery.attemptLimit + 5)
        try await EngineFixture.with(Sample.marks(1), Setting(faults: loss.faults)) { fixture in
            let engine = fixture.engine
            loss.arm(engine)
            let job = try await engine.outcome(of: try await engine.upgrade())
            #expect(job.state == .failed && job.failure?.code == .sessionLost)
            #expect(try await fixture.value("SELECT to_regclass('log') IS NULL", as: Bool.self))
        }
    }
}
