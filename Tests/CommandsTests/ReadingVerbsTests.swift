import Testing
import Varlink

@testable import Commands

@Suite("The verbs that look, against a daemon with canned answers", .timeLimit(.minutes(15)))
struct ReadingVerbsTests {
    private func outcome(_ arguments: String..., at place: Place = Place()) async throws -> Outcome {
        try await FakeDaemon.serving(try Samples.readingHandlers()) { daemon in
            await place.run(["--socket", daemon.socketPath] + arguments)
        }
    }

    @Test("status shows a block for each database")
    func status() async throws {
        let outcome = try await outcome("status")
        #expect(outcome.status == 0)
        #expect(
            outcome.output == """
                main  connected postgresql://app@localhost/app, PostgreSQL 15.18
                  revision     001 → 002, 1 pending, 1 not approved
                  last backup  none
                  watching     /etc/migrated/migrations (2 revisions)

                migrated 0.1.0, pid 4242, since 2026-11-22 10:15:00 UTC

                """)
    }

    @Test("current, history and heads have Alembic's forms")
    func alembic() async throws {
        #expect(try await outcome("current").output == "001\n")
        #expect(try await outcome("heads").output == "002 (head)\n")
        #expect(
            try await outcome("history").output == """
                001 -> 002 (head), add status
                <base> -> 001, initial

                """)
        #expect(try await outcome("history", "-i").output.hasSuffix("<base> -> 001 (current), initial\n"))
        let verbose = try await outcome("history", "-v")
        #expect(
            verbose.output.hasPrefix("Rev: 002 (head)\nParent: 001\nPath: migrations/002.sql\n\n    add status\n\n"))
        // These files are the daemon's only: it says what it has, and why.
        #expect(verbose.errors.hasSuffix("this is what the daemon has in force\n"))
    }

    @Test("current --check-heads fails where something is missing")
    func checkHeads() async throws {
        let behind = try await outcome("current", "--check-heads")
        #expect(behind.status == 38)
        #expect(behind.output == "001\n")
        #expect(behind.errors.contains("cannot call \"main\" up to date: 1 revision not applied"))
        #expect(try await outcome("current", "-v").output.hasPrefix("Current revision(s) for postgresql://app@"))
    }

    @Test("history --applied, jobs, approvals and backups are tables")
    func tables() async throws {
        #expect(
            try await outcome("history", "--applied").output == """
                WHEN (UTC)           DIRECTION  REVISION   TOOK  BY   JOB      NOW AT
                2026-11-22 10:15:00  upgrade    001       12 ms  ann  main-41  001

                """)
        #expect(
            try await outcome("jobs").output == """
                JOB      WHAT          STATE      APPLIED  BY   QUEUED (UTC)          TOOK
                main-41  upgrade head  applying   0 of 1   ann  2026-11-22 10:15:00
                main-41  upgrade head  succeeded  1 of 1   ann  2026-11-22 10:15:00  2.4 s

                """)
        #expect(try await outcome("approvals").output.contains("001       upgrade    ann  1000  2026-11-22 10:15:00"))
        #expect(
            try await outcome("backups").output == """
                BACKUP                     AT       SIZE   TOOK  TAKEN (UTC)          JOB      VERIFIED
                main-20261122T101500Z-001  001  80.0 MiB  2.5 s  2026-11-22 10:15:00  main-41  yes

                """)
    }

    @Test("plan says what would be done and what it lacks")
    func plan() async throws {
        let output = try await outcome("plan").output
        #expect(output.contains("upgrade  002                2  0 of 1"))
        #expect(output.hasSuffix("from 001 to 002\n"))
    }

    @Test("show, job and log")
    func details() async throws {
        let show = try await outcome("show", "002").output
        #expect(show.contains("Approved: by nobody yet"))
        #expect(show.hasSuffix("ALTER TABLE sessions DROP COLUMN status;\n"))
        let job = try await outcome("job", "main-41").output
        #expect(
            job.hasPrefix("main-41  upgrade head: succeeded\n  asked by  ann (uid 1000), 2026-11-22 10:15:00 UTC\n"))
        #expect(try await outcome("log").output == "2026-11-22 10:15:00 main-41 queued: upgrade to head queued\n")
    }

    @Test(
        "--json is one document that parses, for every verb that looks",
        arguments: [
            ["status"], ["current"], ["history"], ["history", "--applied"], ["heads"], ["show", "002"], ["plan"],
            ["jobs"], ["job", "main-41"], ["approvals"], ["backups"], ["log"],
        ])
    func json(verb: [String]) async throws {
        let outcome = try await FakeDaemon.serving(try Samples.readingHandlers()) { daemon in
            await Place().run(["--socket", daemon.socketPath] + verb + ["--json"])
        }
        #expect(outcome.status == 0)
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.count == 1)
        for line in lines { #expect(throws: Never.self) { try JSONValue(parsing: line.utf8) } }
    }

    @Test("what does not exist ends with its own status")
    func absent() async throws {
        let revision = try await outcome("show", "nope")
        #expect(revision.status == 12)
        #expect(revision.errors.contains("\nmigratectl: cannot find revision \"nope\""))
        let job = try await outcome("--json", "job", "main-7")
        #expect(job.status == 15)
        let error = try JSONValue(parsing: job.errors.split(separator: "\n").joined().utf8)
        #expect(error["error"]?["code"] == .string("no-such-job"))
    }

    @Test("doctor lists everything, and its status says whether something is bad")
    func doctor() async throws {
        let outcome = try await outcome("doctor")
        #expect(outcome.status == 37)
        #expect(outcome.output.contains("good  main: connection: PostgreSQL 15.18\n"))
        #expect(
            outcome.output.hasSuffix(
                "bad   main: pg_dump: not found\n      hint: apt-get install postgresql-client-15\n"))
        let absent = await Place().run(["--socket", "/nonexistent/socket", "doctor"])
        #expect(absent.status == 37)
        #expect(absent.output.contains("hint: is migrated running?"))
    }

    @Test("a reader that has gone is no error worth a word")
    func brokenPipe() async throws {
        let outcome = try await outcome("log", at: Place(outputLimit: 0))
        #expect(outcome.status == 141)
        #expect(outcome.errors.isEmpty)
    }

    @Test("a method that the daemon does not know says that the two programs do not fit")
    func unequal() async throws {
        let outcome = try await outcome("pause")
        #expect(outcome.status == 76)
        #expect(outcome.errors.contains("hint: compare the versions"))
    }
}
