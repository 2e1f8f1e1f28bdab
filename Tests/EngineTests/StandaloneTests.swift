import Digest
import Planning
import PostgresClient
import Revisions
import SQLText
import TestSupport
import Testing

@testable import Engine

/// Revisions with `transaction: off`.
@Suite(.timeLimit(.minutes(15))) struct StandaloneTests {
    private static let base = Sample(
        "a",
        up: "CREATE TABLE t (n integer, m integer);\nINSERT INTO t SELECT n, n % 10 FROM generate_series(1, 1000) n;",
        down: "DROP TABLE t;")
    private static func index(_ statement: String) -> Sample {
        Sample("b", after: "a", up: statement, down: "DROP INDEX CONCURRENTLY i;", isTransactional: false)
    }

    private static let isValid =
        "SELECT coalesce(bool_and(indisvalid), false) FROM pg_index WHERE indexrelid = to_regclass('i')"

    @Test func anIndexIsBuiltBesideOtherStatements() async throws {
        let up = """
            CREATE TABLE log (mark text);
            CREATE INDEX CONCURRENTLY i ON t (n);
            INSERT INTO log VALUES ('after');
            """
        try await EngineFixture.with([Self.base, Self.index(up)]) { fixture in
            let engine = fixture.engine
            let job = try await engine.outcome(of: try await engine.upgrade())
            #expect(job.state == .succeeded, "\(String(describing: job.failure))")
            #expect(try await fixture.value(Self.isValid, as: Bool.self))
            #expect(try await fixture.column("SELECT mark FROM log") == ["after"])
            #expect(try await fixture.value("SELECT count(*) FROM migrated.standalone_statement", as: Int.self) == 0)
            #expect(try await engine.outcome(of: try await engine.downgrade(to: "a")).state == .succeeded)
            #expect(try await fixture.value("SELECT to_regclass('i') IS NULL", as: Bool.self))
        }
    }

    @Test func aUniqueIndexOverDuplicatesLeavesNothingAndMayBeTriedAgain() async throws {
        let sample = Self.index("INSERT INTO t VALUES (-1, -1);\nCREATE UNIQUE INDEX CONCURRENTLY i ON t (m);")
        try await EngineFixture.with([Self.base, sample]) { fixture in
            let engine = fixture.engine
            let job = try await engine.outcome(of: try await engine.upgrade())
            #expect(job.failure?.code == .statementFailed && job.failure?.sql?.sqlState == "23505")
            #expect(job.failure?.location?.line == 8)
            #expect(try await fixture.value("SELECT to_regclass('i') IS NULL", as: Bool.self))
            #expect(try await engine.currentRows() == ["a"])
            try await fixture.admin.execute("DELETE FROM t WHERE n > 10")
            #expect(try await engine.outcome(of: try await engine.upgrade()).state == .succeeded)
            #expect(try await fixture.value(Self.isValid, as: Bool.self))
            // The statement before the index was not run a second time.
            #expect(try await fixture.value("SELECT count(*) FROM t WHERE n = -1", as: Int.self) == 1)
        }
    }

    /// The server refuses because an index of that name is there. That must not pass for success, now or at a second try.
    @Test func anotherIndexOfTheSameNameIsNotTakenForOurs() async throws {
        try await EngineFixture.with([Self.base, Self.index("CREATE INDEX CONCURRENTLY i ON t (m);")]) { fixture in
            let engine = fixture.engine
            #expect(try await engine.outcome(of: try await engine.upgrade(to: "a")).state == .succeeded)
            try await fixture.admin.execute("CREATE INDEX i ON t (n)")
            for _ in 0..<2 {
                let job = try await engine.outcome(of: try await engine.upgrade())
                #expect(job.failure?.sql?.sqlState == "42P07")
                #expect(try await engine.currentRows() == ["a"])
            }
        }
    }

    /// The statement was cut off, and there is a valid index of its name: it is the statement's if it is what that makes.
    @Test(
        arguments: [
            ("ON t (n)", "ON t (n)", true), ("ON t (n)", "ON t (m)", false), ("ON t (n)", "ON other (n)", false),
            ("ON public.t USING btree (abs(t.n) DESC) WHERE m > 0", "ON t (abs(n) DESC NULLS FIRST) WHERE m > 0", true),
            ("ON t (n) WHERE m > 0", "ON t (n) WHERE m > 1", false), ("ON t (n) INCLUDE (m)", "ON t (n)", false),
            ("ON t (n) WITH (fillfactor = 70)", "ON t (n) WITH (fillfactor = 70)", true),
        ])
    func anIndexIsTheOneOfAStatementThatWasCutOff(_ asked: String, _ found: String, isOurs: Bool) async throws {
        try await EngineFixture.with([Self.base, Self.index("CREATE INDEX CONCURRENTLY i \(asked);")]) { fixture in
            let engine = fixture.engine
            let first = try await engine.upgrade(to: "a")
            #expect(try await engine.outcome(of: first).state == .succeeded)
            // Its columns have other numbers than those of a new table.
            try await fixture.admin.script(
                """
                CREATE TABLE other (n integer); ALTER TABLE t DROP COLUMN m, ADD COLUMN m integer;
                CREATE TABLE audit (tag text);
                CREATE FUNCTION note() RETURNS event_trigger LANGUAGE plpgsql AS
                    $$ BEGIN INSERT INTO public.audit VALUES (tg_tag); END $$;
                CREATE EVENT TRIGGER note ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION note();
                """)
            try await fixture.intend(try #require(engine.library.snapshot.graph["b"]), statement: 0, job: first)
            try await fixture.admin.execute("CREATE INDEX i \(found)")
            let job = try await engine.outcome(of: try await engine.upgrade())
            #expect(job.state == (isOurs ? .succeeded : .failed), "\(String(describing: job.failure))")
            #expect(job.failure?.sql?.sqlState == (isOurs ? nil : "42P07"))
            let said = try await engine.events(of: job.id.number, after: 0).map(\.message)
            #expect(said.contains { $0.hasPrefix("found done") } == isOurs, "\(said)")
            #expect(try await fixture.column("SELECT tag FROM audit") == [], "nothing of the comparison stays")
        }
    }

    /// Where no table can be made to compare with, nobody guesses.
    @Test func whatMayNotBeComparedIsAsked() async throws {
        try await EngineFixture.with([Self.base, Self.index("CREATE INDEX CONCURRENTLY i ON t (n);")]) { fixture in
            let engine = fixture.engine
            let first = try await engine.upgrade(to: "a")
            #expect(try await engine.outcome(of: first).state == .succeeded)
            try await fixture.intend(try #require(engine.library.snapshot.graph["b"]), statement: 0, job: first)
            try await fixture.admin.script(
                """
                CREATE INDEX i ON t (n);
                CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not here'; END $$;
                CREATE EVENT TRIGGER refuse ON ddl_command_start WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION refuse();
                """)
            let job = try await engine.outcome(of: try await engine.upgrade())
            #expect(job.state == .needsDecision, "\(String(describing: job.failure))")
        }
    }

    @Test func aMissingIndexIsNotTakenForDropped() async throws {
        try await EngineFixture.with([Self.base, Self.index("DROP INDEX CONCURRENTLY i;")]) { fixture in
            let engine = fixture.engine
            for _ in 0..<2 {
                let job = try await engine.outcome(of: try await engine.upgrade())
                #expect(job.failure?.sql?.sqlState == "42704")
            }
        }
    }

    /// IF NOT EXISTS is content with what a cancelled build left behind; we are not.
    @Test func anInvalidIndexIsBuiltAnewUnderIfNotExists() async throws {
        let sample = Self.index("CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (n);")
        try await EngineFixture.with([Self.base, sample]) { fixture in
            let engine = fixture.engine
            #expect(try await engine.outcome(of: try await engine.upgrade(to: "a")).state == .succeeded)
            try await fixture.admin.execute("INSERT INTO t VALUES (1, 1)")
            await #expect(throws: ServerError.self) {
                try await fixture.admin.execute("CREATE UNIQUE INDEX CONCURRENTLY i ON t (n)")
            }
            #expect(try await !fixture.value(Self.isValid, as: Bool.self))
            #expect(try await engine.outcome(of: try await engine.upgrade()).state == .succeeded)
            #expect(try await fixture.value(Self.isValid, as: Bool.self))
        }
    }

    /// The build is held back by an old snapshot; its backend is killed; what it left is found and built again.
    @Test func aBuildThatWasCutOffIsRecovered() async throws {
        let sample = Self.index("CREATE INDEX CONCURRENTLY i ON t (n);")
        try await EngineFixture.with([Self.base, sample]) { fixture in
            let engine = fixture.engine
            #expect(try await engine.outcome(of: try await engine.upgrade(to: "a")).state == .succeeded)
            let old = try await fixture.database.connect()
            try await old.script("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM t")
            let job = try await engine.upgrade()
            try await fixture.waitUntil(
                "SELECT EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('i') AND NOT indisvalid)")
            _ = try await engine.event(of: job) { $0.kind == .blockersSeen }
            try await fixture.endWorker()
            _ = try await engine.event(of: job) { $0.message.contains("back in the queue") }
            try await old.script("COMMIT")
            let ended = try await engine.outcome(of: job)
            #expect(ended.state == .succeeded, "\(String(describing: ended.failure))")
            #expect(try await fixture.value(Self.isValid, as: Bool.self))
            #expect(
                try await fixture.value("SELECT count(*) FROM pg_index WHERE indrelid = 't'::regclass", as: Int.self)
                    == 1)
            #expect(try await engine.history(limit: nil).map(\.revision) == ["b", "a"])
            await old.close()
        }
    }

    /// A statement was cut off, and nobody can tell whether it took effect: a person has to.
    @Test(arguments: [DatabaseEngine.Decision.applied, .notApplied, .retry, .abandon])
    func whatCannotBeProbedNeedsADecision(_ decision: DatabaseEngine.Decision) async throws {
        let up =
            "INSERT INTO t VALUES (-1, -1);\nCREATE DATABASE \(Self.otherDatabase(decision)) OWNER postgres;\nSELECT 1;"
        try await EngineFixture.with([Self.base, Self.index(up)]) { fixture in
            let engine = fixture.engine
            #expect(try await engine.outcome(of: try await engine.upgrade(to: "a")).state == .succeeded)
            let job = try await fixture.cutOff()
            #expect(job.state == .needsDecision && job.failure?.code == .needsDecision)
            #expect(job.failure?.location?.line == 8)
            // The queue stands still meanwhile.
            let behind = try await engine.enqueueBackup(requestID: RequestID.random(), person: EngineFixture.ann)
            await #expect(throws: Failure.self) { try await engine.cancel(job.id.number, by: EngineFixture.ann) }
            _ = try await engine.resolve(job.id.number, decision, reason: "looked", by: EngineFixture.ann)
            let ended = try await engine.outcome(of: job)
            #expect(
                ended.state == (decision == .abandon ? .failed : .succeeded), "\(String(describing: ended.failure))")
            #expect(try await engine.outcome(of: behind).state == .succeeded)
            let said = try await engine.events(of: job.id.number, after: 0).map(\.message)
            #expect(said.contains { $0.contains("decided by ann") && $0.contains("looked") }, "\(said)")
            let there = try await fixture.value(
                "SELECT EXISTS (SELECT FROM pg_database WHERE datname = '\(Self.otherDatabase(decision))')",
                as: Bool.self)
            #expect(there == (decision == .notApplied || decision == .retry))
            #expect(try await fixture.value("SELECT count(*) FROM t WHERE n = -1", as: Int.self) == 1)
            try await fixture.admin.execute("DROP DATABASE IF EXISTS \(Self.otherDatabase(decision))")
        }
    }

    /// The doubt was left by an earlier job that was cancelled: the decision about the later one settles it.
    @Test func aDoubtOfACancelledJobIsSettledByTheNextOne() async throws {
        let other = "engine_tests_cancelled"
        let sample = Self.index("CREATE DATABASE \(other);\nSELECT 1;")
        try await EngineFixture.with([Self.base, sample]) { fixture in
            let engine = fixture.engine
            let first = try await engine.upgrade(to: "a")
            #expect(try await engine.outcome(of: first).state == .succeeded)
            let revision = try #require(engine.library.snapshot.graph["b"])
            try await fixture.intend(revision, statement: 0, job: first)
            let job = try await engine.outcome(of: try await engine.upgrade())
            #expect(job.state == .needsDecision)
            _ = try await engine.resolve(job.id.number, .applied, reason: "it is there", by: EngineFixture.ann)
            #expect(try await engine.outcome(of: job).state == .succeeded)
            #expect(
                try await fixture.value(
                    "SELECT NOT EXISTS (SELECT FROM pg_database WHERE datname = '\(other)')", as: Bool.self))
        }
    }

    private static func otherDatabase(_ decision: DatabaseEngine.Decision) -> String {
        "engine_tests_\(decision)".lowercased()
    }
}

extension EngineFixture {
    /// Ends the worker's backend, as an administrator may at any time.
    func endWorker() async throws {
        _ = try await admin.query(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = 'migrated worker'
            """)
    }

    /// Writes the intent of a statement that was never heard of again.
    func intend(_ revision: Revision, statement: Int, job: Job) async throws {
        let digest = SHA256Digest.of(revision.upgrade.statements[statement].text)
        try await StandaloneStore(session: admin).intend(
            statement, digest, of: StandaloneKey(revision: revision.id, direction: .upgrade), job: job.id.number)
    }

    /// Queues the upgrade to `b` as if its backend had died within the second statement, and waits for what comes of it.
    func cutOff() async throws -> Job {
        let revision = try #require(engine.library.snapshot.graph["b"])
        try await takeLock()
        let job = try await engine.upgrade()
        try await admin.execute("INSERT INTO t VALUES (-1, -1)")
        try await intend(revision, statement: 0, job: job)
        try await StandaloneStore(session: admin).settle(
            0, of: StandaloneKey(revision: "b", direction: .upgrade), by: "result")
        try await intend(revision, statement: 1, job: job)
        try await releaseLock()
        return try await engine.outcome(of: job)
    }
}
