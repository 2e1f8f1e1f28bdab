import Planning
import PostgresClient
import Revisions
import TestSupport
import Testing

@testable import Engine

@Suite(.timeLimit(.minutes(15))) struct ApplyTests {
    /// The repository's own revisions.
    private static let shipped = [
        "001_initial_schema", "002_add_session_status", "003_index_recent_sessions", "004_add_message_feedback",
    ]

    private static var shippedDirectory: String {
        let parts = #filePath.split(separator: "/").dropLast(3)
        return "/" + parts.joined(separator: "/") + "/migrations"
    }

    @Test func theShippedRevisionsGoUpAndDownAndUpAgain() async throws {
        try await EngineFixture.with([], .configured { $0.directories = [Self.shippedDirectory] }) { fixture in
            let engine = fixture.engine
            let up = try await engine.outcome(of: try await engine.upgrade())
            #expect(up.state == .succeeded && up.appliedCount == 4)
            let catalogue = """
                SELECT table_name || '.' || column_name || ' ' || data_type FROM information_schema.columns
                WHERE table_schema = 'public' UNION ALL
                SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1
                """
            let before = try await fixture.column(catalogue)
            #expect(try await fixture.value("SELECT count(*) FROM feedback_reasons", as: Int.self) == 4)

            let down = try await engine.outcome(of: try await engine.downgrade(to: "base"))
            #expect(down.state == .succeeded)
            #expect(
                try await fixture.column("SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == [
                    "alembic_version"
                ])
            #expect(try await engine.currentRows() == [])

            let again = try await engine.outcome(of: try await engine.upgrade())
            #expect(again.state == .succeeded)
            #expect(try await fixture.column(catalogue) == before)
            let standing = try await engine.standing()
            #expect(standing.current.map(\.rawValue) == ["004_add_message_feedback"])
            #expect(standing.pendingCount == 0 && standing.expectedRows == nil)
            let history = try await engine.history(limit: nil).reversed()
            #expect(history.map(\.revision.rawValue) == Self.shipped + Self.shipped.reversed() + Self.shipped)
            #expect(history.map(\.direction) == (0..<12).map { (4..<8).contains($0) ? .downgrade : .upgrade })
            #expect(history.last?.rowsAfter == standing.current)
        }
    }

    @Test func aFailingRevisionLeavesNeitherDDLNorHistory() async throws {
        let samples = [
            Sample.table("a"), .table("b", after: "a"),
            Sample("c", after: "b", up: "CREATE TABLE half (n integer);\n\n  SELECT missing\n  FROM half;"),
        ]
        try await EngineFixture.with(samples) { fixture in
            let engine = fixture.engine
            let job = try await engine.outcome(of: try await engine.upgrade())
            #expect(job.state == .failed)
            let failure = try #require(job.failure)
            #expect(failure.code == .statementFailed)
            #expect(failure.location?.path.hasSuffix("migrations/c_sample.sql") == true)
            // The place is that of the name which is not there, not only the statement's.
            #expect(failure.location?.line == 8 && failure.location?.column == 10)
            #expect(failure.sql?.sqlState == "42703")
            #expect(failure.sql?.statement?.hasPrefix("SELECT missing") == true)
            #expect(failure.sql?.message == #"column "missing" does not exist"#)
            #expect(failure.notes.contains("applied before by this job: a, b"))
            #expect(try await engine.currentRows() == ["b"])
            #expect(try await engine.history(limit: nil).map(\.revision) == ["b", "a"])
            #expect(try await fixture.value("SELECT to_regclass('half') IS NULL", as: Bool.self))
        }
    }

    @Test func anErrorIsShownWithDetailAndHint() async throws {
        let sample = Sample(
            "a", up: "DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = 'MG001', DETAIL = 'why', HINT = 'do'; END $$;")
        try await EngineFixture.with([sample]) { fixture in
            let job = try await fixture.engine.outcome(of: try await fixture.engine.upgrade())
            let failure = try #require(job.failure)
            #expect(failure.sql?.sqlState == "MG001" && failure.sql?.detail == "why" && failure.sql?.hint == "do")
            #expect(failure.sql?.context?.contains("inline_code_block") == true)
            #expect(failure.hint == "do" && failure.location?.line == 6)
            #expect(failure.notes.contains("nothing was applied by this job"))
        }
    }

    @Test func copyDataAndManyStatementsInOneRevision() async throws {
        let up = """
            CREATE TABLE t (n integer, s text); CREATE TABLE u (n integer);
            COPY t (n, s) FROM stdin;
            1\tone; two
            2\t\\N
            3\tBEGIN
            \\.
            INSERT INTO u SELECT n FROM t; /* ; */ CREATE FUNCTION f() RETURNS integer LANGUAGE sql
            BEGIN ATOMIC SELECT 1; SELECT 2; END;
            INSERT INTO u VALUES (f());
            """
        try await EngineFixture.with([Sample("a", up: up)]) { fixture in
            let job = try await fixture.engine.outcome(of: try await fixture.engine.upgrade())
            #expect(job.state == .succeeded, "\(String(describing: job.failure))")
            #expect(
                try await fixture.column("SELECT coalesce(s, 'null') FROM t ORDER BY n") == [
                    "one; two", "null", "BEGIN",
                ])
            #expect(try await fixture.value("SELECT sum(n) FROM u", as: Int.self) == 8)
        }
    }

    @Test(arguments: [
        "DELETE FROM alembic_version;", "UPDATE alembic_version SET version_num = 'z';",
        "INSERT INTO alembic_version VALUES ('b');",
    ])
    func aStepWhoseRowWasTamperedWithIsAborted(_ tampering: String) async throws {
        let samples = [Sample.table("a"), Sample("b", after: "a", up: "CREATE TABLE t_b (n integer);\n\(tampering)")]
        try await EngineFixture.with(samples) { fixture in
            let engine = fixture.engine
            let job = try await engine.outcome(of: try await engine.upgrade())
            #expect(job.failure?.code == .versionChanged)
            #expect(try await engine.currentRows() == ["a"])
            #expect(try await engine.history(limit: nil).map(\.revision) == ["a"])
            #expect(try await fixture.value("SELECT to_regclass('t_b') IS NULL", as: Bool.self))
        }
    }

    @Test func anIdIsPinnedWhenTheJobIsQueued() async throws {
        try await EngineFixture.with(Sample.marks(2)) { fixture in
            let engine = fixture.engine
            try await engine.connectedOrTold()
            try await fixture.takeLock()
            let job = try await engine.upgrade()
            _ = try await engine.event(of: job) { $0.kind == .lockWaiting }
            try fixture.write(Sample("r3", after: "r2", up: "INSERT INTO log VALUES ('r3');"))
            try await fixture.releaseLock()
            #expect(try await engine.outcome(of: job).state == .succeeded)
            // "head" meant r2 when it was said.
            #expect(try await fixture.column("SELECT mark FROM log ORDER BY 1") == ["r1", "r2"])
        }
    }

    @Test func alembicsRowsAreTakenOver() async throws {
        try await EngineFixture.with(
            [.table("a"), .table("b", after: "a")],
            .prepared { database in
                let session = try await database.connect()
                try await session.script(
                    """
                    CREATE TABLE alembic_version (version_num varchar(32) NOT NULL, CONSTRAINT alembic_version_pkc
                        PRIMARY KEY (version_num)); INSERT INTO alembic_version VALUES ('a'); CREATE TABLE t_a (n integer)
                    """)
                await session.close()
            }
        ) { fixture in
            let engine = fixture.engine
            let job = try await engine.outcome(of: try await engine.upgrade())
            #expect(job.state == .succeeded && job.appliedCount == 1)
            #expect(try await engine.currentRows() == ["b"])
        }
    }
}
