import PostgresClient
import TestSupport
import Testing

/// What `--sql` writes, run by psql on one database, does what the daemon does on another: the same schema, the same data,
/// the same version rows.
@Suite struct ScriptTests {
    @Test func aChainWithDataAndStandaloneStatements() async throws {
        let files = [
            "a": """
            -- revision: a
            -- down_revision: none
            -- migrated: upgrade
            CREATE TYPE mood AS ENUM ('sad', 'it''s ok');
            CREATE TABLE notes (id int PRIMARY KEY, body text DEFAULT 'C:\\temp', mood mood, tags text[]);
            COPY notes FROM stdin;
            1\tit's a \\\\ back\\tslash\tsad\t{a,"b c"}
            2\t$$ :USER $a$ é\t\\N\t\\N
            \\.
            CREATE FUNCTION shout(text) RETURNS text LANGUAGE plpgsql AS $body$
            BEGIN -- it's; "fine"
                RETURN upper($1) || E'\\\\!' || $q$;$$'$q$;
            END $body$;
            CREATE FUNCTION twice(n int) RETURNS int BEGIN ATOMIC SELECT CASE WHEN n > 0 THEN n * 2 END; END;
            CREATE VIEW firsts AS SELECT tags[1:id] AS first FROM notes;
            COMMENT ON TABLE notes IS U&'d\\0061t\\+000061: ä';
            -- migrated: downgrade
            DROP VIEW firsts; DROP FUNCTION twice(int); DROP FUNCTION shout(text); DROP TABLE notes; DROP TYPE mood;
            """,
            "b": """
            -- revision: b
            -- down_revision: a
            -- transaction: off
            -- migrated: upgrade
            ALTER TYPE mood ADD VALUE 'glad';
            UPDATE notes SET mood = 'glad' WHERE id = 2;
            CREATE INDEX CONCURRENTLY notes_mood ON notes (mood);
            COPY notes (id, body) FROM stdin WITH (FORMAT csv, HEADER);
            id,body
            3,"two
            lines"
            \\.
            -- migrated: downgrade
            DELETE FROM notes WHERE id = 3;
            DROP INDEX CONCURRENTLY notes_mood;
            """,
            "c": """
            -- revision: c
            -- down_revision: b
            -- migrated: upgrade
            CREATE SCHEMA elsewhere;
            SET search_path = elsewhere;
            CREATE TABLE here (body text DEFAULT public.shout('x'));
            -- migrated: downgrade
            DROP SCHEMA elsewhere CASCADE;
            """,
            "d": """
            -- revision: d
            -- down_revision: c
            -- transaction: off
            -- migrated: upgrade
            SET search_path = elsewhere;
            CREATE TABLE public_again (id int);
            -- migrated: downgrade
            DROP TABLE public_again;
            """,
        ]
        try await Twins.with(files) { twins in
            try await twins.move(["upgrade", "b"], script: ["upgrade", "b"])
            try await twins.move(["upgrade", "head"], script: ["upgrade", "b:head"])
            try await twins.move(["downgrade", "-1"], script: ["downgrade", "-1"])
            try await twins.move(["downgrade", "a"], script: ["downgrade", "c:a"])
            try await twins.move(["downgrade", "base"], script: ["plan", "base"])
            // The version table is there still, and empty.
            try await twins.move(["upgrade", "head"], script: ["upgrade", "head"])
        }
    }

    @Test func branchesMergesAndDependencies() async throws {
        let graph = [
            ("a", "none", ""), ("b", "a", ""), ("c", "a", ""), ("d", "b, c", ""), ("e", "d", ""),
            ("x", "none", "-- branch_labels: side\n-- depends_on: c\n"), ("y", "x", "-- depends_on: e\n"),
            ("z", "none", "-- branch_labels: lone\n"),
        ]
        var files: [String: String] = [:]
        for (id, parents, header) in graph {
            files[id] = """
                -- revision: \(id)
                -- down_revision: \(parents)
                \(header)-- migrated: upgrade
                CREATE TABLE t_\(id) (n int);
                -- migrated: downgrade
                DROP TABLE t_\(id);
                """
        }
        try await Twins.with(files) { twins in
            try await twins.move(["upgrade", "side@x"], script: ["upgrade", "x"])
            try await twins.move(["upgrade", "d"], script: ["plan", "d"])
            try await twins.move(["upgrade", "heads"], script: ["plan", "heads"])
            try await twins.move(["downgrade", "side@-1"], script: ["downgrade", "side@-1"])
            try await twins.move(["downgrade", "b"], script: ["downgrade", "b"])
            try await twins.move(["downgrade", "base"], script: ["downgrade", "base"])
        }
    }

    @Test func roleSearchPathAndVersionTable() async throws {
        var options = DaemonHarness.Options()
        options.database += [
            "role = \"script_owner\"", "search_path = [\"app\"]", "version_table = \"Versions\"",
            "version_table_schema = \"meta\"",
        ]
        let files = [
            "a": """
            -- revision: a
            -- down_revision: none
            -- migrated: upgrade
            CREATE TABLE owned (id int);
            -- migrated: downgrade
            DROP TABLE owned;
            """,
            "b": """
            -- revision: b
            -- down_revision: a
            -- transaction: off
            -- migrated: upgrade
            CREATE INDEX CONCURRENTLY owned_id ON owned (id);
            CREATE TABLE other (id int);
            -- migrated: downgrade
            DROP TABLE other;
            DROP INDEX CONCURRENTLY owned_id;
            """,
        ]
        let preparation = """
            CREATE SCHEMA app; CREATE SCHEMA meta;
            DO $$ BEGIN CREATE ROLE script_owner; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
            GRANT ALL ON SCHEMA app TO script_owner
            """
        try await Twins.with(files, options, preparation: preparation) { twins in
            try await twins.move(["upgrade", "head"], script: ["upgrade", "head"])
            #expect(try await twins.versions == ["b"])
            try await twins.move(["downgrade", "base"], script: ["downgrade", "b:base"])
        }
    }

    @Test func stamps() async throws {
        var files: [String: String] = [:]
        for (id, parent) in [("a", "none"), ("b", "a"), ("c", "b"), ("x", "none")] {
            files[id] = "-- revision: \(id)\n-- down_revision: \(parent)\n-- migrated: upgrade\nSELECT 1;\n"
        }
        try await Twins.with(files) { twins in
            try await twins.move(["ensure-version"], script: ["ensure-version"])
            try await twins.move(["stamp", "b"], script: ["stamp", "b"])
            try await twins.move(["stamp", "c"], script: ["stamp", "b:c"])
            try await twins.move(["stamp", "x"], script: ["stamp", "x"])
            try await twins.move(["stamp", "a"], script: ["stamp", "c:a"])
            #expect(try await twins.versions == ["a", "x"])
        }
    }

    @Test func aScriptStopsInADatabaseThatIsElsewhere() async throws {
        try await withChain(3) { harness, database in
            #expect(try await harness.control("upgrade", "001").status == 0)
            let file = harness.directory + "/script.sql"
            #expect(try await harness.control("upgrade", "002:head", "--sql", "-o", file).status == 0)
            let outcome = try await Twins.psql(file, on: database)
            #expect(outcome.status != 0 && outcome.errors.contains("the database is not at 002"), "\(outcome)")
            try await Aftermath.of(database).expect(["upgrade 001"], at: ["001"])
        }
    }

    @Test func neitherDaemonNorDatabaseIsNeeded() async throws {
        try await withHarness { harness in
            try harness.write(TestRevision.chain(2))
            let script = try await harness.control("upgrade", "head", "--sql", "--directory", harness.migrations)
            #expect(script.status == 0 && script.output.contains("-- Running upgrade 001 -> 002"), "\(script)")
            // What the settings say counts as well: where the files are, and how they are run.
            var options = DaemonHarness.Options()
            options.database += ["role = \"owner\"", "version_table = \"Versions\""]
            try harness.configure(urls: ["main": "postgresql://nobody@/nowhere"], options)
            let settled = try await harness.control(
                "upgrade", "001:head", "--sql", environment: ["MIGRATED_SETTINGS": harness.settingsFile])
            #expect(settled.status == 0, "\(settled)")
            for text in ["SET LOCAL ROLE \"owner\"", "UPDATE \"Versions\"", "-- Running upgrade 001 -> 002"] {
                #expect(settled.output.contains(text), "\(settled)")
            }
            let down = try await harness.control("downgrade", "-1", "--sql", "--directory", harness.migrations)
            #expect(down.status != 0 && down.errors.contains("FROM:-1"), "\(down)")
        }
    }
}

/// Two databases: one that a daemon looks after, and one in which psql runs what `--sql` writes.
private struct Twins: Sendable {
    let harness: DaemonHarness
    let kept: TestDatabase
    let scripted: TestDatabase

    static func with(
        _ files: [String: String], _ options: DaemonHarness.Options = .init(), preparation: String = "SELECT 1",
        _ body: @Sendable (Twins) async throws -> Void
    ) async throws {
        try await withDaemon(options, start: false) { harness, kept in
            try await TestCluster.shared.withDatabase { scripted in
                for database in [kept, scripted] {
                    let session = try await database.connectAsSuperuser()
                    try await session.script(preparation)
                    await session.close()
                }
                for (name, text) in files { try TestFiles.write("\(harness.migrations)/\(name).sql", text + "\n") }
                try await harness.start()
                try await body(Twins(harness: harness, kept: kept, scripted: scripted))
            }
        }
    }

    /// Writes the script, lets the daemon do the same, runs the script, and compares.
    func move(
        _ words: [String], script: [String], sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let file = harness.directory + "/script.sql"
        let written = try await harness.startControl(script + ["--sql", "-o", file]).wait()
        #expect(written.status == 0, "\(written)", sourceLocation: sourceLocation)
        let done = try await harness.startControl(words).wait()
        #expect(done.status == 0, "\(done)", sourceLocation: sourceLocation)
        let run = try await Self.psql(file, on: scripted)
        let text = try TestFiles.read(file)
        #expect(run.status == 0, "\(run)\n\(text)", sourceLocation: sourceLocation)
        let (left, right) = (try await picture(of: kept), try await picture(of: scripted))
        #expect(left == right, sourceLocation: sourceLocation)
        #expect(left.contains("version_num"), sourceLocation: sourceLocation)
    }

    /// The rows of the version table that the scripts have left.
    var versions: [String] {
        get async throws {
            try await dump(scripted, ["--data-only", "--inserts"]).split(separator: "\n")
                .filter { $0.lowercased().contains("version") && $0.hasPrefix("INSERT") }
                .compactMap { $0.split(separator: "'").dropFirst().first.map(String.init) }.sorted()
        }
    }

    /// Schema and data without the registry; the rows of a table in no order.
    private func picture(of database: TestDatabase) async throws -> String {
        let data = try await dump(database, ["--data-only", "--inserts"]).split(separator: "\n").sorted()
        return try await dump(database, ["--schema-only"]) + data.joined(separator: "\n")
    }

    private func dump(_ database: TestDatabase, _ options: [String]) async throws -> String {
        let program = database.cluster.binaries + "/pg_dump"
        let outcome = try await WholeProgram.start(
            [program, "--exclude-schema=migrated", "--dbname", DaemonHarness.url(database.parameters)] + options,
            workingDirectory: "/tmp", environment: [:]
        ).wait()
        #expect(outcome.status == 0, "\(outcome)")
        return outcome.output.split(separator: "\n").filter { !$0.contains("restrict") }.joined(separator: "\n")
    }

    /// Runs a script as the documentation says, in a session whose own settings are of no help.
    static func psql(_ file: String, on database: TestDatabase) async throws -> WholeProgram.Outcome {
        try await WholeProgram.start(
            [
                database.cluster.binaries + "/psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", file,
                DaemonHarness.url(database.parameters),
            ], workingDirectory: "/tmp",
            environment: ["PGCLIENTENCODING": "LATIN1", "PGOPTIONS": "-c standard_conforming_strings=off"]
        ).wait()
    }
}
