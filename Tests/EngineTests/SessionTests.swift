import Planning
import PostgresClient
import Revisions
import TestSupport
import Testing

@testable import Engine

/// What a revision may not do to the session, and what the settings say about it.
@Suite(.timeLimit(.minutes(15))) struct SessionTests {
    private static let mark = TransactionMark.setting(role: nil, statementTimeout: nil, lockTimeout: nil)

    @Test(arguments: [true, false]) func aRevisionThatDropsTheLockIsNotRecorded(isTransactional: Bool) async throws {
        let sample = Sample(
            "a", up: "CREATE TABLE t (n integer);\nDO $$ BEGIN PERFORM pg_advisory_unlock_all(); END $$;",
            isTransactional: isTransactional)
        try await EngineFixture.with([sample]) { fixture in
            let engine = fixture.engine
            let job = try await engine.outcome(of: try await engine.upgrade())
            #expect(job.failure?.code == .transactionEscaped)
            #expect(job.failure?.message.contains("dropped the lock") == true)
            #expect(try await engine.history(limit: nil).isEmpty)
            #expect(try await fixture.value("SELECT to_regclass('t') IS NULL", as: Bool.self) == isTransactional)
        }
    }

    /// What runs by itself has no transaction whose lock would keep others out: the record refuses it at the end.
    @Test func aBuildThatDropsTheLockIsNotRecorded() async throws {
        let up = """
            CREATE TABLE t (n integer); INSERT INTO t VALUES (1);
            CREATE FUNCTION unlocking(n integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS $$
            BEGIN PERFORM pg_advisory_unlock_all(); RETURN n; END $$;
            """
        let build = "CREATE INDEX CONCURRENTLY i ON t (unlocking(n));"
        let samples = [Sample("a", up: up), Sample("b", after: "a", up: build, isTransactional: false)]
        try await EngineFixture.with(samples) { fixture in
            let engine = fixture.engine
            let job = try await engine.outcome(of: try await engine.upgrade())
            #expect(job.failure?.code == .transactionEscaped, "\(String(describing: job.failure))")
            #expect(job.failure?.message.contains("dropped the lock") == true)
            #expect(try await engine.currentRows() == ["a"])
        }
    }

    @Test(arguments: [true, false]) func discardingAllIsNotForRevisions(isTransactional: Bool) async throws {
        let sample = Sample("a", up: "CREATE TABLE t (n integer);\nDISCARD ALL;", isTransactional: isTransactional)
        try await EngineFixture.with([sample]) { fixture in
            let refused = await #expect(throws: Failure.self) { try await fixture.engine.upgrade() }
            #expect(refused?.code == .revisionsInvalid && refused?.notes.first?.contains("DISCARD ALL") == true)
            let isMissing: Bool = try await fixture.value("SELECT to_regclass('t') IS NULL")
            #expect(isMissing)
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

    /// What a revision may leave in a session, of limits above all.
    private static let poison = """
        SET session_replication_role = replica; SET statement_timeout = '1h'; SET work_mem = '77MB';
        SET default_transaction_read_only = on; SET timezone = 'Asia/Tokyo'; SET lock_timeout = 0;
        SET client_connection_check_interval = 0; SELECT set_config('idle_session_timeout', '1h', false);
        SET idle_in_transaction_session_timeout = '1h'; SET search_path = elsewhere;
        """

    /// What a session has of it.
    private static let state = """
        concat_ws('|', current_user, session_user, current_setting('session_replication_role'),
            current_setting('statement_timeout'), current_setting('lock_timeout'),
            current_setting('idle_in_transaction_session_timeout'), current_setting('idle_session_timeout'),
            current_setting('client_connection_check_interval'), current_setting('work_mem') = '77MB')
        """

    /// Statement by statement, each begins with a session as it should be: what one sets, the next of the same revision does
    /// not see.
    @Test(arguments: [true, false]) func whatARevisionSetsDoesNotReachTheNextOne(isTransactional: Bool) async throws {
        let role = "engine_tests_role_\(isTransactional)"
        let first = Sample(
            "a",
            up: """
                CREATE ROLE \(role); CREATE SCHEMA elsewhere; GRANT ALL ON SCHEMA elsewhere TO \(role);
                \(Self.poison) SET ROLE \(role); CREATE TABLE of_role (n integer); SET ROLE \(role);
                """,
            down: """
                DROP TABLE IF EXISTS elsewhere.of_role, public.of_role; DROP SCHEMA elsewhere; DROP ROLE \(role);
                """, isTransactional: isTransactional)
        let second = Sample(
            "b", after: "a",
            up: "CREATE TABLE seen AS SELECT \(Self.state) AS state, current_setting('search_path') AS path;",
            down: "DROP TABLE seen;", isTransactional: isTransactional)
        try await EngineFixture.with([first, second]) { fixture in
            let engine = fixture.engine
            let job = try await engine.outcome(of: try await engine.upgrade())
            #expect(job.state == .succeeded, "\(String(describing: job.failure))")
            let first = fixture.configuration.locks.first.milliseconds
            #expect(
                try await fixture.column("SELECT state FROM seen")
                    == ["postgres|postgres|origin|0|\(first)ms|0|0|500ms|f"])
            #expect(try await fixture.column("SELECT path FROM seen") == [#""$user", public"#])
            #expect(
                try await fixture.column(
                    "SELECT schemaname || ' ' || tableowner FROM pg_tables WHERE tablename = 'of_role'")
                    == [isTransactional ? "elsewhere \(role)" : "public postgres"])
            #expect(try await engine.outcome(of: try await engine.downgrade(to: "base")).state == .succeeded)
        }
    }

    /// An index is built with a function that fails with what it sees: no lock time-out, since the build is concurrent.
    @Test func whatRunsByItselfHasTheSessionAsItShouldBe() async throws {
        let spy = """
            CREATE TABLE t (n integer); INSERT INTO t VALUES (1); CREATE SCHEMA elsewhere; CREATE TABLE elsewhere.t ();
            CREATE FUNCTION tell(n integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS $$
            BEGIN RAISE EXCEPTION '%', \(Self.state); END $$;
            CREATE ROLE engine_tests_spy;
            """
        let samples = [
            Sample("a", up: spy),
            Sample(
                "b", after: "a",
                up: "\(Self.poison) SET ROLE engine_tests_spy; CREATE INDEX CONCURRENTLY i ON t (tell(n));",
                isTransactional: false),
        ]
        try await EngineFixture.with(samples) { fixture in
            let job = try await fixture.engine.outcome(of: try await fixture.engine.upgrade())
            #expect(
                job.failure?.sql?.message == "postgres|postgres|origin|0|0|0|0|500ms|f",
                "\(String(describing: job.failure))")
            try await fixture.admin.script("DROP ROLE engine_tests_spy")
        }
    }

    @Test func alsoWhatRunsByItselfHasALockTimeout() async throws {
        let samples = [
            Sample("a", up: "CREATE TABLE t (n integer);"),
            Sample("b", after: "a", up: "SET lock_timeout = 0;\nVACUUM t;", isTransactional: false),
        ]
        try await EngineFixture.with(samples) { fixture in
            let engine = fixture.engine
            #expect(try await engine.outcome(of: try await engine.upgrade(to: "a")).state == .succeeded)
            try await fixture.admin.script("BEGIN; LOCK TABLE t IN SHARE UPDATE EXCLUSIVE MODE")
            let job = try await engine.upgrade()
            _ = try await engine.event(of: job) { $0.kind == .stepRetried && $0.message.contains("VACUUM") }
            try await fixture.admin.script("COMMIT")
            #expect(try await engine.outcome(of: job).state == .succeeded)
        }
    }

    /// Limits that a role or a database has for others are none for migrations, which take as long as they take.
    @Test func noLimitOfTheDatabaseIsOurs() async throws {
        let limits = "name ~ '^(statement|lock|idle_session|idle_in_transaction_session|transaction)_timeout$'"
        try await EngineFixture.with([.table("a")]) { fixture in
            try await fixture.engine.connectedOrTold()
            for name in try await fixture.column("SELECT name FROM pg_settings WHERE \(limits)") {
                try await fixture.admin.script("ALTER DATABASE \(fixture.database.name) SET \(name) = '1h'")
            }
            let sessions = try await SessionPair.open(fixture.configuration)
            let beside = try await MaintenanceSession.connect(fixture.configuration, to: fixture.database.name)
            for session in [sessions.worker, sessions.observer, beside] {
                let set = try await session.query(
                    Query(raw: "SELECT name || ' ' || setting FROM pg_settings WHERE \(limits) AND setting <> '0'"))
                #expect(try set.map { try $0.decode(0, as: String.self) } == [])
            }
            await beside.close()
            await sessions.close()
        }
    }

    private static var hasTransactionTimeout: Bool {
        get async throws {
            let session = try await TestCluster.shared.connect()
            let isThere = session.serverVersion >= 170_000
            await session.close()
            return isThere
        }
    }

    /// The dump waits for a table, and so does the session that holds its snapshot, in which the dump's other sessions look.
    @Test(.enabled("PostgreSQL 17 is the first that has it") { try await hasTransactionTimeout })
    func aTransactionTakesAsLongAsItTakes() async throws {
        let samples = [
            Sample("a", up: "CREATE TABLE t (n integer);"), Sample("b", after: "a", up: "SELECT pg_sleep(1);"),
        ]
        let setting = Setting.configured { $0.backup.policy = .dump }
        try await EngineFixture.with(samples, setting) { fixture in
            let engine = fixture.engine
            #expect(try await engine.outcome(of: try await engine.upgrade(to: "a")).state == .succeeded)
            let other = try await fixture.database.connectAsSuperuser()
            try await other.script("BEGIN; LOCK TABLE t")
            try await fixture.admin.script("ALTER DATABASE \(fixture.database.name) SET transaction_timeout = '500ms'")
            await fixture.first.stop()
            let second = RunningEngine(fixture.configuration)
            let job = try await second.engine.upgrade()
            try await fixture.waitUntil(
                """
                SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
                    AND application_name = 'migrated backup' AND clock_timestamp() - query_start > '1 s')
                """)
            await other.close()
            let ended = try await second.engine.outcome(of: job)
            #expect(ended.state == .succeeded, "\(String(describing: ended.failure))")
            #expect(try await fixture.column("SELECT version_num FROM alembic_version") == ["b"])
            await second.stop()
        }
    }

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
