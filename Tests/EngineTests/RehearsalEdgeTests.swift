import Glibc
import Host
import Planning
import PostgresClient
import Revisions
import TestSupport
import Testing

@testable import Engine

/// Databases, hosts and plans that are other than the usual ones.
@Suite(.timeLimit(.minutes(15))) struct RehearsalEdgeTests {
    // MARK: No copy

    /// Writes an extension that this host does not have into the catalogue.
    private static let missingExtension = Setting.rehearsing().prepared { database in
        let session = try await database.connectAsSuperuser()
        try await session.execute(
            """
            INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
            VALUES (99999, 'not_on_this_host', 10, 'public'::regnamespace, true, '1.0')
            """)
        await session.close()
    }

    private static func rehearsal(_ fixture: EngineFixture) async throws -> Job {
        try await fixture.engine.connectedOrTold()
        let job = try await fixture.engine.enqueueRehearsal(
            to: "head", takesWayBack: true, requestID: RequestID.random(), person: EngineFixture.ann)
        return try await fixture.engine.outcome(of: job)
    }

    @Test func anExtensionThatThisHostLacksIsSaidAndThePolicyDecides() async throws {
        try await EngineFixture.with([.table("r1")], Self.missingExtension) { fixture in
            let alone = try await Self.rehearsal(fixture)
            let failure = try #require(alone.failure)
            #expect(alone.state == .failed && failure.code == .notRehearsed, "a rehearsal that was none has failed")
            #expect(failure.message.contains("the extension \"not_on_this_host\" cannot be had"), "\(failure.message)")
            let job = try await fixture.engine.outcome(of: try await fixture.engine.upgrade())
            let found = try await fixture.engine.rehearsal(of: job.id.number)
            let report = try #require(found, "\(String(describing: job.failure))")
            #expect(job.state == .succeeded && report.outcome == .notRehearsed)
            #expect(report.findings.map(\.code) == [.notRehearsed])
            #expect(fixture.copies == [])
        }
        var refusing = Self.missingExtension
        refusing.configure = { [configure = refusing.configure] in
            configure(&$0)
            $0.rehearsal.policy.refused = [.notRehearsed]
        }
        try await EngineFixture.with([.table("r1")], refusing) { fixture in
            let job = try await fixture.engine.outcome(of: try await fixture.engine.upgrade())
            #expect(job.state == .failed && job.failure?.code == .rehearsalRefused)
            #expect(try await fixture.value("SELECT to_regclass('t_r1') IS NULL", as: Bool.self))
        }
    }

    /// A small file system beside the one that backups are on.
    private static let small = "/dev/shm"
    private static var isSmall: Bool {
        guard let one = try? FreeSpace.available(small), let other = try? FreeSpace.available("/tmp") else {
            return false
        }
        return one + (4 << 30) < other
    }

    @Test(.enabled(if: isSmall)) func tooLittleDiskIsSaid() async throws {
        let place = try DirectoryTree.makeTemporary(in: Self.small, prefix: "migrated-small-")
        defer { try? DirectoryTree.remove(place) }
        // Where root tests, the server of the copy is another user's.
        chmod(place, 0o755)
        let wanted = try FreeSpace.available(Self.small) + (1 << 30)
        let setting = Setting.rehearsing {
            $0.backup.minimumFree = wanted
            $0.rehearsal.directory = place + "/rehearsals"
        }
        try await EngineFixture.with([.table("r1")], setting) { fixture in
            let alone = try await Self.rehearsal(fixture)
            #expect(alone.failure?.code == .notRehearsed)
            #expect(alone.failure?.message.contains("MiB are free") == true, "\(String(describing: alone.failure))")
            #expect(try await fixture.engine.outcome(of: try await fixture.engine.upgrade()).state == .succeeded)
        }
    }

    @Test(.enabled(if: SystemAccount.isRoot)) func aDirectoryThatTheServersUserCannotReachIsNamed() async throws {
        let place = try DirectoryTree.makeTemporary(in: "/tmp", prefix: "migrated-closed-")
        defer { try? DirectoryTree.remove(place) }
        let setting = Setting.rehearsing { $0.rehearsal.directory = place + "/rehearsals" }
        try await EngineFixture.with([.table("r1")], setting) { fixture in
            let failure = try #require(try await Self.rehearsal(fixture).failure)
            #expect(failure.code == .notRehearsed && failure.message.contains("cannot pass \"\(place)\""), "\(failure)")
            #expect(failure.message.contains("[database.main.rehearsal]"))
        }
    }

    // MARK: What is in the database

    @Test func whatOwnersAndOthersHaveGrantedIsTheSameInTheCopy() async throws {
        let tail = UInt32.random(in: .min ... .max)
        let (owner, middle, last) = ("owner_\(tail)", "middle_\(tail)", "last_\(tail)")
        let setting = Setting.rehearsing().prepared { database in
            let session = try await database.connectAsSuperuser()
            try await session.script(
                """
                CREATE ROLE \(owner); CREATE ROLE \(middle); CREATE ROLE \(last);
                CREATE SCHEMA held AUTHORIZATION \(owner);
                SET ROLE \(owner);
                CREATE TABLE held.t (a integer, b integer); INSERT INTO held.t VALUES (1, 2);
                CREATE FUNCTION held.f() RETURNS integer LANGUAGE sql AS 'SELECT 1';
                REVOKE ALL ON FUNCTION held.f() FROM PUBLIC;
                GRANT USAGE ON SCHEMA held TO \(middle) WITH GRANT OPTION;
                GRANT SELECT ON held.t TO \(middle) WITH GRANT OPTION; GRANT UPDATE (a) ON held.t TO \(last);
                ALTER DEFAULT PRIVILEGES IN SCHEMA held GRANT SELECT ON TABLES TO \(last);
                SET ROLE \(middle);
                GRANT SELECT ON held.t TO \(last); GRANT USAGE ON SCHEMA held TO \(last);
                RESET ROLE
                """)
            await session.close()
        }
        let sample = Sample(
            "r1",
            up: """
                DO $$ BEGIN
                    IF NOT (has_table_privilege('\(last)', 'held.t', 'SELECT')
                        AND has_column_privilege('\(last)', 'held.t', 'a', 'UPDATE')
                        AND NOT has_column_privilege('\(last)', 'held.t', 'b', 'UPDATE')
                        AND NOT has_function_privilege('\(last)', 'held.f()', 'EXECUTE')
                        AND has_schema_privilege('\(last)', 'held', 'USAGE')
                        AND EXISTS (SELECT FROM pg_class, aclexplode(relacl) a WHERE oid = 'held.t'::regclass
                            AND a.grantor = '\(middle)'::regrole AND a.grantee = '\(last)'::regrole)
                        AND (SELECT tableowner FROM pg_tables WHERE tablename = 't') = '\(owner)') THEN
                        RAISE 'the grants are others';
                    END IF;
                END $$;
                CREATE TABLE held.more (n integer);
                """, down: "DROP TABLE held.more;")
        let shared = try await TestCluster.shared
        let result = await Result {
            try await EngineFixture.with([sample], setting) { fixture in
                let job = try await fixture.engine.outcome(of: try await fixture.engine.upgrade())
                let report = try #require(try await fixture.engine.rehearsal(of: job.id.number))
                #expect(job.state == .succeeded && report.outcome == .completed, "\(report.reason ?? "")")
                #expect(report.wayBack?.schemaDifferences == [] && report.wayBack?.losses == [])
            }
        }
        let session = try await shared.connect()
        try await session.execute("DROP ROLE \(owner), \(middle), \(last)")
        await session.close()
        try result.get()
    }

    @Test func aVeryWideTableIsReadInPortions() async throws {
        let columns = (1...1590).map { "c\($0) integer" }.joined(separator: ", ")
        let wide = Sample(
            "r1", up: "CREATE TABLE wide (\(columns));\nINSERT INTO wide (c1, c1200, c1590) VALUES (1, 2, 3);",
            down: "DROP TABLE wide;")
        let drop = Sample(
            "r2", after: "r1", up: "ALTER TABLE wide DROP COLUMN c1590, DROP COLUMN c2;",
            down: "ALTER TABLE wide ADD COLUMN c1590 integer, ADD COLUMN c2 integer;")
        try await EngineFixture.with([wide], .rehearsing()) { fixture in
            #expect(try await fixture.engine.outcome(of: try await fixture.engine.upgrade()).state == .succeeded)
            try fixture.write(drop)
            let job = try await fixture.engine.outcome(of: try await fixture.engine.upgrade())
            let report = try #require(try await fixture.engine.rehearsal(of: job.id.number))
            #expect(report.outcome == .completed, "\(report.reason ?? "")")
            let loss = DataLoss(relation: "public.wide", column: "c1590", before: 1, after: 0)
            #expect(report.wayBack?.losses == [loss])
            #expect(report.findings.filter { $0.code == .dropsData }.map(\.object) == ["public.wide.c1590"])
        }
    }

    // MARK: Plans

    @Test func aDowngradeIsRehearsedAndWhatItDropsIsNamed() async throws {
        let more = Sample(
            "r2", after: "r1",
            up: "ALTER TABLE people ADD COLUMN note text;\nUPDATE people SET note = 'n' WHERE id <= 7;",
            down: "ALTER TABLE people DROP COLUMN note;")
        try await EngineFixture.with([.people, more], .rehearsing()) { fixture in
            let engine = fixture.engine
            #expect(try await engine.outcome(of: try await engine.upgrade()).state == .succeeded)
            let job = try await engine.outcome(of: try await engine.downgrade(to: "r1"))
            let report = try #require(try await engine.rehearsal(of: job.id.number))
            #expect(job.state == .succeeded && report.outcome == .completed && report.wayBack == nil)
            #expect(report.statements.map(\.direction) == [.downgrade])
            let finding = try #require(report.findings.first)
            #expect(finding.code == .dropsData && finding.message.contains("7 values"), "\(finding.message)")
        }
    }

    @Test func theWayBackIsLeftOutAboveItsSize() async throws {
        let setting = Setting.rehearsing { $0.rehearsal.wayBackMaximumSize = 1000 }
        let sample = Sample("r2", after: "r1", up: "ALTER TABLE people DROP COLUMN phone;", down: "SELECT 1;")
        try await EngineFixture.rehearse(sample, setting) { _, job, report async throws in
            #expect(job.state == .succeeded && report.outcome == .completed && report.wayBack == nil)
            #expect(report.findings.map(\.code) == [.dropsData])
        }
    }

    @Test func anIrreversibleRevisionIsToldAndWhatComesAfterItIsTakenBack() async throws {
        try await EngineFixture.with([.people], .rehearsing()) { fixture in
            #expect(try await fixture.engine.outcome(of: try await fixture.engine.upgrade()).state == .succeeded)
            try fixture.write(
                Sample("r2", after: "r1", up: "UPDATE people SET age = 1 WHERE id = 1;"), .table("r3", after: "r2"))
            let job = try await fixture.engine.outcome(of: try await fixture.engine.upgrade())
            let report = try #require(try await fixture.engine.rehearsal(of: job.id.number))
            #expect(report.wayBack?.takenBack == ["r3"] && report.wayBack?.irreversible == ["r2"])
            let finding = try #require(report.findings.first { $0.code == .irreversible })
            #expect(finding.object == "r2" && finding.hint.contains("-- migrated: downgrade"))
        }
    }

    @Test func aColumnThatMustHaveAValueIsCountedAgainstTheRows() async throws {
        let sample = Sample("r2", after: "r1", up: "ALTER TABLE people ADD COLUMN must integer NOT NULL;")
        try await EngineFixture.rehearse(sample) { _, job, report async throws in
            #expect(job.failure?.code == .rehearsalFailed)
            #expect(report.findings.map(\.message) == ["2000 rows of \"public.people\" have no \"must\""])
            #expect(job.failure?.hint == RehearsalFinding.Code.nullValues.hint)
        }
    }
}

extension Result where Failure == any Error {
    /// What became of something that is not to end the function.
    fileprivate init(_ body: () async throws -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}
