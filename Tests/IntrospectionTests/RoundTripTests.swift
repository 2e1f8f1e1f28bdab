import Introspection
import PostgresClient
import SchemaModel
import TestSupport
import Testing

/// What is said to lead from one schema to another does, both ways.
@Suite struct RoundTripTests {
    @Test(arguments: SchemaPair.all, [DDLWriter.Style.plain, .careful])
    func leadsThereAndBack(_ pair: SchemaPair, _ style: DDLWriter.Style) async throws {
        try await SchemaTrial.with(pair.from, pair.to) { trial in
            let start = try await Introspector().read(trial.left)
            try await trial.lead(to: try await Introspector().read(trial.right), style: style)
            try await trial.lead(to: start, style: style)
        }
    }

    /// The model may not be blind where pg_dump sees.
    @Test(arguments: SchemaPair.all)
    func pgDumpSeesNoDifference(_ pair: SchemaPair) async throws {
        try await SchemaTrial.with(pair.from, pair.to) { trial in
            try await trial.lead(to: try await Introspector().read(trial.right), style: .plain)
            #expect(try await trial.dump(trial.present) == (try await trial.dump(trial.desired)))
        }
    }

    @Test func rowsSurvive() async throws {
        try await TestCluster.shared.withDatabase { database in
            let connection = try await database.connect()
            try await connection.script(
                """
                CREATE TYPE size AS ENUM ('s', 'm'); CREATE TABLE t (n int, s size DEFAULT 's');
                INSERT INTO t VALUES (1, 'm')
                """)
            let old = try await Introspector().read(connection)
            try await connection.script("DROP TABLE t; DROP TYPE size; CREATE TYPE size AS ENUM ('m', 'l')")
            try await connection.script("CREATE TABLE t (n bigint, s size DEFAULT 'l')")
            let new = try await Introspector().read(connection)
            let statements = DDLWriter.statements(of: SchemaDifference(from: old, to: new))
            try await connection.script("DROP TABLE t; DROP TYPE size; CREATE TYPE size AS ENUM ('s', 'm')")
            try await connection.script("CREATE TABLE t (n int, s size DEFAULT 's'); INSERT INTO t VALUES (1, 'm')")
            for statement in statements { try await connection.execute(statement) }
            #expect(try await connection.query("SELECT n || s::text FROM t").scalar(as: String.self) == "1m")
            await connection.close()
        }
    }

    @Test func leavesOutWhatIsOurs() async throws {
        try await TestCluster.shared.withDatabase { database in
            let connection = try await database.connect()
            let empty = try await Introspector().read(connection)
            try await connection.script(
                "CREATE SCHEMA migrated; CREATE TABLE migrated.job (id int); CREATE TABLE alembic_version (version_num text)"
            )
            let schema = try await Introspector().read(connection)
            #expect(SchemaDifference(from: empty, to: schema).isEmpty)
            await connection.close()
        }
    }

    @Test func namesWhatIsNotUnderstood() async throws {
        try await TestCluster.shared.withDatabase { database in
            let connection = try await database.connectAsSuperuser()
            try await connection.script("CREATE TYPE shell")
            let strangers = try await Introspector().read(connection).strangers
            #expect(strangers == ["base type public.shell"])
            await connection.close()
        }
    }

    @Test func archivesKeepAllOfIt() async throws {
        for pair in SchemaPair.all {
            try await TestCluster.shared.withDatabase { database in
                let connection = try await database.connectAsSuperuser()
                try await connection.script(pair.to)
                var schema = try await Introspector().read(connection)
                // They may hold passwords, and are not kept.
                schema.leaveOut { $0.kind == .userMapping }
                let archive = try SchemaArchive(schema)
                let back = try archive.schema()
                #expect(
                    SchemaDifference(from: schema, to: back).isEmpty && SchemaDifference(from: back, to: schema).isEmpty
                )
                #expect(try SchemaArchive(back) == archive)
                await connection.close()
            }
        }
    }

    /// What a rule of careful DDL promises, in a word of its statements.
    @Test(arguments: [
        ("CREATE TABLE t (a int)", "CREATE TABLE t (a int); CREATE INDEX i ON t (a)", "CREATE INDEX CONCURRENTLY i"),
        (
            "CREATE TABLE t (a int); CREATE INDEX i ON t (a)", "CREATE TABLE t (a int)",
            "DROP INDEX CONCURRENTLY public.i"
        ),
        ("CREATE TABLE t (a int)", "CREATE TABLE t (a int CHECK (a > 0))", "VALIDATE CONSTRAINT t_a_check"),
        ("CREATE TABLE t (a int)", "CREATE TABLE t (a int NOT NULL)", "CHECK (a IS NOT NULL) NOT VALID"),
        ("CREATE TABLE t (a int)", "CREATE TABLE t (a int UNIQUE)", "UNIQUE USING INDEX t_a_key"),
        ("CREATE TABLE t (a int)", "CREATE TABLE t (a int PRIMARY KEY)", "PRIMARY KEY USING INDEX t_pkey"),
        (
            "CREATE TABLE t (a int); CREATE INDEX i ON t (a)", "CREATE TABLE t (a int); CREATE INDEX i ON t (a DESC)",
            "ALTER INDEX public.i_new RENAME TO i"
        ),
        (
            "CREATE TABLE t (a int)", "CREATE TABLE t (a int, b float DEFAULT random())",
            "SET b = DEFAULT WHERE b IS NULL"
        ),
        ("CREATE TYPE e AS ENUM ('a')", "CREATE TYPE e AS ENUM ('a', 'b')", "ADD VALUE 'b'"),
        // The old key holds until the new one takes its place.
        (
            "CREATE TABLE t (a int UNIQUE)", "CREATE TABLE t (a int UNIQUE DEFERRABLE)",
            """
            ALTER TABLE public.t DROP CONSTRAINT t_a_key;
            ALTER TABLE public.t ADD CONSTRAINT t_a_key UNIQUE USING INDEX t_a_key_new DEFERRABLE;
            """
        ),
        (
            "CREATE TABLE t (a int) PARTITION BY LIST (a); CREATE TABLE p PARTITION OF t FOR VALUES IN (1)",
            """
            CREATE TABLE t (a int) PARTITION BY LIST (a); CREATE TABLE p PARTITION OF t FOR VALUES IN (1);
            CREATE INDEX i ON t (a)
            """, "CREATE INDEX CONCURRENTLY p_a_idx"
        ),
        // The partitions are looked through before the strong lock is asked for.
        (
            "CREATE TABLE t (a int, b int) PARTITION BY LIST (a); CREATE TABLE p PARTITION OF t FOR VALUES IN (1)",
            "CREATE TABLE t (a int, b int NOT NULL) PARTITION BY LIST (a); CREATE TABLE p PARTITION OF t FOR VALUES IN (1)",
            "ALTER TABLE public.t VALIDATE CONSTRAINT b_is_there"
        ),
        (
            "CREATE TABLE t (a int, b int) PARTITION BY LIST (a); CREATE TABLE p PARTITION OF t FOR VALUES IN (1)",
            """
            CREATE TABLE t (a int, b int CHECK (b > 0)) PARTITION BY LIST (a);
            CREATE TABLE p PARTITION OF t FOR VALUES IN (1)
            """, "ALTER TABLE public.t VALIDATE CONSTRAINT t_b_check"
        ),
        (
            "CREATE DOMAIN d AS int; CREATE TABLE t (a d)",
            "CREATE DOMAIN d AS int CONSTRAINT big CHECK (VALUE > 1); CREATE TABLE t (a d)",
            "ALTER DOMAIN public.d VALIDATE CONSTRAINT big"
        ),
    ])
    func spareABusyServer(_ from: String, _ to: String, _ promise: String) async throws {
        let portions = try await carefully(from, to)
        #expect(portions.contains { $0.sql.contains(promise) }, "\(portions.map(\.sql))")
        // The short form has none of it, but for enums.
        if !promise.contains("VALUE") { #expect(portions.count > 1 || portions[0].mode == .standalone) }
    }

    @Test func anIndexBecomesAKeyAsItStands() async throws {
        let index = "CREATE TABLE t (a int); CREATE UNIQUE INDEX t_a ON t (a)"
        let portions = try await carefully(index, "CREATE TABLE t (a int, CONSTRAINT t_a UNIQUE (a))")
        #expect(portions.map(\.sql) == ["ALTER TABLE public.t ADD CONSTRAINT t_a UNIQUE USING INDEX t_a;\n"])
    }

    /// Of an index that goes and comes back, and what is in its way, nothing is missing longer than it must.
    @Test func whatIsBuiltIsBuiltBeforeAnythingGoes() async throws {
        let portions = try await carefully(
            "CREATE TABLE t (a int PRIMARY KEY, b int NOT NULL); CREATE TABLE u (t int REFERENCES t)",
            """
            CREATE TABLE t (a int NOT NULL UNIQUE, b int NOT NULL, CONSTRAINT t_pkey PRIMARY KEY (a, b));
            CREATE TABLE u (t int REFERENCES t (a))
            """)
        #expect(portions.map(\.mode) == [.standalone, .transaction, .validation], "\(portions.map(\.sql))")
    }

    @Test func newEnumValuesAreCommittedBeforeTheyAreUsed() async throws {
        let portions = try await carefully(
            "CREATE TYPE e AS ENUM ('a'); CREATE TABLE t (x e)",
            "CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE t (x e DEFAULT 'b')")
        #expect(portions.map(\.isTransactional) == [true, true])
        #expect(portions[1].sql.contains("SET DEFAULT 'b'"))
    }

    /// The portions, which are carried out as they say and lead there.
    private func carefully(_ from: String, _ to: String) async throws -> [DDLPortion] {
        try await becomes(from, to, style: .careful)
    }

    @discardableResult
    private func becomes(
        _ from: String, _ to: String, style: DDLWriter.Style = .plain
    ) async throws -> [DDLPortion] {
        try await SchemaTrial.with(from, to) { trial in
            try await trial.lead(to: try await Introspector().read(trial.right), style: style)
        }
    }
}
