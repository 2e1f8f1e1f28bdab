import Host
import Revisions
import Testing
import Varlink

@Suite(
    "migratectl compares schemas of any source, and writes what leads from one to the other", .timeLimit(.minutes(15)))
struct SchemaVerbsTests {
    private static let first = """
        CREATE TABLE sessions (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL);
        CREATE TABLE messages (id bigint PRIMARY KEY, session bigint NOT NULL, body text);
        """

    /// Tables that point forwards, so that the order of statements cannot be the order of making.
    private static let desired = """
        CREATE VIEW open_sessions AS SELECT id, name FROM sessions WHERE status <> 'closed';
        CREATE TABLE messages (id bigint PRIMARY KEY, session bigint NOT NULL REFERENCES sessions ON DELETE CASCADE,
            body text NOT NULL, token uuid NOT NULL DEFAULT gen_random_uuid());
        CREATE INDEX messages_session ON messages (session);
        CREATE TABLE sessions (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE,
            status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'closed')));
        """

    @Test("files are loaded in any order, and equal schemas are equal however they are written")
    func files() async throws {
        let project = try Project("wanted")
        try project.write("wanted/a.sql", "CREATE VIEW v AS SELECT n FROM t;")
        try project.write("wanted/b.sql", "create table T (n int4 default 1+1);")
        try project.write(
            "other.sql", "CREATE TABLE public.t (n integer DEFAULT (1 + 1)); CREATE VIEW v AS SELECT t.n FROM t")
        let equal = await project.run("diff", "wanted", "other.sql")
        #expect(equal.status == 0, "\(equal.errors)")
        #expect(equal.output == "")
        try project.write("other.sql", "CREATE TABLE t (n integer)")
        let differs = await project.run("diff", "wanted", "other.sql")
        #expect(differs.status == 2)
        #expect(differs.output.contains("- view public.v\n"))
        #expect(differs.output.contains("table public.t\n"))
        let sql = await project.run("diff", "wanted", "other.sql", "--sql", "--plain")
        #expect(sql.output == "DROP VIEW public.v;\nALTER TABLE ONLY public.t ALTER COLUMN n DROP DEFAULT;\n")
        let json = await project.run("diff", "wanted", "other.sql", "--json")
        let document = try JSONValue(parsing: json.output.split(separator: "\n").joined().utf8)
        #expect(document["isEqual"] == .bool(false))
    }

    @Test("what cannot be loaded is told with its place")
    func broken() async throws {
        let project = try Project("wanted")
        try project.write("wanted/a.sql", "CREATE TABLE t (n int);\nCREATE VIEW v AS SELECT missing FROM t;")
        let outcome = await project.run("diff", "nothing", "wanted")
        #expect(outcome.status == 47)
        #expect(outcome.errors.contains("wanted/a.sql:2:25"), "\(outcome.errors)")
    }

    @Test("what a command prints is a schema")
    func command() async throws {
        let project = try Project("migrations")
        try project.write("migrations/a.sql", id: "a", up: "CREATE TABLE t (n int);", down: "DROP TABLE t;")
        let outcome = await project.run("diff", "revisions", "command:echo 'CREATE TABLE t (n int)'")
        #expect(outcome.status == 0, "\(outcome.errors)\(outcome.output)")
        let failing = await project.run("diff", "revisions", "command:echo no >&2; exit 3")
        #expect(failing.status == 47)
        #expect(failing.errors.contains("no"))
    }

    @Test("revisions are written that lead to the desired schema, in portions that transactions allow, and back")
    func autogenerate() async throws {
        let project = try Project("migrations")
        try project.write("migrations/a.sql", id: "a", up: Self.first, down: "DROP TABLE messages, sessions;")
        try project.write("schema.sql", Self.desired)
        let ends = ["--from", "revisions", "--to", "schema.sql"]
        let before = await project.run("check", "--autogenerate", ends[0], ends[1], ends[2], ends[3])
        #expect(before.status == 1)
        #expect(before.output.contains("+ column public.sessions.status"), "\(before.output)\(before.errors)")
        let written = await project.run(
            "revision", "--autogenerate", "-m", "as it shall be", ends[0], ends[1], ends[2], ends[3])
        #expect(written.status == 0, "\(written.errors)")
        let loaded = project.load("migrations")
        #expect(loaded.problems.isEmpty)
        let new = loaded.revisions.filter { $0.id != "a" }
        #expect(written.output.split(separator: "\n").count == new.count)
        let texts = new.map { String(decoding: $0.source, as: UTF8.self) }
        let index = try #require(texts.first { $0.contains("CREATE INDEX CONCURRENTLY messages_session") })
        #expect(index.contains("-- transaction: off"))
        #expect(index.contains("DROP INDEX CONCURRENTLY public.messages_session"))
        #expect(
            texts.contains {
                $0.contains("FOREIGN KEY (session) REFERENCES public.sessions(id) ON DELETE CASCADE NOT VALID")
            })
        let validation = try #require(texts.first { $0.contains("VALIDATE CONSTRAINT messages_session_fkey") })
        #expect(!validation.contains("NOT VALID;\n\n-- migrated: downgrade"))
        #expect(texts.contains { $0.contains("USING INDEX sessions_name_key") })
        #expect(texts.contains { $0.contains("-- finding: writes every row of public.messages") })
        let after = await project.run("check", "--autogenerate", ends[0], ends[1], ends[2], ends[3])
        #expect(after.status == 0, "\(after.output)")
        let nothing = await project.run("revision", "--autogenerate", ends[0], ends[1], ends[2], ends[3])
        #expect(nothing.output.contains("nothing was written"))
        #expect(project.load("migrations").revisions.count == loaded.revisions.count)
    }

    @Test("--plain writes one revision")
    func plain() async throws {
        let project = try Project("migrations")
        try project.write("migrations/a.sql", id: "a", up: Self.first, down: "DROP TABLE messages, sessions;")
        try project.write("schema.sql", Self.desired)
        let written = await project.run(
            "revision", "--autogenerate", "--plain", "--rev-id", "b", "--from", "revisions", "--to", "schema.sql")
        #expect(written.status == 0, "\(written.errors)")
        #expect(project.load("migrations").revisions.map(\.id).sorted() == ["a", "b"])
    }

    @Test("a rename is made where it is said, and told where it may be one")
    func renames() async throws {
        let project = try Project("migrations")
        try project.write(
            "migrations/a.sql", id: "a",
            up: "CREATE TABLE t (id int, label text); CREATE VIEW v AS SELECT label FROM t;",
            down: "DROP VIEW v; DROP TABLE t;")
        try project.write(
            "schema.sql", "CREATE TABLE t (id int, title text); CREATE VIEW v AS SELECT title AS label FROM t;")
        let guessed = await project.run(
            "revision", "--autogenerate", "--from", "revisions", "--to", "schema.sql", "--rev-id", "b")
        #expect(guessed.errors.contains("--rename column:public.t.label=title"), "\(guessed.errors)")
        let text = try TextFiles.readText(project("migrations/b.sql"))
        #expect(text.contains("-- finding: drops the column label of public.t with its values"))
        try DirectoryTree.remove(project("migrations/b.sql"))
        let said = await project.run(
            "revision", "--autogenerate", "--from", "revisions", "--to", "schema.sql", "--rev-id", "b", "--rename",
            "column:public.t.label=title")
        #expect(said.status == 0, "\(said.errors)")
        let renamed = try TextFiles.readText(project("migrations/b.sql"))
        #expect(renamed.contains("ALTER TABLE public.t RENAME COLUMN label TO title;"))
        #expect(renamed.contains("ALTER TABLE public.t RENAME COLUMN title TO label;"))
        #expect(!renamed.contains("DROP COLUMN"))
        // On a terminal it is asked for.
        try DirectoryTree.remove(project("migrations/b.sql"))
        let asking = await project.run(
            "revision", "--autogenerate", "--from", "revisions", "--to", "schema.sql", "--rev-id", "b",
            answer: "y")
        #expect(asking.status == 0, "\(asking.errors)")
        #expect(try TextFiles.readText(project("migrations/b.sql")).contains("RENAME COLUMN label TO title;"))
        try project.write(
            "commented.sql",
            "-- migrated: rename column:public.t.label=title\nCREATE TABLE t (id int, title text); CREATE VIEW v AS SELECT title AS label FROM t;"
        )
        let asked = await project.run("diff", "--directory", "nowhere", "schema.sql", "commented.sql")
        #expect(asked.status == 0, "\(asked.errors)\(asked.output)")
    }

    @Test("what is compared is chosen by the settings, and so is the desired schema")
    func settings() async throws {
        let project = try Project("migrations")
        try project.write("migrations/a.sql", id: "a", up: "CREATE TABLE t (n int);", down: "DROP TABLE t;")
        try project.write(
            "schema.sql", "CREATE TABLE t (n int); COMMENT ON TABLE t IS 'x'; CREATE TABLE tmp_1 (n int);")
        try project.write(
            "migrated.toml",
            """
            [database.main]
            url = "postgresql:///nowhere"
            migrations = "migrations"
            [database.main.schema]
            files = "schema.sql"
            ignore = ["public.tmp_*"]
            ignore_kinds = ["comment"]
            """)
        let outcome = await project.run("diff", "revisions", "schema")
        #expect(outcome.status == 0, "\(outcome.errors)\(outcome.output)")
    }
}
