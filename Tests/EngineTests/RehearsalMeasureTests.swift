import Planning
import Revisions
import TestSupport
import Testing

@testable import Engine

/// What is measured of each statement in a copy.
@Suite(.timeLimit(.minutes(15))) struct RehearsalMeasureTests {
    @Test func temporaryFilesAreMeasured() async throws {
        let sample = Sample(
            "r2", after: "r1",
            up: """
                SET LOCAL work_mem = '64kB';
                CREATE TABLE sorted AS SELECT n FROM generate_series(1, 100000) n ORDER BY md5(n::text);
                SELECT 1;
                """, down: "DROP TABLE sorted;")
        try await EngineFixture.rehearse(sample) { _, job, report async throws in
            #expect(job.state == .succeeded)
            let up = report.statements.filter { $0.direction == .upgrade }
            #expect(up.map { ($0.temporaryBytes ?? -1) > 100_000 } == [false, true, false], "\(up)")
            #expect(up.first?.temporaryBytes == 0)
        }
    }

    @Test func everyModeOnEveryRelationIsMeasuredUntilTheEndOfTheTransaction() async throws {
        let sample = Sample(
            "r2", after: "r1",
            up: """
                CREATE VIEW adults AS SELECT * FROM people WHERE age > 17;
                LOCK TABLE people IN SHARE MODE;
                SELECT pg_sleep(0.05);
                ALTER VIEW adults SET (security_barrier);
                LOCK TABLE people IN ACCESS EXCLUSIVE MODE;
                SELECT pg_sleep(0.05);
                """, down: "DROP VIEW adults;")
        try await EngineFixture.rehearse(sample) { _, _, report async throws in
            let up = report.statements.filter { $0.direction == .upgrade }
            func held(_ number: Int, _ mode: String, _ relation: String = "public.people") -> Double? {
                up[number - 1].locks.first { $0.mode == mode && $0.relation == relation }?.heldMilliseconds
            }
            #expect(try #require(held(1, "AccessShareLock")) >= 100)
            #expect(try #require(held(2, "ShareLock")) >= 100)
            #expect(try #require(held(5, "AccessExclusiveLock")) >= 50)
            #expect(try #require(held(2, "ShareLock")) > #require(held(5, "AccessExclusiveLock")))
            #expect(up[4].locks.map(\.mode) == ["AccessExclusiveLock"], "a lock is told by the statement that took it")
            #expect(try #require(held(1, "AccessExclusiveLock", "public.adults")) >= 100, "a view is a relation")
            #expect(up.allSatisfy { $0.samples == nil && !$0.isSampled })
        }
    }

    /// A slow build is looked at time and again (each 5 ms, where nothing else goes on): what only a session beside it can see.
    @Test func aStatementOutsideTransactionsIsLookedAtWhileItRuns() async throws {
        let slow = Sample(
            "r2", after: "r1",
            up: """
                CREATE FUNCTION slow(n integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS
                    $$ BEGIN PERFORM pg_sleep(0.001); RETURN n; END $$;
                """, down: "DROP FUNCTION slow(integer);")
        let index = Sample(
            "r3", after: "r2", up: "CREATE INDEX CONCURRENTLY people_slow ON people (slow(age)) WHERE id <= 1000;",
            down: "DROP INDEX CONCURRENTLY people_slow;", isTransactional: false)
        try await EngineFixture.with([.people, slow], .rehearsing()) { fixture in
            #expect(try await fixture.engine.outcome(of: try await fixture.engine.upgrade()).state == .succeeded)
            try fixture.write(index)
            let job = try await fixture.engine.outcome(of: try await fixture.engine.upgrade())
            let report = try #require(try await fixture.engine.rehearsal(of: job.id.number))
            let build = try #require(report.statements.first)
            #expect(build.isSampled && build.elapsedMilliseconds > 1000, "\(build)")
            #expect(try #require(build.samples) > 20, "not each second only, whatever the machine has to do beside it")
            let lock = try #require(
                build.locks.first { $0.relation == "public.people" && $0.mode == "ShareUpdateExclusiveLock" })
            #expect(lock.heldMilliseconds > build.elapsedMilliseconds / 2)
            let people = try #require(build.relations.first { $0.name == "public.people" })
            #expect(people.rowsRead >= 2000 && people.sequentialScans > 0, "although it was handed in meanwhile")
        }
    }

    @Test func rowsAndSizesAreThoseOfTheTable() async throws {
        let sample = Sample(
            "r2", after: "r1",
            up: """
                ALTER TABLE people ADD CONSTRAINT grown CHECK (age >= 0);
                UPDATE people SET phone = (SELECT string_agg(md5(n::text), '') FROM generate_series(1, 500) n) WHERE id = 1;
                """, down: "ALTER TABLE people DROP CONSTRAINT grown; UPDATE people SET phone = NULL WHERE id = 1;")
        try await EngineFixture.rehearse(sample) { _, _, report async throws in
            let check = try #require(report.statements.first?.relations.first { $0.name == "public.people" })
            #expect(check.rows == 2000 && check.rowsRead == 2000 && check.rowsWritten == 0 && !check.isRewritten)
            let update = try #require(report.statements[1].relations.first { $0.name == "public.people" })
            #expect(
                update.rowsWritten == 1 && update.bytesAfter - update.bytesBefore > 8000, "what is out of line counts")
            let scan = try #require(report.findings.first { $0.code == .tableScan })
            #expect(scan.message.contains("2000 rows") && scan.hint.contains("NOT VALID"))
        }
    }

    /// What the hint of `table-scan` advises is no finding itself.
    @Test func aConstraintThatIsValidatedByItselfScansInNobodysWay() async throws {
        let add = Sample(
            "r2", after: "r1", up: "ALTER TABLE people ADD CONSTRAINT grown CHECK (age >= 0) NOT VALID;",
            down: "ALTER TABLE people DROP CONSTRAINT grown;")
        let validate = Sample(
            "r3", after: "r2", up: "ALTER TABLE people VALIDATE CONSTRAINT grown;", down: "SELECT 1;")
        try await EngineFixture.with([.people], .rehearsing()) { fixture in
            #expect(try await fixture.engine.outcome(of: try await fixture.engine.upgrade()).state == .succeeded)
            try fixture.write(add, validate)
            let job = try await fixture.engine.outcome(of: try await fixture.engine.upgrade())
            let report = try #require(try await fixture.engine.rehearsal(of: job.id.number))
            #expect(report.statements[1].relations.contains { $0.name == "public.people" && $0.rowsRead == 2000 })
            #expect(!report.findings.contains { $0.code == .tableScan }, "\(report.findings)")
        }
    }

    @Test func whatThePlanMakesKeepsNobodyOut() async throws {
        let setting = Setting.rehearsing { $0.rehearsal.policy = RehearsalPolicy(lockMilliseconds: 0) }
        let sample = Sample(
            "r2", after: "r1",
            up: "CREATE TABLE fresh (id integer GENERATED ALWAYS AS IDENTITY);\nCREATE VIEW seen AS TABLE fresh;",
            down: "DROP VIEW seen;\nDROP TABLE fresh;")
        try await EngineFixture.rehearse(sample, setting) { _, _, report async throws in
            let locks = report.statements.filter { $0.direction == .upgrade }.flatMap(\.locks)
            #expect(locks.contains { $0.relation == "public.fresh_id_seq" && $0.isOfNew == true })
            #expect(!report.findings.contains { $0.code == .strongLock }, "\(report.findings)")
            let back = report.statements.filter { $0.direction == .downgrade }.flatMap(\.locks)
            #expect(
                back.contains { $0.relation == "public.fresh" && $0.isOfNew != true },
                "it was there before the downgrade")
        }
    }
}
