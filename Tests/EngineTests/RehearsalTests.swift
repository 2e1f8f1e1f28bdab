import Host
import Planning
import PostgresClient
import Revisions
import TestSupport
import Testing

@testable import Engine

@Suite(.timeLimit(.minutes(15))) struct RehearsalTests {
    @Test func whatAStatementDoesIsMeasured() async throws {
        let sample = Sample(
            "r2", after: "r1",
            up: """
                ALTER TABLE people ALTER COLUMN age TYPE bigint;
                SELECT pg_sleep(0.1);
                UPDATE people SET age = age + 1 WHERE id <= 700;
                """,
            down: "ALTER TABLE people ALTER COLUMN age TYPE integer; UPDATE people SET age = age - 1 WHERE id <= 700;")
        let setting = Setting.rehearsing { $0.rehearsal.policy.lockMilliseconds = 50 }
        try await EngineFixture.rehearse(sample, setting) { _, job, report async throws in
            #expect(job.state == .succeeded, "\(String(describing: job.failure))")
            #expect(report.outcome == .completed, "\(report.reason ?? "")")
            let up = report.statements.filter { $0.direction == .upgrade }
            #expect(up.prefix(3).map(\.verb) == ["ALTER TABLE", "SELECT", "UPDATE"])
            let alter = try #require(up.first)
            let people = try #require(alter.relations.first { $0.name == "public.people" })
            #expect(
                people.isRewritten && people.bytesBefore > 0 && people.sequentialScans > 0 && people.rowsRead >= 2000)
            #expect(alter.walBytes > 10_000)
            let lock = try #require(
                alter.locks.first { $0.mode == "AccessExclusiveLock" && $0.relation == "public.people" })
            #expect(lock.heldMilliseconds >= 100, "held while the next statement slept")
            #expect(up[1].locks.isEmpty && up[1].elapsedMilliseconds >= 100)
            let update = try #require(up[2].relations.first { $0.name == "public.people" })
            #expect(update.rowsWritten == 700 && !update.isRewritten)
            #expect(Set(report.findings.map(\.code)).isSuperset(of: [.tableRewrite, .strongLock]))
            let finding = try #require(report.findings.first { $0.code == .tableRewrite })
            #expect(finding.location?.line == 6 && finding.object == "public.people")
            let way = try #require(report.wayBack)
            #expect(way.takenBack == ["r2"] && way.losses.isEmpty && way.schemaDifferences.isEmpty, "\(way)")
            #expect(way.secondUpgradeDifferences.isEmpty)
        }
    }

    @Test func notNullOverNullsNeverReachesTheDatabase() async throws {
        let sample = Sample(
            "r2", after: "r1",
            up: "CREATE TABLE before_it (n integer);\nALTER TABLE people ALTER COLUMN phone SET NOT NULL;",
            down: "DROP TABLE before_it;")
        try await EngineFixture.rehearse(sample) { fixture, job, report async throws in
            let failure = try #require(job.failure)
            #expect(job.state == .failed && failure.code == .rehearsalFailed)
            #expect(
                failure.message.hasPrefix("cannot rehearse revision \"r2\": column \"phone\""), "\(failure.message)")
            #expect(failure.location?.line == 7 && failure.notes.contains("nothing was done to the database"))
            #expect(failure.notes.contains { $0.contains("1000 rows of \"public.people\" have no \"phone\"") })
            #expect(report.outcome == .failed && report.findings.map(\.code) == [.nullValues])
            #expect(try await fixture.value("SELECT to_regclass('before_it') IS NULL", as: Bool.self))
            #expect(try await fixture.column("SELECT version_num FROM alembic_version") == ["r1"])
            let states = try await fixture.engine.events(of: job.id.number, after: 0).map(\.state)
            #expect(states.contains(.rehearsing) && !states.contains(.applying))
        }
    }

    @Test func aUniqueIndexOnDuplicatesNeverReachesTheDatabase() async throws {
        let sample = Sample("r2", after: "r1", up: "CREATE UNIQUE INDEX people_email ON people (email);")
        try await EngineFixture.rehearse(sample) { fixture, job, report async throws in
            #expect(job.state == .failed && job.failure?.code == .rehearsalFailed)
            #expect(report.findings.map(\.code) == [.duplicateValues])
            // The address of number n is n % 900.
            #expect(
                report.findings[0].message
                    == "\"people_email\" finds duplicates of (email): 900 values are there more than once, in 2000 rows"
            )
            #expect(report.findings[0].examples == ["p1", "p10", "p100", "p101", "p102"].map { "(\($0)): 3 rows" })
            #expect(job.failure?.notes.contains { $0.contains("p1") } == false)
            #expect(try await fixture.value("SELECT to_regclass('people_email') IS NULL", as: Bool.self))
        }
    }

    /// The condition of a partial index, an expression, and values that are unknown count as they do for the index.
    @Test(arguments: [
        ("CREATE UNIQUE INDEX u ON people (lower(email), age) WHERE id <= 901", ["(p1,1): 2 rows"]),
        ("ALTER TABLE people ADD CONSTRAINT u UNIQUE (phone, email)", nil),
        ("CREATE UNIQUE INDEX u ON people (phone) NULLS NOT DISTINCT", ["(): 1000 rows"]),
        ("INSERT INTO people SELECT 1", ["Key (id)=(1) already exists."]),
    ])
    func duplicatesAreThoseOfTheIndex(_ statement: String, _ examples: [String]?) async throws {
        try await EngineFixture.rehearse(Sample("r2", after: "r1", up: statement + ";")) {
            _, job, report async throws in
            #expect((job.state == .succeeded) == (examples == nil), "\(String(describing: job.failure))")
            #expect(report.findings.first { $0.code == .duplicateValues }?.examples == examples)
        }
    }

    @Test func aConcurrentIndexIsSampled() async throws {
        let sample = Sample(
            "r2", after: "r1", up: "CREATE INDEX CONCURRENTLY people_age ON people (age);",
            down: "DROP INDEX CONCURRENTLY people_age;", isTransactional: false)
        try await EngineFixture.rehearse(sample) { _, job, report async throws in
            #expect(job.state == .succeeded && report.outcome == .completed, "\(report.reason ?? "")")
            let statement = try #require(report.statements.first)
            #expect(statement.isSampled)
            #expect(statement.relations.contains { $0.name == "public.people_age" && $0.isNew && $0.bytesAfter > 0 })
        }
    }

    @Test func aDowngradeThatLosesDataIsCaught() async throws {
        let sample = Sample(
            "r2", after: "r1", up: "ALTER TABLE people DROP COLUMN phone;",
            down: "ALTER TABLE people ADD COLUMN phone text;")
        try await EngineFixture.rehearse(sample) { _, job, report async throws in
            #expect(job.state == .succeeded)
            let way = try #require(report.wayBack)
            #expect(way.losses == [DataLoss(relation: "public.people", column: "phone", before: 1000, after: 0)])
            #expect(way.hasOnlyOrderChanged, "\(way.schemaDifferences)")
            #expect(Set(report.findings.map(\.code)) == [.dropsData, .downgradeLosesData, .columnOrder])
            let lost = try #require(report.findings.first { $0.code == .downgradeLosesData })
            #expect(lost.message.contains("r2") && lost.message.contains("1000 values before, 0 after"))
            #expect(report.findings.first { $0.code == .dropsData }?.location?.line == 6, "where it is dropped")
        }
    }

    @Test func aDowngradeThatForgetsSomethingIsCaught() async throws {
        let sample = Sample(
            "r2", after: "r1",
            up: "CREATE TABLE notes (person integer REFERENCES people);\nCREATE TABLE more (n integer);",
            down: "DROP TABLE notes;\nDROP TABLE more;\nCOMMENT ON TABLE people IS 'forgotten';")
        try await EngineFixture.rehearse(sample) { _, _, report async throws in
            #expect(report.wayBack?.schemaDifferences.contains { $0.contains("forgotten") } == true)
            #expect(Set(report.findings.map(\.code)) == [.unindexedForeignKey, .downgradeDiffers])
        }
    }

    @Test func aRefusedFindingEndsTheJobBeforeAnythingIsDone() async throws {
        let setting = Setting.rehearsing { $0.rehearsal.policy.refused = [.dropsData] }
        let sample = Sample("r2", after: "r1", up: "ALTER TABLE people DROP COLUMN phone;")
        try await EngineFixture.rehearse(sample, setting) { fixture, job, report async throws in
            #expect(job.state == .failed && job.failure?.code == .rehearsalRefused)
            #expect(report.action == .refuse)
            #expect(try await fixture.value("SELECT count(phone) FROM people", as: Int.self) == 1000)
        }
    }

    @Test func aDatabaseAboveTheLimitIsLeftOutAndTheJobSaysSo() async throws {
        let setting = Setting.rehearsing { $0.rehearsal.maximumSize = 1000 }
        try await EngineFixture.rehearse(.table("r2", after: "r1"), setting) { fixture, job, report async throws in
            #expect(job.state == .succeeded && report.outcome == .notRehearsed && report.findings.isEmpty)
            let told = try await fixture.engine.events(of: job.id.number, after: 0)
            #expect(told.contains { $0.kind == .rehearsalFinished && $0.message.contains("max_size") })
        }
    }

    @Test func aRehearsalByItselfLeavesTheDatabaseAlone() async throws {
        try await EngineFixture.with(Sample.marks(3), Setting.rehearsing { $0.policy.approvals = 1 }) { fixture in
            let engine = fixture.engine
            try await engine.connectedOrTold()
            let job = try await engine.enqueueRehearsal(
                to: "head", takesWayBack: false, requestID: RequestID.random(), person: EngineFixture.ann)
            let ended = try await engine.outcome(of: job)
            #expect(ended.state == .succeeded && ended.backup != nil, "\(String(describing: ended.failure))")
            let latest = try #require(try await engine.latestRehearsal())
            #expect(latest.job == job.id && latest.report.outcome == .completed && latest.report.wayBack == nil)
            #expect(latest.report.statements.map(\.revision) == ["r1", "r1", "r2", "r3"])
            #expect(try await fixture.value("SELECT to_regclass('log') IS NULL", as: Bool.self))
        }
    }

    /// A database is restored whose constraint calls a function that tries what only a superuser may.
    @Test func whatIsRestoredCannotActAsASuperuser() async throws {
        let marker = "/tmp/migrated-hostile-\(UInt64.random(in: .min ... .max))"
        var setting = Setting.rehearsing()
        setting.role = "hostile_\(UInt32.random(in: .min ... .max))"
        setting = setting.prepared { database in
            let session = try await database.connect()
            try await session.script(
                """
                CREATE FUNCTION public.hostile(n integer) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
                    EXECUTE 'COPY (SELECT 1) TO PROGRAM ''touch \(marker)''';
                    RETURN true;
                EXCEPTION WHEN insufficient_privilege THEN RETURN true; END $$;
                CREATE TABLE trap (n integer CHECK (public.hostile(n)));
                INSERT INTO trap SELECT generate_series(1, 10)
                """)
            await session.close()
        }
        defer { try? DirectoryTree.remove(marker) }
        try await EngineFixture.with([.table("r1")], setting) { fixture in
            let job = try await fixture.engine.outcome(of: try await fixture.engine.upgrade())
            let report = try #require(try await fixture.engine.rehearsal(of: job.id.number))
            #expect(job.state == .succeeded && report.outcome == .completed, "\(report.reason ?? "")")
            #expect(report.isCutOffFromNetwork)
            #expect(!ToolRunner.isThere(marker))
        }
    }
}

extension ToolRunner {
    fileprivate static func isThere(_ path: String) -> Bool { (try? TextFiles.readBytes(path)) != nil }
}
