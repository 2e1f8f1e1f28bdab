import Planning
import PostgresClient
import Revisions
import TestSupport
import Testing

@testable import Engine

/// What a revision may not do to the session, and what the settings say about it.
@Suite(.timeLimit(.minutes(15))) struct SessionTests {
    private static let mark = TransactionMark.setting(role: nil, statementTimeout: nil, lockTimeout: nil)

    @Test func aRevisionThatDropsTheLockIsNotRecorded() async throws {
        let sample = Sample(
            "a", up: "CREATE TABLE t (n integer);\nDO $$ BEGIN PERFORM pg_advisory_unlock_all(); END $$;")
        try await EngineFixture.with([sample]) { fixture in
            let engine = fixture.engine
            let job = try await engine.outcome(of: try await engine.upgrade())
            #expect(job.failure?.code == .transactionEscaped)
            #expect(job.failure?.message.contains("dropped the lock") == true)
            #expect(try await engine.history(limit: nil).isEmpty)
            #expect(try await fixture.value("SELECT to_regclass('t') IS NULL", as: Bool.self))
        }
    }

    @Test(arguments: [
        "DO $$ BEGIN COMMIT; END $$;", "CALL leave();", "DO $$ BEGIN EXECUTE 'ROLLBACK'; END $$;",
        "DO $$ BEGIN EXECUTE 'DISCARD ALL'; END $$;",
    ])
    func aRevisionThatEndsItsTransactionIsNotRecorded(_ way: String) async throws {
        let procedure = "CREATE PROCEDURE leave() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$;"
        for isTransactional in [true, false] {
            let samples = [
                Sample("a", up: procedure), Sample("b", after: "a", up: "CREATE TABLE t (n integer);\n\(way)"),
            ]
            try await EngineFixture.with(
                samples.map {
                    var sample = $0
                    sample.isTransactional = isTransactional
                    return sample
                }
            ) { fixture in
                let engine = fixture.engine
                let job = try await engine.outcome(of: try await engine.upgrade())
                #expect(job.state == .failed && job.failure?.location?.path.hasSuffix("b_sample.sql") == true)
                #expect(try await engine.history(limit: nil).map(\.revision) == ["a"])
                #expect(try await engine.currentRows() == ["a"])
                #expect(try await fixture.value("SELECT to_regclass('t') IS NULL", as: Bool.self) == isTransactional)
            }
        }
    }

    /// The server refuses what could end the transaction; should a way be left, the record's own guard is the last word.
    @Test func nothingIsRecordedInAnotherTransaction() async throws {
        try await EngineFixture.with([.table("a")]) { fixture in
            let engine = fixture.engine
            let job = try await engine.outcome(of: try await engine.upgrade())
            let revision = try #require(engine.library.snapshot.graph["a"])
            let step = try #require(
                Step(
                    GraphStep(
                        revision: "a", direction: .downgrade, rowChanges: [.delete("a")], rowsAfter: []), of: revision))
            let sessions = try await SessionPair.open(fixture.configuration)
            try await MigrationLock(session: sessions.worker).acquire { _ in }
            let entry = HistoryStore.Entry(
                job: job.id.number, step: step, meaningDigest: revision.upgrade.meaningDigest)
            let recording = HistoryStore.recording(entry, in: sessions.versions, identity: sessions.identity)
            try await sessions.worker.script("BEGIN")
            try await sessions.worker.query(Self.mark)
            try await sessions.worker.script("COMMIT")
            let escaped = await #expect(throws: ServerError.self) { try await sessions.worker.query(recording) }
            #expect(escaped?.sqlState == TransactionMark.Refusal.escaped.rawValue)
            try await MigrationLock(session: sessions.worker).release()
            try await sessions.worker.script("BEGIN")
            try await sessions.worker.query(Self.mark)
            let unlocked = await #expect(throws: ServerError.self) { try await sessions.worker.query(recording) }
            #expect(unlocked?.sqlState == TransactionMark.Refusal.unlocked.rawValue)
            try await sessions.worker.script("COMMIT")
            await sessions.close()
            #expect(try await engine.history(limit: nil).count == 1)
            #expect(try await engine.currentRows() == ["a"])
        }
    }

    /// Ours are among them: what we send after the revision's statements is then prepared anew.
    @Test func aRevisionMayDropPreparedStatements() async throws {
        func drop(_ table: String) -> String {
            "CREATE TABLE \(table) (n integer); DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$;"
        }
        let samples = [
            Sample("a", up: drop("a")), Sample("b", after: "a", up: drop("b")), Sample("c", after: "b", up: drop("c")),
            Sample("d", after: "c", up: drop("d")), Sample("e", after: "d", up: drop("e")),
        ]
        try await EngineFixture.with(samples) { fixture in
            let job = try await fixture.engine.outcome(of: try await fixture.engine.upgrade())
            #expect(job.state == .succeeded)
            #expect(try await fixture.engine.history(limit: nil).count == 5)
        }
    }

    @Test func whatARevisionSetsDoesNotReachTheNextOne() async throws {
        let poison = """
            CREATE ROLE \(Self.role); CREATE SCHEMA elsewhere; SET search_path = elsewhere;
            SET session_replication_role = replica; SET statement_timeout = '1h'; SET work_mem = '77MB';
            SET default_transaction_read_only = on; SET timezone = 'Asia/Tokyo'; SET lock_timeout = 0;
            GRANT ALL ON SCHEMA elsewhere TO \(Self.role); SET ROLE \(Self.role); CREATE TABLE of_role (n integer);
            SET client_connection_check_interval = 0; SELECT set_config('idle_session_timeout', '1h', false);
            """
        let look = """
            CREATE TABLE seen AS SELECT current_user::text AS me, session_user::text AS login,
                current_setting('search_path') AS path, current_setting('session_replication_role') AS replication,
                current_setting('statement_timeout') AS patience, current_setting('work_mem') = '77MB' AS poisoned,
                current_setting('client_connection_check_interval') AS interval,
                current_setting('idle_session_timeout') AS idleness;
            """
        let drop = "DROP TABLE elsewhere.of_role; DROP SCHEMA elsewhere; DROP ROLE \(Self.role);"
        for isTransactional in [true, false] {
            var first = Sample("a", up: poison, down: drop)
            var second = Sample("b", after: "a", up: look, down: "DROP TABLE seen;")
            (first.isTransactional, second.isTransactional) = (isTransactional, isTransactional)
            try await EngineFixture.with([first, second]) { fixture in
                let engine = fixture.engine
                let job = try await engine.outcome(of: try await engine.upgrade())
                guard isTransactional else {
                    // Statement by statement, each begins with a session as it should be: the role is not there any more.
                    #expect(job.state == .succeeded, "\(String(describing: job.failure))")
                    #expect(
                        try await fixture.value("SELECT tableowner FROM pg_tables WHERE tablename = 'of_role'")
                            == "postgres")
                    #expect(try await engine.outcome(of: try await engine.downgrade(to: "a")).state == .succeeded)
                    try await fixture.admin.script("DROP TABLE of_role; DROP SCHEMA elsewhere; DROP ROLE \(Self.role)")
                    return
                }
                #expect(job.state == .succeeded, "\(String(describing: job.failure))")
                let row = try await fixture.column(
                    "SELECT concat_ws('|', me, login, path, replication, patience, poisoned, interval, idleness) FROM seen"
                )
                #expect(row == [#"postgres|postgres|"$user", public|origin|0|f|500ms|0"#])
                #expect(
                    try await fixture.value("SELECT tableowner FROM pg_tables WHERE tablename = 'of_role'") == Self.role
                )
                #expect(try await engine.outcome(of: try await engine.downgrade(to: "base")).state == .succeeded)
            }
        }
    }

    private static let role = "engine_tests_role"

    @Test func roleSearchPathAndTimeoutAreThoseOfTheSettings() async throws {
        let samples = [
            Sample("a", up: "CREATE TABLE mine (n integer);\nSELECT set_config('search_path', 'public', false);"),
            Sample(
                "b", after: "a",
                up:
                    "CREATE TABLE also_mine AS SELECT current_user::text AS me, current_setting('statement_timeout') AS patience;"
            ),
            Sample("c", after: "b", up: "CREATE INDEX CONCURRENTLY i ON mine (n);", isTransactional: false),
            Sample("d", after: "c", up: "SELECT pg_sleep(600);"),
        ]
        let change = Setting.configured {
            $0.role = "engine_tests_owner"
            $0.searchPath = ["my schema", "public"]
            $0.statementTimeout = .seconds(5)
            $0.versionTable = VersionTableName(schema: "public")
        }
        try await EngineFixture.with(
            samples,
            change.prepared { database in
                let session = try await database.connect()
                try await session.script(
                    """
                    DO $$ BEGIN CREATE ROLE engine_tests_owner; EXCEPTION WHEN duplicate_object THEN END $$;
                    CREATE SCHEMA "my schema" AUTHORIZATION engine_tests_owner
                    """)
                await session.close()
            }
        ) { fixture in
            let engine = fixture.engine
            let job = try await engine.outcome(of: try await engine.upgrade())
            #expect(job.failure?.sql?.sqlState == "57014" && job.appliedCount == 3)
            #expect(
                try await fixture.column(
                    "SELECT schemaname || '.' || tablename || ' ' || tableowner FROM pg_tables WHERE schemaname IN ('public', 'my schema') ORDER BY 1"
                )
                    == [
                        "my schema.also_mine engine_tests_owner", "my schema.mine engine_tests_owner",
                        "public.alembic_version postgres",
                    ])
            #expect(
                try await fixture.column(#"SELECT me || patience FROM "my schema".also_mine"#) == [
                    "engine_tests_owner5s"
                ])
            #expect(try await fixture.value("SELECT schemaname FROM pg_indexes WHERE indexname = 'i'") == "my schema")
        }
    }

    /// What is deferred belongs to the revision: it runs with the revision's names and as its role, and its error is one of
    /// the revision.
    @Test func deferredTriggersRunInTheRevisionsOwnSurroundings() async throws {
        let up = """
            CREATE TABLE t (n integer); CREATE TABLE seen (me text);
            CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                INSERT INTO seen VALUES (current_user);
                IF NEW.n < 0 THEN RAISE EXCEPTION 'negative'; END IF;
                RETURN NULL;
            END $$;
            CREATE CONSTRAINT TRIGGER look AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION look();
            INSERT INTO t VALUES (1);
            """
        let samples = [Sample("a", up: up), Sample("b", after: "a", up: "INSERT INTO t VALUES (-1);")]
        try await EngineFixture.with(
            samples,
            Setting.configured { $0.role = "engine_tests_deferrer" }.prepared { database in
                let session = try await database.connect()
                try await session.script(
                    "CREATE ROLE engine_tests_deferrer; GRANT CREATE ON SCHEMA public TO engine_tests_deferrer")
                await session.close()
            }
        ) { fixture in
            let engine = fixture.engine
            let job = try await engine.outcome(of: try await engine.upgrade())
            #expect(try await fixture.column("SELECT me FROM seen") == ["engine_tests_deferrer"])
            #expect(job.failure?.code == .statementFailed && job.failure?.sql?.message == "negative")
            #expect(job.failure?.location?.path.hasSuffix("b_sample.sql") == true)
            #expect(try await engine.currentRows() == ["a"])
        }
    }

    @Test func aUserWithoutSuperuserRightsSuffices() async throws {
        try await EngineFixture.with(Sample.marks(2), Setting(role: "engine_tests_plain")) { fixture in
            try await fixture.admin.script("GRANT CREATE ON SCHEMA public TO engine_tests_plain")
            #expect(try await fixture.engine.outcome(of: try await fixture.engine.upgrade()).state == .succeeded)
            #expect(
                try await fixture.engine.outcome(of: try await fixture.engine.downgrade(to: "base")).state == .succeeded
            )
        }
    }
}
