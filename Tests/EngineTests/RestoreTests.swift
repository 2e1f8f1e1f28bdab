import Digest
import Glibc
import Host
import Planning
import PostgresClient
import Revisions
import TestSupport
import Testing

@testable import Engine

@Suite(.timeLimit(.minutes(15))) struct RestoreTests {
    static let dumping = Setting.configured { $0.backup.policy = .dump }

    @Test func intoANewDatabase() async throws {
        try await EngineFixture.restoring(Sample.marks(2), Self.dumping) { fixture in
            let (engine, name) = (fixture.engine, fixture.database.name)
            // Of a table in a schema of that name, the list of an archive's contents says "TABLE DATA".
            try await fixture.admin.script("CREATE SCHEMA \"DATA\"; CREATE TABLE \"DATA\".users AS SELECT 1 AS n")
            try await fixture.admin.script(
                """
                ALTER DATABASE \(name) SET search_path = "od d", public;
                ALTER ROLE postgres IN DATABASE \(name) SET work_mem = '5MB';
                ALTER DATABASE \(name) CONNECTION LIMIT 77; COMMENT ON DATABASE \(name) IS 'it''s here';
                REVOKE CONNECT ON DATABASE \(name) FROM PUBLIC; GRANT TEMPORARY ON DATABASE \(name) TO pg_monitor
                """)
            #expect(try await engine.outcome(of: try await engine.upgrade()).state == .succeeded)
            let backup = try await fixture.takeBackup()
            try await fixture.admin.execute("INSERT INTO public.log VALUES ('later')")

            let job = try await fixture.restore(backup, into: "\(name)_copy")
            #expect(job.state == .succeeded && job.target == "\(backup) --into \(name)_copy", "\(job)")
            #expect(
                try await fixture.rows(of: "\(name)_copy", "SELECT mark FROM public.log ORDER BY 1") == ["r1", "r2"])
            #expect(
                try await fixture.rows(of: name, "SELECT mark FROM public.log ORDER BY 1") == ["later", "r1", "r2"])
            let surroundings = """
                SELECT concat_ws('|', datconnlimit, shobj_description(d.oid, 'pg_database'), array_to_string(ARRAY(
                    SELECT coalesce(r.rolname, '*') || a.privilege_type FROM aclexplode(datacl) a
                    LEFT JOIN pg_roles r ON r.oid = a.grantee ORDER BY 1), ','), array_to_string(ARRAY(
                    SELECT setrole::regrole || array_to_string(setconfig, ',') FROM pg_db_role_setting
                    WHERE setdatabase = d.oid ORDER BY 1), ';'))
                FROM pg_database d WHERE datname =
                """
            let original = try await fixture.rows(of: name, "\(surroundings) '\(name)'")
            #expect(original[0].contains("\"od d\", public") && original[0].contains("it's here"), "\(original)")
            #expect(try await fixture.rows(of: name, "\(surroundings) '\(name)_copy'") == original)
            // Its registry is its own, and knows where it comes from and what was applied before.
            let registry = try await fixture.rows(
                of: "\(name)_copy", "SELECT concat_ws(' ', database_name, descends_from) FROM migrated.registry")
            #expect(registry == ["default \(backup)"])
            #expect(
                try await fixture.rows(of: "\(name)_copy", "SELECT revision FROM migrated.history ORDER BY number")
                    == ["r1", "r2"])
            #expect(try await fixture.databases() == [name, "\(name)_copy"])
        }
    }

    @Test func inThePlaceOfThePresentOne() async throws {
        try await EngineFixture.restoring(Sample.marks(3), Self.dumping) { fixture in
            let (engine, name) = (fixture.engine, fixture.database.name)
            #expect(try await engine.outcome(of: try await engine.upgrade(to: "r2")).state == .succeeded)
            let backup = try await fixture.takeBackup()
            #expect(try await engine.outcome(of: try await engine.upgrade()).state == .succeeded)
            try await fixture.admin.script(
                "UPDATE log SET mark = 'changed' WHERE mark = 'r1'; CREATE TABLE fresh AS SELECT 1 AS n")

            let job = try await fixture.restore(backup, replaces: true)
            #expect(job.state == .succeeded && job.backup == backup, "\(String(describing: job.failure))")
            #expect(try await fixture.rows(of: name, "SELECT mark FROM log ORDER BY 1") == ["r1", "r2"])
            let all = try await fixture.databases()
            let kept = try #require(all.first { $0.hasPrefix("\(name)_before_") })
            #expect(all.count == 2)
            #expect(try await fixture.rows(of: kept, "SELECT mark FROM log ORDER BY 1") == ["changed", "r2", "r3"])

            // What is lost was named before; the registry goes on, and knows what has happened.
            let events = try await engine.events(of: job.id.number, after: 0)
            let noticed = events.filter { $0.kind == .restoreNoticed }.map(\.message)
            let since = "committed since the backup, and not in it:"
            #expect(
                noticed.contains { $0 == "\(since) \"public\".\"log\": 2 rows written, 1 changed or deleted" },
                "\(noticed)")
            #expect(noticed.contains { $0 == "\(since) \"public\".\"fresh\": 1 row written" }, "\(noticed)")
            #expect(try await engine.history(limit: nil).map(\.revision) == ["r3", "r2", "r1"])
            let standing = try await engine.standing()
            #expect(standing.current == ["r2"] && standing.expectedRows == nil)
            #expect(standing.restoredFrom?.backup == backup && standing.restoredFrom?.keptAs == kept)
            #expect(standing.pausedBecause?.contains("restore of \(backup)") == true)
            #expect(events.map(\.sequence) == events.map(\.sequence).sorted() && events.last?.kind == .jobSucceeded)

            // And back, by the one command; the job that was running there does not begin anew.
            let command = try #require(noticed.first { $0.hasPrefix("to swap back: ") }?.dropFirst(14))
            _ = try await ToolRunner().run(
                ToolRunner.Command("sh", ["-c", "PATH=\(fixture.database.cluster.binaries):$PATH; \(command)"]))
            #expect(try await fixture.rows(of: name, "SELECT mark FROM log ORDER BY 1") == ["changed", "r2", "r3"])
            let again = try await engine.await {
                let job = try await engine.job(job.id.number)
                return job.state == .cancelled ? job : nil
            }
            #expect(again.kind == .restore)
            #expect(try await engine.outcome(of: try await engine.downgrade(to: "-1")).state == .succeeded)
        }
    }

    /// Somebody writes until the database is closed: the last that is told is all of it.
    @Test func whatIsWrittenUntilTheEndIsNamed() async throws {
        try await EngineFixture.restoring([], Self.dumping) { fixture in
            let (database, name) = (fixture.database, fixture.database.name)
            try await fixture.admin.execute("CREATE TABLE written (n integer)")
            let backup = try await fixture.takeBackup()
            let writer = Task {
                while !Task.isCancelled {
                    guard let session = try? await database.cluster.connect(database: name) else { continue }
                    while (try? await session.query("INSERT INTO written VALUES (1)")) != nil {}
                    await session.close()
                }
            }
            let job = try await fixture.restore(backup, replaces: true)
            writer.cancel()
            _ = await writer.result
            #expect(job.state == .succeeded, "\(String(describing: job.failure))")
            let kept = try #require(try await fixture.databases().first { $0.hasPrefix("\(name)_before_") })
            let rows = try await fixture.rows(of: kept, "SELECT count(*)::text FROM written")[0]
            let told = try await fixture.engine.events(of: job.id.number, after: 0).map(\.message)
            #expect(
                told.last { $0.contains("\"written\"") }?.hasSuffix("\"public\".\"written\": \(rows) rows written")
                    == true,
                "\(told)")
        }
    }

    @Test func replacingWaitsForItsApprovals() async throws {
        var setting = Self.dumping
        setting.configure = {
            $0.backup.policy = .dump
            $0.policy = Policy(approvals: 1, requesterMayApprove: false)
        }
        try await EngineFixture.restoring([], setting) { fixture in
            let engine = fixture.engine
            try await fixture.admin.execute("CREATE TABLE t (n integer)")
            let backup = try await fixture.takeBackup()
            let queued = try await engine.enqueueRestore(
                .init(backup: backup, into: nil, replaces: true, isSchemaOnly: false, tables: [], digest: nil),
                requestID: RequestID.random(), person: EngineFixture.ann)
            let parked = try await engine.job(queued, reaches: .awaitingApproval)
            let missing = try #require(parked.missingApprovals?.first)
            #expect(missing.revision.rawValue == backup && missing.wanted == 1)
            _ = try await engine.approve(
                [(revision: missing.revision, direction: missing.direction, digest: missing.contentDigest)],
                by: EngineFixture.bob)
            #expect(try await engine.outcome(of: queued).state == .succeeded)
        }
    }

    /// It is the oldest, and only one is kept; but a restore waits for it.
    @Test func whatIsToBeRestoredIsNotPruned() async throws {
        var setting = Self.dumping
        setting.configure = {
            $0.backup.policy = .dump
            $0.backup.keep = 1
            $0.policy = Policy(approvals: 1)
        }
        try await EngineFixture.restoring([], setting) { fixture in
            let engine = fixture.engine
            try await fixture.admin.execute("CREATE TABLE t (n integer)")
            let wanted = try await fixture.takeBackup()
            let queued = try await engine.enqueueRestore(
                .init(backup: wanted, into: nil, replaces: true, isSchemaOnly: false, tables: [], digest: nil),
                requestID: RequestID.random(), person: EngineFixture.ann)
            _ = try await engine.job(queued, reaches: .awaitingApproval)
            let second = try await fixture.takeBackup()
            let third = try await fixture.takeBackup()
            #expect(Set(engine.listBackups().map(\.name)) == [wanted, third])
            let removed = "SELECT name FROM migrated.backup WHERE removed_at IS NOT NULL"
            #expect(try await fixture.column(removed) == [second])
            _ = try await engine.cancel(queued.id.number, by: EngineFixture.ann)
            let fourth = try await fixture.takeBackup()
            #expect(engine.listBackups().map(\.name) == [fourth])
        }
    }

    /// What a restore that failed has made goes, and what it had closed opens, also where its own session was lost; and where
    /// the server is not there, whoever connects next sees to it.
    @Test func whatCannotBeTakenBackAtOnceIsNotForgotten() async throws {
        try await EngineFixture.restoring([], Self.dumping) { fixture in
            let (configuration, name) = (fixture.configuration, fixture.database.name)
            let maintenance = try await MaintenanceSession.open(configuration)
            let ledger = RestoreLedger(
                job: 1, step: .making, beside: "\(name)_restoring_1", target: name, keptAs: nil,
                oldOID: try await maintenance.number(of: name))
            try ledger.write(configuration.restoreLedger)
            try await maintenance.session.query("CREATE DATABASE \(identifier: ledger.beside)")
            try await maintenance.setOpen(false, name)
            await maintenance.close()

            var unreachable = configuration
            unreachable.connection["host"] = "/nowhere"
            await #expect(throws: Restoration.Unsettled.self) {
                try await Restoration.forget(ledger, maintenance, unreachable)
            }
            #expect(TextFiles.exists(configuration.restoreLedger))
            try await Restoration.forget(ledger, maintenance, configuration)
            #expect(!TextFiles.exists(configuration.restoreLedger))
            #expect(try await fixture.databases() == [name])
            #expect(
                try await fixture.rows(
                    of: "postgres", "SELECT datallowconn::text FROM pg_database WHERE datname = '\(name)'") == ["true"])
        }
    }

    @Test func whereTheDatabaseIsGone() async throws {
        try await EngineFixture.restoring(Sample.marks(2), Self.dumping) { fixture in
            let name = fixture.database.name
            #expect(try await fixture.engine.outcome(of: try await fixture.engine.upgrade()).state == .succeeded)
            let backup = try await fixture.takeBackup()
            await fixture.first.stop()
            try await fixture.database.drop()

            let other = RunningEngine(fixture.configuration)
            await other.engine.waitUntilTried(upTo: .seconds(300))
            let job = try await other.engine.enqueueRestore(
                .init(backup: backup, into: nil, replaces: false, isSchemaOnly: false, tables: [], digest: nil),
                requestID: RequestID.random(), person: EngineFixture.ann)
            let ended = try await other.engine.outcome(of: job)
            #expect(ended.state == .succeeded, "\(String(describing: ended.failure))")
            #expect(try await fixture.rows(of: name, "SELECT mark FROM log ORDER BY 1") == ["r1", "r2"])
            #expect(try await other.engine.history(limit: nil).map(\.revision) == ["r2", "r1"])
            #expect(try await other.engine.standing().pendingCount == 0)
            await other.stop()
        }
    }

    @Test func aPartOfIt() async throws {
        try await EngineFixture.restoring([], Self.dumping) { fixture in
            let name = fixture.database.name
            try await fixture.admin.script(
                """
                CREATE TABLE a (id integer PRIMARY KEY); CREATE TABLE b (id integer PRIMARY KEY, a integer REFERENCES a);
                INSERT INTO a VALUES (1), (2); INSERT INTO b VALUES (1, 1), (2, 2), (3, 1)
                """)
            let backup = try await fixture.takeBackup()
            let count = "SELECT (SELECT count(*) FROM a) || ' ' || (SELECT count(*) FROM b)"
            let schema = try await fixture.restore(backup, into: "\(name)_schema", isSchemaOnly: true)
            #expect(schema.state == .succeeded, "\(String(describing: schema.failure))")
            #expect(try await fixture.rows(of: "\(name)_schema", count) == ["0 0"])
            let table = try await fixture.restore(backup, into: "\(name)_table", tables: ["public.b"])
            #expect(table.state == .succeeded, "\(String(describing: table.failure))")
            #expect(try await fixture.rows(of: "\(name)_table", count) == ["0 3"])
            let unknown = try await fixture.restore(backup, into: "\(name)_none", tables: ["c"])
            #expect(unknown.failure?.code == .restoreFailed && unknown.failure?.message.contains("\"c\"") == true)
            #expect(try await fixture.databases() == [name, "\(name)_schema", "\(name)_table"])
        }
    }
}

extension EngineFixture {
    /// As `with`; what is restored goes in the end.
    static func restoring(
        _ samples: [Sample], _ setting: Setting, _ body: @Sendable (EngineFixture) async throws -> Void
    ) async throws {
        try await with(samples, setting) { fixture in
            try await fixture.engine.connectedOrTold()
            let result: Result<Void, any Error>
            do {
                result = .success(try await body(fixture))
            } catch {
                result = .failure(error)
            }
            let session = try await fixture.database.cluster.connect()
            for name in try await fixture.databases() where name != fixture.database.name {
                try await session.query("DROP DATABASE \(identifier: name) WITH (FORCE)")
            }
            await session.close()
            try result.get()
        }
    }

    func takeBackup() async throws -> String {
        let job = try await engine.enqueueBackup(requestID: RequestID.random(), person: EngineFixture.ann)
        let ended = try await engine.outcome(of: job)
        guard let name = ended.backup else { throw ended.failure ?? Failure(.internalError, "no backup") }
        return name
    }

    func restore(
        _ backup: String, into: String? = nil, replaces: Bool = false, isSchemaOnly: Bool = false,
        tables: [String] = [], digest: SHA256Digest? = nil
    ) async throws -> Job {
        let wish = DatabaseEngine.RestoreWish(
            backup: backup, into: into, replaces: replaces, isSchemaOnly: isSchemaOnly, tables: tables, digest: digest)
        let job = try await engine.enqueueRestore(wish, requestID: RequestID.random(), person: EngineFixture.ann)
        return try await engine.outcome(of: job)
    }

    /// The databases that have to do with this test.
    func databases() async throws -> [String] {
        try await rows(
            of: "postgres",
            """
            SELECT datname FROM pg_database
            WHERE datname = '\(database.name)' OR starts_with(datname, '\(database.name)_') ORDER BY 1
            """)
    }

    func rows(of name: String, _ sql: String) async throws -> [String] {
        let session = try await database.cluster.connect(database: name)
        let rows = try await session.query(Query(raw: sql)).map { try $0.decode(0, as: String.self) }
        await session.close()
        return rows
    }
}
