import Planning
import PostgresClient
import Revisions
import TestSupport
import Testing

@testable import Engine

/// What was measured in the copy is what is expected of the database itself.
@Suite(.timeLimit(.minutes(15))) struct OverrunTests {
    private static func setting(_ overrun: OverrunPolicy) -> Setting {
        .rehearsing {
            $0.rehearsal.policy.overrun = overrun
            $0.locks = LockBudget(
                first: .milliseconds(200), longest: .milliseconds(200), budget: .seconds(60), pause: .milliseconds(10),
                longestPause: .milliseconds(20))
        }
    }

    private static let slowUpdate = Sample(
        "r2", after: "r1",
        up: "CREATE TABLE before_it (n integer);\nUPDATE people SET age = age + 1 WHERE id = 1;",
        down: "DROP TABLE before_it;")

    /// Makes each update of the table slow, after it was rehearsed.
    private static let obstacle = """
        CREATE FUNCTION wait_long() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(600); RETURN NEW; END $$;
        CREATE TRIGGER wait_long BEFORE UPDATE ON people FOR EACH ROW EXECUTE FUNCTION wait_long();
        INSERT INTO people SELECT n FROM generate_series(3001, 50000) n
        """

    @Test func aStatementThatTakesFarLongerIsStoppedAndRolledBackAndSaysWhatDiffers() async throws {
        let setting = Self.setting(OverrunPolicy(leastMilliseconds: 400))
        try await EngineFixture.with([.people], setting) { fixture in
            let engine = fixture.engine
            #expect(try await engine.outcome(of: try await engine.upgrade()).state == .succeeded)
            // The lock keeps the job between its rehearsal and its first statement.
            try await fixture.admin.script("BEGIN; LOCK TABLE people IN SHARE MODE")
            try fixture.write(Self.slowUpdate)
            let job = try await engine.upgrade()
            _ = try await engine.event(of: job) { $0.kind == .stepRetried }
            try await fixture.admin.script("\(Self.obstacle); COMMIT")
            let ended = try await engine.outcome(of: job)
            let failure = try #require(ended.failure)
            #expect(ended.state == .failed && failure.code == .overrun, "\(failure)")
            #expect(failure.message.contains("UPDATE was stopped after "), "\(failure.message)")
            #expect(failure.message.hasSuffix("in the rehearsal") && failure.location?.line == 7)
            #expect(failure.notes.contains { $0.hasPrefix("\"public.people\" had 2000 rows") }, "\(failure.notes)")
            #expect(try await fixture.value("SELECT to_regclass('before_it') IS NULL", as: Bool.self))
            #expect(try await fixture.column("SELECT version_num FROM alembic_version") == ["r1"])
        }
    }

    @Test func whereThePolicyOnlyTellsItIsTold() async throws {
        let setting = Self.setting(OverrunPolicy(action: .tell, leastMilliseconds: 200))
        let sample = Sample(
            "r2", after: "r1", up: "UPDATE people SET age = age + 1 WHERE id = 1;", down: "SELECT 1;")
        try await EngineFixture.with([.people], setting) { fixture in
            let engine = fixture.engine
            #expect(try await engine.outcome(of: try await engine.upgrade()).state == .succeeded)
            try await fixture.admin.script("BEGIN; LOCK TABLE people IN SHARE MODE")
            try fixture.write(sample)
            let job = try await engine.upgrade()
            _ = try await engine.event(of: job) { $0.kind == .stepRetried }
            try await fixture.admin.script(
                "\(Self.obstacle.split(separator: "600").joined(separator: "0.4")); COMMIT")
            #expect(try await engine.outcome(of: job).state == .succeeded)
            let told = try await engine.event(of: job) { $0.kind == .stepOverrun }
            #expect(told.revision == "r2" && told.message.hasSuffix("in the rehearsal"), "\(told.message)")
        }
    }

    /// A person who cancels the statement gets another answer than a limit that has passed.
    @Test func whatAPersonCancelsIsNoOverrun() async throws {
        try await EngineFixture.with([.people], Self.setting(OverrunPolicy(leastMilliseconds: 3_600_000))) { fixture in
            let engine = fixture.engine
            #expect(try await engine.outcome(of: try await engine.upgrade()).state == .succeeded)
            try await fixture.admin.script("BEGIN; LOCK TABLE people IN SHARE MODE")
            try fixture.write(Self.slowUpdate)
            let job = try await engine.upgrade()
            _ = try await engine.event(of: job) { $0.kind == .stepRetried }
            try await fixture.admin.script("\(Self.obstacle); COMMIT")
            try await fixture.waitUntilWorkerSleeps()
            try await fixture.admin.execute(
                "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
            )
            #expect(try await engine.outcome(of: job).failure?.code == .statementFailed)
        }
    }

    /// Those behind us wait for as long as we do, and then for as long as we hold the lock.
    @Test(arguments: [(60_000.0, 400), (600.0, 299)])
    func theLockTimeoutComesFromHowLongTheLockWasHeld(budget: Double, atMost: Int) async throws {
        let sample = Sample(
            "r2", after: "r1",
            up: """
                LOCK TABLE people IN ACCESS EXCLUSIVE MODE;
                SELECT pg_sleep(0.3);
                CREATE TABLE seen AS SELECT extract(epoch FROM current_setting('lock_timeout')::interval) * 1000 AS ms;
                """, down: "DROP TABLE seen;")
        let setting = Setting.rehearsing { $0.rehearsal.policy.lockMilliseconds = budget }
        try await EngineFixture.rehearse(sample, setting) { fixture, job, _ async throws in
            #expect(job.state == .succeeded)
            let timeout = try await fixture.value("SELECT ms::int FROM seen", as: Int.self)
            #expect(timeout <= atMost && timeout >= 50 && (timeout == 400) == (atMost == 400))
        }
    }
}
