import Control
import Glibc
import Planning
import PostgresClient
import TestSupport
import Testing

@testable import Torture

/// Who finds nothing may be blind: whatever is spoilt in what has ended well, one thing at a time, is told of, and nothing
/// else is.
@Suite struct CheckerTests {
    /// What is spoilt, and how each of the violations begins that must be told of.
    private struct Damage: Sendable {
        var sql: String
        var signs: [String]

        init(_ sql: String, _ signs: String...) {
            self.sql = sql
            self.signs = signs
        }
    }

    private func expect(_ found: [String], _ signs: [String], after what: String) {
        let isAsExpected =
            found.count == signs.count && signs.allSatisfy { sign in found.contains { $0.hasPrefix(sign) } }
        #expect(isAsExpected, "after \(what): \(found), not \(signs)")
    }

    // MARK: A story's end

    private static let finished = Story(
        name: "finished", prelude: Story.applyAll, act: { _ in },
        end: Ending(
            effects: Story.up, applied: Story.revisions, versions: ["004"], states: [.succeeded], backups: 1...))

    private static let damages: [Damage] = [
        Damage(""),
        Damage(
            "INSERT INTO effect (revision, direction) VALUES ('002', 'upgrade')", "the history is", "the effects are"),
        Damage("DELETE FROM effect WHERE revision = '003'", "the history is", "the effects are"),
        Damage("DELETE FROM migrated.history WHERE revision = '003'", "the history is"),
        Damage("UPDATE alembic_version SET version_num = '003'", "the version table has"),
        Damage("DROP TABLE alembic_version", "the version table has"),
        Damage("UPDATE migrated.job SET state = 'applying', finished_at = NULL", "jobs in limbo", "the jobs are"),
        Damage(
            "UPDATE migrated.job SET state = 'needs-decision', finished_at = NULL, failure = '{}'", "jobs in limbo",
            "the jobs are"),
        Damage("UPDATE migrated.job SET state = 'failed', failure = '{}'", "the jobs are"),
        Damage(
            """
            INSERT INTO migrated.standalone_statement (revision, direction, ordinal, statement_digest, job)
                VALUES ('002', 'upgrade', 1, '', 1)
            """, "statements in doubt"),
        Damage(
            "DELETE FROM migrated.job_event WHERE revision = '003' AND kind = 'step-applied'",
            "revisions that the events tell of never or twice"),
        Damage(
            """
            INSERT INTO migrated.job_event (job, sequence, kind, state, revision, message)
                SELECT job, 1000, kind, state, revision, message FROM migrated.job_event
                WHERE revision = '003' AND kind = 'step-applied'
            """, "revisions that the events tell of never or twice"),
        Damage("DROP INDEX i_002", "work is missing: [\"CREATE INDEX i_002"),
        Damage(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'i_002'::regclass", "invalid indexes",
            "work is missing: [\"CREATE INDEX i_002"),
        Damage("UPDATE pg_index SET indisready = false WHERE indexrelid = 'i_002'::regclass", "work is missing"),
        Damage(
            "DROP INDEX i_002; CREATE INDEX i_002 ON t_003 (id)", "work is missing",
            "work of revisions that are not applied"),
        Damage("DROP TABLE t_004", "work is missing: [\"t_004\"]"),
        Damage("CREATE TABLE t_005 (id int)", "work of revisions that are not applied: [\"t_005\"]"),
        Damage("UPDATE migrated.backup SET removed_at = now()", "only 0 backups are on record"),
        Damage("UPDATE migrated.backup SET name = 'another'", "the backup another is not there"),
    ]

    @Test func aDatabaseThatIsNotAsTheStoryEndsIsTold() async throws {
        try await Layout.with(Self.finished, Tally()) { layout in
            for damage in Self.damages {
                try await layout.withStage(Tally()) { stage in
                    let session = try await stage.database.connectAsSuperuser()
                    try await session.script(damage.sql)
                    await session.close()
                    let found = try await Self.finished.end.violations(in: stage.database, stage.harness)
                    expect(found, damage.signs, after: damage.sql)
                }
            }
        }
    }

    /// What is done to a backup's directory; `$1` is the shelf that it stands on.
    private static let fileDamages: [Damage] = [
        Damage("for file in */dump/*; do truncate -s -1 \"$file\"; break; done", "main-"),
        Damage("rm -f */dump/toc.dat*", "main-"),
        Damage("rm */manifest.json", "main-"),
        Damage("for backup in *; do touch \"$backup/more\"; done", "main-"),
        Damage("rm -r *", "the backup main-"),
        Damage("mkdir .unfinished", "an unfinished backup is left"),
        Damage("mkdir -p ../../rehearsals/main/copy-1", "copies of rehearsals are left"),
        Damage("mkdir -p ../../rehearsals/.clusters/.new-1", "unfinished files of clusters are left"),
    ]

    @Test func filesThatAreNotAsTheyWereWrittenAreTold() async throws {
        try await Layout.with(Self.finished, Tally()) { layout in
            for damage in Self.fileDamages {
                try await layout.withStage(Tally()) { stage in
                    let shell = try await WholeProgram.start(
                        ["/bin/sh", "-ec", damage.sql], workingDirectory: stage.harness.backups + "/main")
                    let outcome = try await shell.wait()
                    #expect(outcome.status == 0, "\(damage.sql): \(outcome)")
                    let found = try await Self.finished.end.violations(in: stage.database, stage.harness)
                    expect(found, damage.signs, after: damage.sql)
                }
            }
        }
    }

    @Test func whatIsHeldOrStillRunsIsTold() async throws {
        try await Layout.with(Self.finished, Tally()) { layout in
            try await layout.withStage(Tally()) { stage in
                let end = Self.finished.end
                let (database, harness) = (stage.database, stage.harness)
                let holder = try await database.connect()
                try await holder.script("SELECT pg_advisory_lock(17)")
                expect(try await end.violations(in: database, harness), ["locks that are held"], after: "a lock")
                await holder.close()
                let session = try await database.connect(applicationName: "migrated worker")
                expect(try await end.violations(in: database, harness), ["sessions of ours"], after: "a session")
                await session.close()

                #expect(try await Orphans.left(of: harness.directory) == [])
                let words = ["/usr/bin/tail", "-f", harness.settingsFile]
                let named = try await WholeProgram.start(words, workingDirectory: "/")
                // Until it is what it was started as, it is another program, which has the words as well.
                try await within(.seconds(60), "the program") {
                    while try await Orphans.left(of: harness.directory, within: .zero) != ["\(named.pid) \(words[0])"] {
                        try await Task.sleep(for: .milliseconds(10))
                    }
                }
                named.signal(SIGKILL)
                try await named.wait()
                let inside = try await WholeProgram.start(
                    ["/usr/bin/tail", "-f", "/dev/null"], workingDirectory: harness.backups)
                let left = try await Orphans.left(of: harness.directory, within: .zero)
                #expect(left.count == 1 && left[0].hasPrefix("\(inside.pid) "), "\(left)")
                inside.signal(SIGKILL)
                try await inside.wait()
                #expect(try await Orphans.left(of: harness.directory) == [])
            }
        }
    }

    // MARK: Testimony

    private static let length = 6

    private static let falsehoods: [Damage] = [
        Damage(""),
        Damage("UPDATE testimony SET has_lock = false WHERE revision = '003'", "applied without the lock: [\"003 by"),
        Damage("UPDATE testimony SET half_built = 1 WHERE revision = '003'", "applied though an index was half built"),
        Damage("DELETE FROM testimony WHERE revision = '003'", "6 revisions, and [\"5\"] testimonies"),
        Damage(
            "UPDATE effect SET revision = '007' WHERE revision = '003'", "the history is",
            "upgrade 007 came where 003 was due"),
        Damage("UPDATE alembic_version SET version_num = '005'", "the version table has"),
        Damage("DELETE FROM alembic_version", "the version table has"),
        Damage("DROP INDEX i_005", "work is missing: [\"CREATE INDEX i_005"),
        Damage("DROP TABLE t_006", "work is missing: [\"t_006\"]"),
        Damage(
            "DELETE FROM migrated.history WHERE revision = '006'", "the history is", "a journal tells of main-1 006"),
    ]

    @Test func testimonyThatDisagreesIsTold() async throws {
        let database = try await TestCluster.shared.makeDatabase()
        let journals = try await withHarness { harness in
            try await Witness.prepare(database)
            try harness.configure(["main": database])
            try harness.write(Witness.revisions(Self.length))
            try await harness.start()
            try await Stage(harness: harness, database: database, tally: Tally()).run(.upgrade)
            try await harness.end()
            return harness.journals
        }
        let kept = try await KeptDatabase(database)
        for falsehood in Self.falsehoods {
            try await kept.withDatabase { database in
                let session = try await database.connectAsSuperuser()
                try await session.script(falsehood.sql)
                await session.close()
                let found = try await Witness.violations(in: database, journals: journals)
                expect(found, falsehood.signs, after: falsehood.sql)
            }
        }
        try await kept.withDatabase { database in
            let told = journals + ["main-1: applied 007, makes t_007 (1 ms)"]
            let found = try await Witness.violations(in: database, journals: told)
            expect(found, ["a journal tells of main-1 007"], after: "a line too many")
            expect(
                try await Witness.violations(in: database, journals: ["nothing"]), ["no journal tells"],
                after: "journals without a word")
        }
        try await kept.drop()
    }

    /// An acknowledged write that no database has.
    @Test func aLostWriteIsTold() async throws {
        try await TestCluster.shared.withDatabase { database in
            try await database.run("CREATE TABLE written (n bigint)")
            let writer = Writer(database)
            try await writer.writing {}
            #expect(try await writer.violations() == [])
            try await database.run("DELETE FROM written WHERE n = 1")
            expect(try await writer.violations(), ["acknowledged writes are nowhere: [1]"], after: "a deletion")
        }
    }

    /// A sweep that was not brought to its end must not pass for a whole one.
    @Test func anUnfinishedSweepIsTold() {
        let tally = Tally()
        tally.intends("one")
        tally.intends("two")
        tally.intends("three")
        for point in [17, 1, 33] { tally.visited(point, of: "two") }
        tally.swept("three")
        #expect(
            tally.unfinishedSweeps == [
                "not swept to the end: one, at no point", "not swept to the end: two, at 3 points, up to point 33",
            ])
        #expect(tally.report.suffix(3) == tally.unfinishedSweeps + ["violations: 0"])
    }
}
