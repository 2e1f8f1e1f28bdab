import Glibc
import Planning
import TestSupport
import Testing

/// A real project (async env.py, asyncpg, models, branches, merges, enums, concurrent indexes) is imported, and the real
/// Alembic judges the outcome.
@Suite struct AlembicProjectTests {
    @Test(.timeLimit(.minutes(15)))
    func aProjectIsImportedAppliedAndHandedBack() async throws {
        try await withHarness { harness in
            let workshop = try await AlembicWorkshop(in: harness)
            let cluster = try await TestCluster.shared
            let theirs = try await cluster.makeDatabase()
            let ours = try await cluster.makeDatabase()
            let shared = try await cluster.makeDatabase()
            try await workshop.alembic("upgrade", "heads", on: theirs)
            try await importOddities(workshop)
            try await importProject(workshop, theirs)
            try harness.configure(["main": ours, "shared": shared])
            try await harness.start()
            try await fillIn(workshop, ours)
            try await upAndDown(workshop, ours, theirs)
            try await takeOver(workshop, shared, theirs)
            try await harness.end()
            for database in [theirs, ours, shared] { try await database.drop() }
        }
    }

    /// What is unusual is translated where that can be known, and left to a person where not.
    private func importOddities(_ workshop: AlembicWorkshop) async throws {
        let outcome = try await workshop.importProject("odd/pyproject.toml", into: "odd")
        try #require(outcome.status == 0, "\(outcome)")
        #expect(
            outcome.output == """
                imported 4 revisions of projects/odd/pyproject.toml into odd: 4 written
                outside of a transaction, statement by statement:
                  odd/r2_commits_by_itself.sql
                without a way back:
                  odd/r1_several_statements_at_once_with_a_colon.sql
                to be filled in, and refused until then:
                  odd/r3_hides_that_it_asks.sql
                    upgrade: from r3.py:18 on: it needs a connection, for scalar()
                    downgrade: from r3.py:26 on: it inspects the database
                  odd/r4_knows_its_dialect_and_gives_values.sql
                    upgrade: DISCARD ALL is not for revisions: it would drop the lock that keeps other runners out
                    downgrade: from r4.py:24 on: it needs a live database
                for the settings of its database:
                  version_table = "schema_version"
                  version_table_schema = "odd"
                its env.py also executes, and no revision has it:
                  SET search_path TO odd, public

                """)
        #expect(
            try TestFiles.read(workshop.harness.directory + "/odd/r1_several_statements_at_once_with_a_colon.sql")
                == """
                -- revision: r1
                -- down_revision: none
                -- description: several statements at once: with a colon
                -- created: 2019-05-06T07:08:09

                -- migrated: upgrade
                CREATE TABLE t (a int, b text DEFAULT 'x;y%');

                CREATE VIEW v AS
                    SELECT a::text, '100%' AS share
                      FROM t;

                """)
        let values = try TestFiles.read(
            workshop.harness.directory + "/odd/r4_knows_its_dialect_and_gives_values.sql")
        #expect(
            values.contains(
                "VALUES (1, 'it''s');\n\nINSERT INTO t (a, b) VALUES (2, NULL);\n\nUPDATE t SET b = 'a:b' ||"))
    }

    private static let unfinished = "e7d90f2b580e"

    /// All revisions become files; the URL comes from `.env`, and what needs a database is named.
    private func importProject(_ workshop: AlembicWorkshop, _ database: TestDatabase) async throws {
        try TestFiles.write(workshop.project + "/.env", "DATABASE_URL=\"\(AlembicWorkshop.url(database))\"\n")
        let first = try await workshop.importProject("chat/alembic.ini", into: "migrations")
        try #require(first.status == 0, "\(first)")
        #expect(
            first.output.hasPrefix("imported 19 revisions of projects/chat/alembic.ini into migrations: 19 written\n"))
        #expect(first.output.contains("to be filled in, and refused until then:\n  migrations/\(Self.unfinished)_"))
        #expect(
            first.output.contains("upgrade: from \(Self.unfinished)_slugs.py:23 on: it reads the result of: SELECT id"))
        let again = try await workshop.importProject("chat", into: "migrations")
        #expect(
            again.output.hasPrefix("imported 19 revisions of projects/chat into migrations: 0 written, 19 unchanged"))
    }

    /// A revision that is not whole is refused by name, and only that one: what is before it is applied.
    private func fillIn(_ workshop: AlembicWorkshop, _ ours: TestDatabase) async throws {
        let harness = workshop.harness
        let refused = try await harness.control("-d", "main", "upgrade", "heads")
        #expect(refused.status == Failure.Code.unfinishedRevision.exitStatus, "\(refused)")
        #expect(refused.errors.contains("cannot upgrade to \"heads\": \"\(Self.unfinished)\" is to be filled in first"))
        #expect(
            try await workshop.control("-d", "main", "status").contains("\"\(Self.unfinished)\" is to be filled in"))
        try await workshop.control("-d", "main", "upgrade", "d6c8f51a470d")
        #expect(try await AlembicWorkshop.versions(ours) == ["d6c8f51a470d"])

        let name = try #require(TestFiles.names(in: harness.migrations).first { $0.hasPrefix(Self.unfinished) })
        let path = harness.migrations + "/" + name
        let lines = try TestFiles.read(path).split(separator: "\n", omittingEmptySubsequences: false).map { line in
            guard line.hasPrefix("-- migrated: unfinished") else { return String(line) }
            return """
                UPDATE plans SET slug = regexp_replace(lower(name), '[^a-z0-9]+', '-', 'g');

                ALTER TABLE plans ALTER COLUMN slug SET NOT NULL;
                """
        }
        try TestFiles.write(path, lines.joined(separator: "\n"))
        // The daemon has read it when its plan is no longer refused.
        try await within(.seconds(60), "the mended file") {
            while try await harness.control("-d", "main", "plan", "heads").status != 0 {
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    /// The imported chain and the project give the same schema and the same data, on the way up and at each stop down.
    private func upAndDown(_ workshop: AlembicWorkshop, _ ours: TestDatabase, _ theirs: TestDatabase) async throws {
        try await workshop.control("-d", "main", "upgrade", "heads")
        try await workshop.expectSame(ours, theirs, after: "upgrade heads")
        for (table, count) in [("plans", 3), ("samples", 2)] {
            let query = "SELECT t::text FROM \(table) t ORDER BY id"
            let rows = try await AlembicWorkshop.rows(query, of: ours)
            let expected = try await AlembicWorkshop.rows(query, of: theirs)
            #expect(rows == expected)
            #expect(rows.count == count)
        }
        for target in ["audit@09fb214d7a10", "c5b7e409360c", "a395c2e7140a", "6f518ea3d006", "3c2e5b70ad03", "base"] {
            // A value that was added to an enumeration stays: both say so in the same way.
            try await workshop.alembic("downgrade", target, on: theirs)
            try await workshop.control("-d", "main", "downgrade", target)
            try await workshop.expectSame(ours, theirs, after: "downgrade \(target)")
        }
    }

    /// What Alembic left in the middle goes on with us, comes part of the way back, and goes on with Alembic.
    private func takeOver(_ workshop: AlembicWorkshop, _ shared: TestDatabase, _ theirs: TestDatabase) async throws {
        for target in ["70629fb4e107", "09fb214d7a10"] {
            try await workshop.alembic("upgrade", target, on: shared)
            try await workshop.alembic("upgrade", target, on: theirs)
        }
        let rows = try await AlembicWorkshop.versions(shared)
        #expect(rows.count > 1)
        let current = try await workshop.control("-d", "shared", "current")
        for row in rows { #expect(current.contains(row)) }

        try await workshop.control("-d", "shared", "upgrade", "heads")
        try await workshop.alembic("upgrade", "heads", on: theirs)
        try await workshop.expectSame(shared, theirs, after: "our upgrade of what Alembic began")
        try await workshop.control("-d", "shared", "downgrade", "c5b7e409360c")
        try await workshop.alembic("upgrade", "heads", on: shared)
        try await workshop.expectSame(shared, theirs, after: "Alembic's upgrade of what we took back")
        #expect(try await workshop.alembic("current", on: shared).contains("3c2e540a0d13 (head)"))
        try await workshop.alembic("downgrade", "base", on: shared)
        try await workshop.alembic("downgrade", "base", on: theirs)
        try await workshop.expectSame(shared, theirs, after: "Alembic's downgrade of what was both's")
    }
}
