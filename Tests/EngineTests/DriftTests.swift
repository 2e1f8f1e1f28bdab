import Planning
import PostgresClient
import Revisions
import TestSupport
import Testing

@testable import Engine

/// What is done to the schema in another way than by a revision.
@Suite(.timeLimit(.minutes(15))) struct DriftTests {
    @Test func whatIsDoneByHandIsSeenObjectByObject() async throws {
        try await EngineFixture.with(Sample.marks(2)) { fixture in
            let engine = fixture.engine
            #expect(try await engine.outcome(of: try await engine.upgrade()).state == .succeeded)
            #expect(try await engine.drift().changes == [])
            try await fixture.admin.script("CREATE TABLE by_hand (n int); ALTER TABLE log ADD COLUMN extra int")
            let report = try await engine.drift()
            #expect(report.changes.map(\.name).contains("public.by_hand"))
            #expect(report.changes.map(\.name).contains("public.log.extra"))
            #expect(engine.lastDrift?.isDrifted == true)
            // What takes it back does.
            try await fixture.admin.script(report.downgrade)
            #expect(try await engine.drift().changes == [])
        }
    }

    @Test func anUpgradeDoesNotMakeDriftOfficial() async throws {
        let samples = Sample.marks(2)
        try await EngineFixture.with(samples) { fixture in
            let engine = fixture.engine
            #expect(try await engine.outcome(of: try await engine.upgrade(to: "r1")).state == .succeeded)
            try await fixture.admin.script("CREATE TABLE by_hand (n int)")
            let job = try await engine.outcome(of: try await engine.upgrade())
            #expect(job.state == .succeeded)
            let events = try await engine.events(of: job.id.number, after: 0)
            #expect(events.contains { $0.kind == .schemaDrifted && $0.message.contains("public.by_hand") })
            #expect(try await engine.drift().changes.map(\.name).contains("public.by_hand"))
        }
    }

    @Test func thePolicyRefuses() async throws {
        try await EngineFixture.with(Sample.marks(2), .configured { $0.drift.policy = .refuse }) { fixture in
            let engine = fixture.engine
            #expect(try await engine.outcome(of: try await engine.upgrade(to: "r1")).state == .succeeded)
            try await fixture.admin.script("CREATE TABLE by_hand (n int)")
            let job = try await engine.outcome(of: try await engine.upgrade())
            #expect(job.failure?.code == .schemaDrifted)
            #expect(try await engine.currentRows() == ["r1"])
            try await fixture.admin.script("DROP TABLE by_hand")
            #expect(try await engine.outcome(of: try await engine.upgrade()).state == .succeeded)
        }
    }

    @Test func thePolicyAsks() async throws {
        try await EngineFixture.with(Sample.marks(2), .configured { $0.drift.policy = .ask }) { fixture in
            let engine = fixture.engine
            #expect(try await engine.outcome(of: try await engine.upgrade(to: "r1")).state == .succeeded)
            try await fixture.admin.script("CREATE TABLE by_hand (n int)")
            let job = try await engine.upgrade()
            try await fixture.waitUntil(
                "SELECT state = 'awaiting-approval' FROM migrated.job WHERE number = \(job.id.number)")
            #expect(try await engine.acceptDrift(by: EngineFixture.ann).changes == [])
            #expect(try await engine.outcome(of: job).state == .succeeded)
            #expect(try await engine.drift().changes == [])
            #expect(
                try await fixture.column("SELECT DISTINCT user_name FROM migrated.kept_schema WHERE uid = 1000") == [
                    "ann"
                ])
        }
    }

    @Test func revisionsThatWereAppliedBeforeAFailureAreNoDrift() async throws {
        var failing = Sample.marks(2)
        failing[1].up = "SELECT 1 / 0;"
        let samples = failing
        try await EngineFixture.with(samples) { fixture in
            let engine = fixture.engine
            try await engine.connectedOrTold()
            #expect(try await engine.drift().changes == [])
            let job = try await engine.outcome(of: try await engine.upgrade())
            #expect(job.state == .failed)
            #expect(try await engine.currentRows() == ["r1"])
            #expect(try await engine.drift().changes == [])
        }
    }

    /// A revision without a transaction may have come to its middle: what it has made is its own, and so is what it makes then.
    @Test func aRevisionThatStoppedInItsMiddleIsNoDrift() async throws {
        let samples = [
            Sample("a", up: "CREATE TABLE t AS SELECT n, n % 10 AS m FROM generate_series(1, 100) n;"),
            Sample(
                "b", after: "a",
                up: "CREATE INDEX CONCURRENTLY i ON t (n);\nCREATE UNIQUE INDEX CONCURRENTLY j ON t (m);",
                isTransactional: false),
        ]
        try await EngineFixture.with(samples, .configured { $0.drift.policy = .refuse }) { fixture in
            let engine = fixture.engine
            #expect(try await engine.outcome(of: try await engine.upgrade(to: "a")).state == .succeeded)
            let job = try await engine.outcome(of: try await engine.upgrade())
            #expect(job.failure?.code == .statementFailed)
            #expect(try await engine.drift().changes == [])
            try await fixture.admin.execute("DELETE FROM t WHERE n > 10")
            let again = try await engine.outcome(of: try await engine.upgrade())
            try #require(again.state == .succeeded, "\(String(describing: again.failure))")
            try await fixture.waitUntil("SELECT max(history_number) = 2 FROM migrated.kept_schema")
            try await fixture.admin.execute("DROP INDEX i")
            let changes = try await engine.drift().changes
            #expect(changes.map(\.name) == ["public.i"], "\(changes)")
        }
    }

    @Test func lookingTakesNoLockThatAnybodyWouldFeel() async throws {
        try await EngineFixture.with(Sample.marks(1)) { fixture in
            let engine = fixture.engine
            #expect(try await engine.outcome(of: try await engine.upgrade()).state == .succeeded)
            // Somebody else holds the strongest lock there is.
            try await fixture.admin.script("BEGIN; LOCK TABLE log IN ACCESS EXCLUSIVE MODE")
            #expect(try await engine.drift().changes == [])
            try await fixture.admin.script("COMMIT")
        }
    }

    /// Whoever looks in the middle of an upgrade does not take what is half done for what it shall be.
    @Test func aLookDuringAJobKeepsNothing() async throws {
        let samples = [Sample.table("a"), Sample("b", after: "a", up: "SELECT pg_sleep(600);")]
        try await EngineFixture.with(samples) { fixture in
            let engine = fixture.engine
            try await engine.connectedOrTold()
            #expect(try await engine.drift().changes == [])
            let job = try await engine.upgrade()
            try await fixture.waitUntilWorkerSleeps()
            #expect(try await engine.drift().changes == [])
            #expect(try await fixture.column("SELECT DISTINCT history_number::text FROM migrated.kept_schema") == ["0"])
            _ = try await engine.cancel(job.id.number, by: EngineFixture.ann)
            #expect(try await engine.outcome(of: job).state == .cancelled)
            #expect(try await engine.drift().changes == [])
            #expect(try await fixture.column("SELECT max(history_number)::text FROM migrated.kept_schema") == ["1"])
        }
    }
}
