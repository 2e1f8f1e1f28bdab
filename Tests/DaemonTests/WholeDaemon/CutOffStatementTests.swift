import Glibc
import Planning
import PostgresClient
import TestSupport
import Testing

/// Whatever else runs outside of a transaction, cut off in its middle: each is brought to its end, once, by what the
/// catalogue tells of it.
@Suite struct CutOffStatementTests {
    /// A statement, and a query that gives a row if and only if it took effect and left nothing behind.
    struct Example: Sendable, CustomTestStringConvertible {
        var cut: CutOff
        var after: String

        var testDescription: String { cut.statement }
    }

    private static let index = ["CREATE INDEX i ON t_001 (id);"]
    private static let rebuilt = """
        SELECT FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE indrelid = 't_001'::regclass
        HAVING bool_and(indisvalid) AND count(*) = 1 AND bool_and(relname = 'i')
        """
    private static let table = "BEGIN; LOCK TABLE t_001 IN SHARE UPDATE EXCLUSIVE MODE"

    static let examples: [Example] =
        ["REINDEX INDEX CONCURRENTLY i;", "REINDEX TABLE CONCURRENTLY t_001;", "REINDEX SCHEMA CONCURRENTLY public;"]
        .map { statement in
            let middle = "SELECT FROM pg_class WHERE relname = 'i_ccnew'"
            return Example(cut: CutOff(setUp: index, statement: statement, middle: middle), after: rebuilt)
        } + [
            // A reader alone holds it up when the new index is in its place, and the old one not gone yet.
            Example(
                cut: CutOff(
                    setUp: index, statement: "REINDEX INDEX CONCURRENTLY i;", obstacle: "BEGIN; SELECT FROM t_001",
                    middle: "SELECT FROM pg_class WHERE relname = 'i_ccold'"),
                after: rebuilt),
            Example(
                cut: CutOff(setUp: index, statement: "DROP INDEX CONCURRENTLY i;"),
                after: "SELECT WHERE to_regclass('i') IS NULL"),
            Example(
                cut: CutOff(
                    setUp: [
                        "CREATE TABLE p (n int) PARTITION BY LIST (n);",
                        "CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);",
                    ],
                    statement: "ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY;", obstacle: "BEGIN; SELECT * FROM p",
                    middle: "SELECT FROM pg_inherits WHERE inhdetachpending"),
                after: """
                    SELECT WHERE to_regclass('p1') IS NOT NULL
                        AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhparent = 'p'::regclass)
                    """),
            Example(
                cut: .waiting(
                    "ALTER TYPE mood ADD VALUE 'glad';", setUp: ["CREATE TYPE mood AS ENUM ('sad');"],
                    obstacle: "BEGIN; ALTER TYPE mood ADD VALUE 'so so'"),
                after: "SELECT WHERE enum_range(NULL::mood)::text = '{sad,glad}'"),
            Example(
                cut: .waiting(
                    "ALTER TABLE t_001 VALIDATE CONSTRAINT c;",
                    setUp: ["ALTER TABLE t_001 ADD CONSTRAINT c CHECK (id > 0) NOT VALID;"], obstacle: table),
                after: "SELECT FROM pg_constraint WHERE conname = 'c' AND convalidated"),
            Example(
                cut: .waiting("VACUUM (FREEZE) t_001;", obstacle: table),
                after: "SELECT FROM pg_class WHERE oid = 't_001'::regclass AND relallvisible > 0"),
            Example(
                cut: .waiting("ANALYZE t_001 (id);", obstacle: table),
                after: "SELECT FROM pg_class WHERE oid = 't_001'::regclass AND reltuples = 1000"),
            Example(
                cut: .waiting(
                    "REFRESH MATERIALIZED VIEW m;",
                    setUp: ["CREATE MATERIALIZED VIEW m AS SELECT id FROM t_001;", "INSERT INTO t_001 VALUES (-1);"],
                    obstacle: "BEGIN; SELECT count(*) FROM m"),
                after: "SELECT FROM m HAVING count(*) = 1001"),
        ]

    @Test(arguments: examples, CutOff.Victim.allCases)
    func isBroughtToItsEnd(_ example: Example, _ victim: CutOff.Victim) async throws {
        try await example.cut.perform(victim) { harness, database, job in
            let ended = try await harness.follow(job)
            #expect(ended.state == .succeeded, "\(ended)")
            try await database.awaitRow(Query(raw: example.after))
            let aftermath = try await Aftermath.of(database)
            aftermath.expect(["upgrade 001", "upgrade 002"], at: ["002"])
            #expect(aftermath.states == ["succeeded", "succeeded"])
        }
    }

    /// What nobody can find out is asked. "Not applied" is said of one attempt; "retry" of all.
    @Test(arguments: [("--not-applied", true), ("--retry", false)])
    func whatCannotBeFoundOutIsAsked(_ decision: String, isAskedAgain: Bool) async throws {
        try await withCreation { harness, database, creation in
            // The server waits for five seconds until nobody is connected to the template.
            let guest = try await creation.template.connectAsSuperuser()
            let job = try await harness.queue()
            try await database.cutOffCreation()
            #expect(try await harness.follow(job, untilParked: true).state == .needsDecision)
            let resolve = ["resolve", "\(job.id)", decision, "--reason", "it is not there"]
            #expect(try await harness.startControl(resolve).wait().status == 0)
            try await database.cutOffCreation()
            if isAskedAgain {
                #expect(try await harness.follow(job, untilParked: true).state == .needsDecision)
                await guest.close()
                #expect(try await harness.startControl(resolve).wait().status == 0)
            } else {
                await guest.close()
            }
            #expect(try await harness.follow(job, untilParked: true).state == .succeeded)
            let shown = try await harness.control("job", "\(job.id)")
            #expect(shown.output.contains("it is not there"), "\(shown)")
            try await database.awaitRow("SELECT FROM pg_database WHERE datname = \(creation.copy)")
            try await Aftermath.of(database).expect(["upgrade 001"], at: ["001"])
        }
    }

    /// What a person says is done is not done again: here it is not even there. Who said it and why is shown with the job.
    @Test(arguments: [CutOff.Victim.backend, .both])
    func whatIsSaidToBeDoneIsNotDoneAgain(_ victim: CutOff.Victim) async throws {
        try await withCreation { harness, database, creation in
            let guest = try await creation.template.connectAsSuperuser()
            let job = try await harness.queue()
            try await database.cutOffCreation()
            if victim == .both {
                try await harness.end(SIGKILL)
                try await harness.start()
            }
            #expect(try await harness.follow(job, untilParked: true).state == .needsDecision)
            await guest.close()
            let asking = try await harness.control("job", "\(job.id)")
            #expect(asking.output.contains("migratectl resolve \(job.id) --applied"), "\(asking)")
            let said = try await harness.control(
                "resolve", "\(job.id)", "--applied", "--reason", "seen with my own eyes")
            #expect(said.status == 0 && said.output.hasPrefix("\(job.id): "), "\(said)")
            #expect(try await harness.follow(job, untilParked: true).state == .succeeded)
            let shown = try await harness.control("job", "\(job.id)")
            let person = "\(job.requestedBy.userName) (uid \(geteuid()))"
            #expect(shown.output.contains("decided by \(person): seen with my own eyes: applied"), "\(shown)")
            try await database.awaitRow(
                "SELECT WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = \(creation.copy))")
            try await Aftermath.of(database).expect(["upgrade 001"], at: ["001"])
        }
    }

    /// A database to be made by a revision, and the one that it is to be a copy of.
    private struct Creation: Sendable {
        var template: TestDatabase
        var copy: String
    }

    /// Gives a daemon to the body whose one revision makes a database: nobody can tell afterwards whether it was that which
    /// made it.
    private func withCreation(
        _ body: @Sendable (DaemonHarness, TestDatabase, Creation) async throws -> Void
    ) async throws {
        try await withDaemon(start: false) { harness, database in
            try await database.makeEffects()
            let template = try await database.cluster.makeDatabase()
            let copy = template.name + "_copy"
            var chain = TestRevision.chain(1) { _ in false }
            chain[0].upgrade = ["CREATE DATABASE \(copy) TEMPLATE \(template.name);"]
            try harness.write(chain)
            try await harness.start()
            try await body(harness, database, Creation(template: template, copy: copy))
            try await database.run("DROP DATABASE IF EXISTS \(identifier: copy)")
            try await template.drop()
        }
    }
}

extension TestDatabase {
    /// Ends the worker's session while it makes a database.
    fileprivate func cutOffCreation() async throws {
        try await awaitRow(
            """
            SELECT FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'
                AND application_name = 'migrated worker' AND query LIKE 'CREATE DATABASE%'
            """)
        try await endWorker()
    }
}
