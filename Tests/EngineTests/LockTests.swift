import Planning
import PostgresClient
import Revisions
import TestSupport
import Testing

@testable import Engine

@Suite(.timeLimit(.minutes(15))) struct LockTests {
    @Test func aJobWaitsForWhoHasTheLockAndNamesIt() async throws {
        try await EngineFixture.with(Sample.marks(1)) { fixture in
            let engine = fixture.engine
            try await engine.connectedOrTold()
            try await fixture.takeLock()
            let job = try await engine.upgrade()
            let event = try await engine.event(of: job) { $0.kind == .lockWaiting }
            #expect(event.message.contains("pid \(fixture.admin.backendPID) (tests"))
            #expect(try await engine.job(job.id.number).state == .waitingForLock)
            try await fixture.releaseLock()
            #expect(try await engine.outcome(of: job).state == .succeeded)
            #expect(try await fixture.column("SELECT mark FROM log") == ["r1"])
            #expect(engine.waits.map(\.count) == [1, 0, 0], "\(engine.waits)")
        }
    }

    /// Whoever queues behind our DDL waits as long as our own time-out at the most, however long the one before us stays.
    @Test func othersWaitForUsNoLongerThanOurTimeout() async throws {
        let samples = [
            Sample.table("a"), Sample("b", after: "a", up: "ALTER TABLE t_a ADD COLUMN m integer;"),
        ]
        try await EngineFixture.with(samples, Self.impatient) { fixture in
            let engine = fixture.engine
            #expect(try await engine.outcome(of: try await engine.upgrade(to: "a")).state == .succeeded)
            let report = try await fixture.database.connect(applicationName: "a report")
            try await report.script("BEGIN; SELECT * FROM t_a")
            let traffic = ["SELECT count(*) FROM t_a", "INSERT INTO t_a (n) VALUES (1)"].map { statement in
                Task { try await fixture.longestWait(statement) }
            }
            // Some seconds more than ours, for a machine that has much to do. Who waited for the report waited twice that.
            let bound = fixture.configuration.locks.longest + .seconds(4)
            let job = try await engine.upgrade()
            try await fixture.waitUntilWorkerWaits("ALTER TABLE")
            let start = ContinuousClock.now
            try await engine.await { ContinuousClock.now - start > bound * 2 ? true : nil }
            try await report.script("COMMIT")
            #expect(try await engine.outcome(of: job).state == .succeeded)
            let told = try await engine.events(of: job.id.number, after: 0).count { $0.kind == .stepRetried }
            #expect(told >= 5)
            #expect(engine.waits.first { $0.kind == .stepRetried }?.count == Int64(told))
            for task in traffic {
                task.cancel()
                let longest = try await task.value
                print("another session waited \(longest.milliseconds) ms at the most")
                #expect(longest < bound)
            }
            await report.close()
        }
    }

    /// Waits for table locks are cut off after a fifth of a second.
    private static let impatient = Setting.configured {
        $0.locks.first = .milliseconds(200)
        $0.locks.longest = .milliseconds(200)
    }

    /// What builds beside everybody's work waits for old transactions for as long as these take: nobody queues behind it, and
    /// each time-out would leave an invalid index behind.
    @Test(arguments: [
        "CREATE INDEX CONCURRENTLY j ON t (n);", "REINDEX INDEX CONCURRENTLY i;", "DROP INDEX CONCURRENTLY i;",
    ])
    func concurrentWorkHasNoTimeout(_ statement: String) async throws {
        let samples = [
            Sample("a", up: "CREATE TABLE t (n integer); CREATE INDEX i ON t (n);"),
            Sample("b", after: "a", up: statement, isTransactional: false),
        ]
        try await EngineFixture.with(samples, Self.impatient) { fixture in
            let engine = fixture.engine
            #expect(try await engine.outcome(of: try await engine.upgrade(to: "a")).state == .succeeded)
            let old = try await fixture.database.connect()
            try await old.script("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM t")
            let job = try await engine.upgrade()
            func retries() async throws -> Int {
                try await engine.events(of: job.id.number, after: 0).count { $0.kind == .stepRetried }
            }
            let hasWaited = Query(
                raw: """
                    SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
                        AND application_name = 'migrated worker' AND query LIKE '%CONCURRENTLY%'
                        AND clock_timestamp() - query_start > '\(fixture.configuration.locks.longest.milliseconds * 5) ms'
                    """)
            try await engine.await {
                if try await retries() > 0 { return true }
                return try await fixture.admin.query(hasWaited).isEmpty ? nil : true
            }
            try await old.script("COMMIT")
            let ended = try await engine.outcome(of: job)
            #expect(ended.state == .succeeded, "\(String(describing: ended.failure))")
            #expect(try await retries() == 0)
            #expect(try await fixture.value("SELECT coalesce(bool_and(indisvalid), true) FROM pg_index", as: Bool.self))
            await old.close()
        }
    }

    @Test func aLockThatWasHeldBeforeTheDaemonCameIsNamedToo() async throws {
        try await EngineFixture.with(Sample.marks(1)) { fixture in
            try await fixture.engine.connectedOrTold()
            await fixture.first.stop()
            try await fixture.takeLock()
            let second = RunningEngine(fixture.configuration)
            let job = try await second.engine.upgrade()
            let event = try await second.engine.event(of: job) { $0.kind == .lockWaiting }
            #expect(event.message.contains("pid \(fixture.admin.backendPID)"))
            try await fixture.releaseLock()
            #expect(try await second.engine.outcome(of: job).state == .succeeded)
            await second.stop()
        }
    }

    /// A daemon was killed, and its backend still runs the DDL: the next one waits for it and says for whom.
    @Test func anOrphanThatStillWorksIsWaitedFor() async throws {
        try await EngineFixture.with(Sample.marks(1)) { fixture in
            let job = try await fixture.engine.outcome(of: try await fixture.engine.upgrade())
            await fixture.first.stop()
            try await fixture.takeLock()
            try await fixture.admin.query(
                """
                UPDATE migrated.job SET state = 'applying', finished_at = NULL, runner_pid = 1, runner_started = now()
                WHERE number = \(job.id.number)
                """)
            let second = RunningEngine(fixture.configuration)
            try await second.engine.connectedOrTold()
            let event = try await second.engine.event(of: job) { $0.kind == .lockWaiting }
            #expect(event.message.contains("outcome unknown"))
            #expect(event.message.contains("pid \(fixture.admin.backendPID)"))
            #expect(try await second.engine.job(job.id.number).state == .applying)
            try await fixture.releaseLock()
            #expect(try await second.engine.outcome(of: job).state == .succeeded)
            #expect(try await fixture.column("SELECT mark FROM log") == ["r1"])
            await second.stop()
        }
    }

    /// Whoever is at work on a job, and whose observer is there, is no orphan; without its observer it is one.
    @Test func onlyARunnerWhoseDaemonIsGoneIsAnOrphan() async throws {
        try await EngineFixture.with([Sample("a", up: "SELECT pg_sleep(600);")]) { fixture in
            let job = try await fixture.engine.upgrade()
            try await fixture.waitUntilWorkerSleeps()
            #expect(try await OrphanedRunner.find(on: fixture.admin) == nil)
            // Another runner's, whose daemon gave no sign.
            let other = try await fixture.database.connect()
            try await fixture.admin.query(
                """
                UPDATE migrated.job SET runner_pid = a.pid, runner_started = a.backend_start
                FROM pg_stat_activity a WHERE a.pid = \(other.backendPID)::int AND number = \(job.id.number)
                """)
            try await fixture.waitUntil(
                "SELECT wait_event IS NOT DISTINCT FROM 'ClientRead' FROM pg_stat_activity WHERE pid = \(other.backendPID)"
            )
            let orphan = try await OrphanedRunner.find(on: fixture.admin)
            #expect(orphan?.pid == other.backendPID && orphan?.job == job.id.number)
            #expect(orphan?.waitEvent == "Client/ClientRead" && orphan?.progress == nil)
            await other.close()
            await fixture.first.abort()
        }
    }

    @Test func aReaderInTheWayIsNamedAndNotWaitedForInTheQueue() async throws {
        let samples = [Sample.table("a"), Sample("b", after: "a", up: "ALTER TABLE t_a ADD COLUMN m integer;")]
        try await EngineFixture.with(samples) { fixture in
            let engine = fixture.engine
            #expect(try await engine.outcome(of: try await engine.upgrade(to: "a")).state == .succeeded)
            let reader = try await fixture.database.connect(applicationName: "a report")
            try await reader.script("BEGIN; SELECT * FROM t_a")
            let job = try await engine.upgrade()
            let event = try await engine.event(of: job) { $0.kind == .stepRetried && $0.message.contains("held by") }
            #expect(event.message.contains("pid \(reader.backendPID) (a report, postgres"))
            #expect(event.message.contains("no lock for ALTER TABLE of b"))
            // Nobody stands behind the migration in the lock's queue for longer than its time-out.
            try await fixture.admin.script("SET lock_timeout = '30s'; SELECT * FROM t_a")
            _ = try await engine.event(of: job) { $0.kind == .stepRetried && $0.message.contains("attempt 3") }
            try await reader.script("COMMIT")
            #expect(try await engine.outcome(of: job).state == .succeeded)
            #expect(try await engine.history(limit: nil).map(\.revision) == ["b", "a"])
            await reader.close()
        }
    }

    @Test func whereTheBudgetIsSpentTheSessionsInTheWayAreNamed() async throws {
        let samples = [Sample.table("a"), Sample("b", after: "a", up: "ALTER TABLE t_a ADD COLUMN m integer;")]
        let change = Setting.configured { $0.locks.budget = .seconds(2) }
        try await EngineFixture.with(samples, change) { fixture in
            let engine = fixture.engine
            #expect(try await engine.outcome(of: try await engine.upgrade(to: "a")).state == .succeeded)
            let reader = try await fixture.database.connect(applicationName: "a report")
            try await reader.script("BEGIN; SELECT * FROM t_a")
            let job = try await engine.outcome(of: try await engine.upgrade())
            let failure = try #require(job.failure)
            #expect(failure.code == .tableLockTimeout && failure.location?.line == 6)
            #expect(failure.notes.contains { $0.hasPrefix("held by pid \(reader.backendPID) (a report") })
            #expect(failure.sql?.sqlState == "55P03")
            #expect(try await engine.currentRows() == ["a"])
            await reader.close()
            #expect(try await engine.outcome(of: try await engine.upgrade()).state == .succeeded)
        }
    }

    @Test func attemptsGrowAndNeverGoWithoutLimit() {
        let settings = LockBudget()
        let retry = LockRetry(settings: settings, deadlockTimeout: .seconds(1))
        #expect(retry.timeout(attempt: 0, elapsed: .zero) == .milliseconds(500))
        for attempt in 0..<100 {
            for elapsed in [Duration.zero, .seconds(100), .seconds(449)] {
                #expect(retry.timeout(attempt: attempt, elapsed: elapsed) <= .milliseconds(900))
            }
            #expect(retry.timeout(attempt: attempt, elapsed: .seconds(599)) <= settings.longest)
            let pause = retry.pause(afterAttempt: attempt, elapsed: .seconds(1))
            #expect(pause.map { (settings.pause...settings.longestPause).contains($0) } == true)
        }
        #expect(retry.timeout(attempt: 20, elapsed: .seconds(599)) == settings.longest)
        #expect(retry.pause(afterAttempt: 1, elapsed: .seconds(600)) == nil)
        #expect(retry.pause(afterAttempt: 30, elapsed: .seconds(599)).map { $0 <= .seconds(1) } == true)
    }
}

extension EngineFixture {
    /// Waits until the worker of an engine waits for a lock, with a statement that begins so.
    fileprivate func waitUntilWorkerWaits(_ beginning: String) async throws {
        try await waitUntil(
            """
            SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
                AND application_name = 'migrated worker' AND query LIKE '\(beginning)%')
            """)
    }

    /// Runs a statement again and again until the task is cancelled, and says how long it took at the most.
    fileprivate func longestWait(_ statement: String) async throws -> Duration {
        let session = try await database.connect(applicationName: "traffic")
        var longest = Duration.zero
        while !Task.isCancelled {
            let start = ContinuousClock.now
            do {
                try await session.execute(statement)
            } catch is CancellationError {
                break
            }
            longest = max(longest, ContinuousClock.now - start)
        }
        await session.close()
        return longest
    }
}
