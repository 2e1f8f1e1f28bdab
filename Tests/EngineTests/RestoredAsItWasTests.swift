import Host
import Planning
import PostgresClient
import TestSupport
import Testing

@testable import Engine

/// Whatever a database may hold comes back as it was, by its catalogues and by its data.
@Suite(.timeLimit(.minutes(15))) struct RestoredAsItWasTests {
    private static let everything = #"""
        CREATE SCHEMA "Mixed Case"; CREATE SCHEMA größe; CREATE SCHEMA plain;
        CREATE EXTENSION IF NOT EXISTS plpgsql;
        CREATE TYPE "Mixed Case".mood AS ENUM ('sad', 'glücklich', 'it''s');
        CREATE DOMAIN plain.positive AS integer CHECK (VALUE > 0);
        CREATE SEQUENCE "Mixed Case"."Zähler" START 41 INCREMENT 3; SELECT nextval('"Mixed Case"."Zähler"');
        CREATE TABLE größe."Tabelle ""Ü""" (
            "Ident" bigint GENERATED ALWAYS AS IDENTITY (START 100) PRIMARY KEY,
            "b y t e s" bytea, mood "Mixed Case".mood DEFAULT 'sad', n plain.positive, doubled integer GENERATED ALWAYS AS (n * 2) STORED,
            "日本" text COLLATE "C", list text[], doc jsonb, at timestamptz);
        INSERT INTO größe."Tabelle ""Ü""" ("b y t e s", mood, n, "日本", list, doc, at)
            SELECT decode(md5(n::text), 'hex'), 'glücklich', n, E'tab\t line\n back\\slash \\. ' || n, ARRAY['a', NULL, '"'],
                jsonb_build_object('k', n), 'epoch'::timestamptz + n * interval '1 day' FROM generate_series(1, 500) n;
        CREATE TABLE plain.empty (); INSERT INTO plain.empty DEFAULT VALUES; INSERT INTO plain.empty DEFAULT VALUES;
        CREATE TABLE plain.measures (at date NOT NULL, region text, n integer) PARTITION BY RANGE (at);
        CREATE TABLE plain.measures_old PARTITION OF plain.measures FOR VALUES FROM (MINVALUE) TO ('2026-01-01');
        CREATE TABLE plain.measures_new PARTITION OF plain.measures FOR VALUES FROM ('2026-01-01') TO (MAXVALUE)
            PARTITION BY LIST (region);
        CREATE TABLE plain."measures_new_EU" PARTITION OF plain.measures_new FOR VALUES IN ('eu');
        CREATE TABLE plain.measures_new_rest PARTITION OF plain.measures_new DEFAULT;
        INSERT INTO plain.measures SELECT date '2025-12-01' + n, CASE n % 2 WHEN 0 THEN 'eu' ELSE 'us' END, n
            FROM generate_series(1, 100) n;
        CREATE INDEX ON plain.measures (n) WHERE n > 10;
        CREATE TABLE plain.parent (id integer PRIMARY KEY); INSERT INTO plain.parent VALUES (1), (2);
        CREATE TABLE plain.child (id integer REFERENCES plain.parent ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED);
        CREATE TABLE plain.inherits (more text) INHERITS (plain.parent); INSERT INTO plain.inherits VALUES (3, 'x');
        CREATE UNLOGGED TABLE plain.unlogged AS SELECT 1 AS n;
        ALTER TABLE plain.parent ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
        CREATE POLICY "only ours" ON plain.parent FOR SELECT TO pg_monitor USING (id > 0);
        CREATE FUNCTION plain.f(a integer, VARIADIC b text[]) RETURNS SETOF integer LANGUAGE sql STABLE AS
            $$ SELECT n FROM plain.measures WHERE n = a $$;
        CREATE PROCEDURE plain.p() LANGUAGE plpgsql AS $$ BEGIN NULL; END $$;
        CREATE FUNCTION plain.told() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'told'; END $$;
        CREATE EVENT TRIGGER "told It" ON ddl_command_end WHEN TAG IN ('CREATE VIEW') EXECUTE FUNCTION plain.told();
        CREATE FUNCTION plain.touched() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
        CREATE TRIGGER touch BEFORE UPDATE OF n ON größe."Tabelle ""Ü""" FOR EACH ROW EXECUTE FUNCTION plain.touched();
        CREATE VIEW plain.v WITH (security_barrier) AS SELECT n, at FROM plain.measures;
        CREATE RULE ignored AS ON INSERT TO plain.v DO INSTEAD NOTHING;
        CREATE MATERIALIZED VIEW plain.m AS SELECT count(*) AS all FROM plain.measures;
        CREATE STATISTICS plain.s ON n, region FROM plain.measures_old;
        GRANT SELECT (n), UPDATE (region) ON plain.measures TO pg_monitor WITH GRANT OPTION;
        GRANT USAGE ON SCHEMA "Mixed Case" TO PUBLIC; REVOKE EXECUTE ON FUNCTION plain.f FROM PUBLIC;
        ALTER DEFAULT PRIVILEGES IN SCHEMA plain GRANT SELECT ON TABLES TO pg_monitor;
        COMMENT ON COLUMN größe."Tabelle ""Ü"""."日本" IS 'Prüfung: ''quoted''';
        ALTER TABLE größe."Tabelle ""Ü""" ALTER COLUMN "日本" SET STATISTICS 500, ALTER COLUMN doc SET STORAGE EXTERNAL;
        CREATE TABLE plain.monitored AS SELECT 1 AS n; ALTER TABLE plain.monitored OWNER TO pg_monitor;
        CREATE FUNCTION plain.read() RETURNS integer LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION plain.read OWNER TO pg_read_all_data;
        SELECT lo_from_bytea(4242 + n, decode(repeat(md5(n::text), 300), 'hex')) FROM generate_series(1, 5) n;
        COMMENT ON LARGE OBJECT 4243 IS 'large'; GRANT SELECT ON LARGE OBJECT 4243 TO pg_monitor
        """#

    /// Every row of every table and large object, as digests.
    private static let data = """
        SELECT CASE c.relkind WHEN 'S' THEN format('SELECT %L || last_value || is_called FROM %I.%I',
            c.oid::regclass || ' ', n.nspname, c.relname) ELSE format('SELECT %L || count(*) || md5(coalesce(string_agg(t::text, chr(1) ORDER BY t::text), '''')) FROM ONLY %I.%I t',
            c.oid::regclass || ' ', n.nspname, c.relname) END
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'm', 'S') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'migrated') AND n.nspname !~ '^pg_'
        UNION ALL SELECT 'SELECT string_agg(oid || md5(lo_get(oid)) || coalesce(lomacl::text, ''''), '','' ORDER BY oid) FROM pg_largeobject_metadata'
        UNION ALL SELECT 'SELECT obj_description(4243, ''pg_largeobject'')' ORDER BY 1
        """

    @Test func byCataloguesAndData() async throws {
        try await EngineFixture.restoring([], RestoreTests.dumping) { fixture in
            let (name, copy) = (fixture.database.name, "\(fixture.database.name)_Kopie ü")
            try await fixture.admin.script(Self.everything)
            let backup = try await fixture.takeBackup()
            let job = try await fixture.restore(backup, into: copy)
            #expect(job.state == .succeeded, "\(String(describing: job.failure))")
            #expect(try await Self.schema(of: copy, fixture) == Self.schema(of: name, fixture))
            let before = try await Self.data(of: name, fixture)
            #expect(before.count > 12)
            #expect(try await Self.data(of: copy, fixture) == before)
            let verified = try await fixture.engine.verifyBackup(backup, restores: true, said: nil) { _ in }
            #expect(verified.contains("is good"), "\(verified)")
        }
    }

    private static func schema(of name: String, _ fixture: EngineFixture) async throws -> [String] {
        var parameters = fixture.configuration.connection
        parameters["dbname"] = name
        let tools = try await PostgresTools.discover(serverVersion: 0, preferred: fixture.database.cluster.binaries)
        return try await tools.dumpSchema(parameters.keywordValues, excludedSchemas: ["migrated"], excludedTables: [])
            .split(separator: "\n").map(String.init)
    }

    private static func data(of name: String, _ fixture: EngineFixture) async throws -> [String] {
        var all: [String] = []
        for query in try await fixture.rows(of: name, data) { all += try await fixture.rows(of: name, query) }
        return all
    }
}
