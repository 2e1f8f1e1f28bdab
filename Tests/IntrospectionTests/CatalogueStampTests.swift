import Dispatch
import Introspection
import PostgresClient
import SchemaModel
import TestSupport
import Testing

/// The stamp by which a look sees that nothing has changed.
@Suite struct CatalogueStampTests {
    private static let schema = """
        CREATE SCHEMA s; CREATE TYPE size AS ENUM ('s', 'm'); CREATE DOMAIN year AS int CHECK (VALUE > 0);
        CREATE TABLE t (n int PRIMARY KEY, s size DEFAULT 's', y year); CREATE TABLE p (n int) PARTITION BY LIST (n);
        CREATE VIEW v AS SELECT n FROM t; CREATE SEQUENCE q; CREATE ROLE stamp_other NOLOGIN;
        CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TRIGGER changed BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f();
        """

    /// Each of these is seen.
    private static let changes = [
        "CREATE TABLE u (n int)", "ALTER TABLE t ADD COLUMN m int", "ALTER TABLE t ALTER COLUMN s DROP DEFAULT",
        "ALTER TABLE t ALTER COLUMN s SET DEFAULT 'm'", "ALTER TABLE t ALTER COLUMN n SET STATISTICS 50",
        "ALTER TABLE t SET (fillfactor = 50)", "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY o ON t USING (n > 1)", "ALTER POLICY o ON t USING (n > 2)", "CREATE INDEX i ON t (s)",
        "ALTER INDEX i RENAME TO j", "DROP INDEX j", "ALTER TYPE size ADD VALUE 'l'",
        "ALTER DOMAIN year DROP CONSTRAINT year_check", "CREATE OR REPLACE VIEW v AS SELECT n + 1 AS n FROM t",
        "ALTER SEQUENCE q INCREMENT 5", "ALTER SEQUENCE q OWNED BY t.n",
        "CREATE OR REPLACE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'",
        "ALTER TABLE t DISABLE TRIGGER changed", "COMMENT ON TABLE t IS 'x'", "COMMENT ON SCHEMA public IS 'y'",
        "GRANT SELECT ON t TO stamp_other", "ALTER TABLE t OWNER TO stamp_other", "ALTER TABLE t SET SCHEMA s",
        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO stamp_other",
        "CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)", "ALTER TABLE p DETACH PARTITION p1",
        "ALTER ROLE stamp_other RENAME TO stamp_another", "DROP VIEW v", "DROP TABLE s.t",
    ]

    /// None of these changes what the schema is.
    private static let work = [
        "INSERT INTO t SELECT g, 's', 1 FROM generate_series(1, 1000) g", "UPDATE t SET y = 2", "ANALYZE t", "VACUUM t",
        "VACUUM (FREEZE) t", "VACUUM (FREEZE) pg_class", "ANALYZE pg_attribute", "SELECT nextval('q')",
    ]

    @Test func everyChangeIsSeenAndWorkIsNot() async throws {
        try await TestCluster.shared.withDatabase { database in
            let connection = try await database.connectAsSuperuser()
            try await connection.script(Self.schema)
            let introspector = Introspector()
            var stamp = try await introspector.stamp(connection)
            for statement in Self.work {
                try await connection.execute(statement)
                #expect(try await introspector.stamp(connection) == stamp, "\(statement)")
            }
            for statement in Self.changes {
                try await connection.execute(statement)
                let now = try await introspector.stamp(connection)
                #expect(now != stamp, "\(statement)")
                stamp = now
            }
            #expect(try await introspector.readStamped(connection).stamp == stamp)
            try await connection.script("REASSIGN OWNED BY stamp_another TO current_user; DROP OWNED BY stamp_another")
            try await connection.script("DROP ROLE stamp_another")
            await connection.close()
        }
    }

    /// Definitions are told as they are now, not as they were when the reading began.
    @Test func whatIsDroppedWhileItIsReadIsNoError() async throws {
        try await TestCluster.shared.withDatabase { database in
            let connection = try await database.connectAsSuperuser()
            try await connection.script(
                "CREATE TABLE t (n int, m int); CREATE INDEX i ON t (m); CREATE INDEX j ON t (n)")
            let dropped = DispatchSemaphore(value: 0)
            let (moments, more) = AsyncStream<Void>.makeStream()
            let dropping = Task {
                let other = try await database.connectAsSuperuser()
                for await _ in moments {
                    try await other.script("DROP INDEX IF EXISTS i")
                    dropped.signal()
                }
                await other.close()
            }
            let (schema, _) = try await Introspector().readStamped(connection) {
                more.yield()
                dropped.wait()
            }
            more.finish()
            try await dropping.value
            #expect(schema.objects.keys.filter { $0.kind == .index }.map(\.name) == ["public.j"])
            await connection.close()
        }
    }
}
