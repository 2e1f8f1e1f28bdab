import Planning
import Revisions
import Testing

/// What a script says, to the letter. That it does the same as the daemon is shown on real databases.
@Suite struct SQLScriptTests {
    private static let preamble = """
        SET client_encoding = 'UTF8';
        SET standard_conforming_strings = on;
        SET datestyle = 'ISO';


        """

    private static let creation = """
        CREATE TABLE IF NOT EXISTS alembic_version (
            version_num VARCHAR(32) NOT NULL,
            CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
        );


        """

    private func file(
        _ id: String, after parents: String, _ up: String, down: String? = nil, header: String = ""
    ) -> RevisionFile {
        let downgrade = down.map { "\n-- migrated: downgrade\n\($0)\n" } ?? ""
        let text =
            "-- revision: \(id)\n-- down_revision: \(parents)\n\(header)\n-- migrated: upgrade\n\(up)\n\(downgrade)"
        return RevisionFile(path: "\(id).sql", bytes: Array(text.utf8))
    }

    private func graph(_ files: RevisionFile...) throws -> RevisionGraph {
        let loaded = RevisionDirectory.load(files)
        return try #require(loaded.graph, "\(loaded.problems)")
    }

    private func script(
        _ direction: Direction, _ range: String, _ graph: RevisionGraph, _ settings: SQLScript.Settings = .init()
    ) throws -> String {
        let plan = try Planner(graph: graph).offlinePlan(direction, to: range)
        return try SQLScript(plan, revisions: { graph[$0] }, settings: settings).text
    }

    private func stamp(_ targets: [String], _ graph: RevisionGraph, purge: Bool = false) throws -> String {
        let plan = try Planner(graph: graph).offlineStamp(to: targets, purge: purge)
        return try SQLScript(plan, revisions: { graph[$0] }, settings: .init()).text
    }

    @Test func aChainFromNothing() throws {
        let graph = try graph(
            file("a", after: "none", "SELECT 'a';\nSELECT 1; -- done"),
            file("b", after: "a", "REINDEX TABLE CONCURRENTLY t;", header: "-- transaction: off"))
        let expected = """
            BEGIN;

            \(Self.creation)-- Running upgrade  -> a

            SELECT 'a';

            SELECT 1;

            INSERT INTO alembic_version (version_num) VALUES ('a');

            COMMIT;

            -- Running upgrade a -> b

            REINDEX TABLE CONCURRENTLY t;

            BEGIN;

            UPDATE alembic_version SET version_num='b' WHERE alembic_version.version_num = 'a';

            COMMIT;


            """
        #expect(try script(.upgrade, "head", graph) == Self.preamble + expected)
    }

    @Test func branchesAndAMergeDownInARange() throws {
        let graph = try graph(
            file("a", after: "none", "SELECT 1;", down: "SELECT -1;"),
            file("b", after: "a", "SELECT 2;", down: "SELECT -2;"),
            file("c", after: "a", "SELECT 3;", down: "SELECT -3;"),
            file("d", after: "b, c", "SELECT 4;", down: "SELECT -4;"))
        let text = try script(.downgrade, "d:base", graph)
        #expect(
            text.split(separator: "\n").filter { $0.hasPrefix("-- Running") || $0.contains("alembic_version") }
                == [
                    "    IF EXISTS (SELECT unnest(ARRAY['d']) EXCEPT SELECT version_num FROM alembic_version) THEN",
                    "-- Running downgrade d -> b, c",
                    "INSERT INTO alembic_version (version_num) VALUES ('b');",
                    "UPDATE alembic_version SET version_num='c' WHERE alembic_version.version_num = 'd';",
                    "-- Running downgrade b -> a",
                    "DELETE FROM alembic_version WHERE alembic_version.version_num = 'b';",
                    "-- Running downgrade c -> a",
                    "UPDATE alembic_version SET version_num='a' WHERE alembic_version.version_num = 'c';",
                    "-- Running downgrade a -> ",
                    "DELETE FROM alembic_version WHERE alembic_version.version_num = 'a';",
                ])
        #expect(!text.contains("CREATE TABLE"))
        #expect(text.split(separator: "\n").count { $0 == "BEGIN;" } == 4)
        #expect(text.split(separator: "\n").count { $0 == "COMMIT;" } == 4)
    }

    @Test func whatTheSettingsSay() throws {
        let graph = try graph(
            file("a", after: "none", "SELECT 1;"),
            file("b", after: "a", "VACUUM;", header: "-- transaction: off"))
        let settings = SQLScript.Settings(
            role: "the owner", searchPath: ["app", "$user"],
            versionTable: VersionTableName(schema: "Meta", table: "versions"))
        let text = try script(.upgrade, "head", graph, settings)
        let expected = """
            SET search_path = "app", "$user";

            BEGIN;

            CREATE TABLE IF NOT EXISTS "Meta"."versions" (
                version_num VARCHAR(32) NOT NULL,
                CONSTRAINT "versions_pkc" PRIMARY KEY (version_num)
            );

            -- Running upgrade  -> a

            SET LOCAL ROLE "the owner";

            SELECT 1;

            SET CONSTRAINTS ALL IMMEDIATE;
            RESET ROLE;

            INSERT INTO "Meta"."versions" (version_num) VALUES ('a');

            COMMIT;

            -- Running upgrade a -> b

            SET ROLE "the owner";

            VACUUM;

            RESET ROLE;

            BEGIN;

            UPDATE "Meta"."versions" SET version_num='b' WHERE "Meta"."versions".version_num = 'a';

            COMMIT;


            """
        #expect(text.hasSuffix(expected), "\(text)")
    }

    @Test(
        "what a revision sets for its session is taken back before the version row",
        arguments: [
            ("SET search_path = elsewhere;", true), ("SELECT pg_catalog.SET_CONFIG('search_path', '', false);", true),
            ("DO $$ BEGIN SET search_path = x; END $$;", true), ("DO $$ BEGIN PERFORM 1; END $$;", false),
            ("UPDATE t SET a = 1;", false),
        ])
    func settings(statement: String, isTakenBack: Bool) throws {
        let text = try script(.upgrade, "head", try graph(file("a", after: "none", statement)))
        let taken = "RESET SESSION AUTHORIZATION;\nRESET ROLE;\nRESET ALL;\n" + Self.preamble + "INSERT INTO alembic"
        #expect(text.contains(taken) == isTakenBack)
        #expect(text.contains("RESET") == isTakenBack)
    }

    @Test func outsideOfATransactionASettingEndsWithItsStatement() throws {
        let graph = try graph(
            file("a", after: "none", "SET search_path = x;\nVACUUM;", header: "-- transaction: off"))
        let text = try script(.upgrade, "a", graph, .init(role: "owner"))
        let taken =
            "RESET SESSION AUTHORIZATION;\nRESET ROLE;\nRESET ALL;\n" + Self.preamble.dropLast() + "SET ROLE \"owner\";"
        #expect(text.contains("SET search_path = x;\n\n\(taken)\n\nVACUUM;\n\nRESET ROLE;\n\nBEGIN;"), "\(text)")
    }

    @Test func textAndDataComeThroughUnchanged() throws {
        let statements = [
            #"SELECT 'it''s', E'\\ \'', 'C:\temp', U&'\0061', "quo""ted", $$ ; 'x' \ $$, $a$ $$ ; $a$;"#,
            "COPY t FROM stdin;\na\\tb\t\\N\n$$ it's :x\n\\.",
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END;",
            "SELECT a::text, ':USER', \":USER\" -- :USER\n, 1;",
        ]
        let graph = try graph(file("a", after: "none", statements.joined(separator: "\n")))
        let text = try script(.upgrade, "a", graph)
        for statement in statements { #expect(text.contains("\n\n\(statement)\n\n")) }
    }

    @Test func psqlFindsNoVariablesInSlices() throws {
        let graph = try graph(file("a", after: "none", "SELECT x[1:USER], y[:\"b\"], z[1:2], x::text;"))
        #expect(try script(.upgrade, "a", graph).contains("\nSELECT x[1: USER], y[: \"b\"], z[1:2], x::text;\n"))
    }

    @Test func stamps() throws {
        let graph = try graph(file("a", after: "none", "SELECT 1;"), file("b", after: "a", "SELECT 2;"))
        #expect(
            try stamp(["head"], graph) == Self.preamble + "BEGIN;\n\n" + Self.creation
                + "-- Running stamp_revision  -> b\n\nINSERT INTO alembic_version (version_num) VALUES ('b');\n\nCOMMIT;\n\n"
        )
        let moved = try stamp(["b:a"], graph)
        #expect(moved.contains("'the database is not at b, where this script starts'"))
        #expect(
            moved.hasSuffix(
                """
                BEGIN;

                -- Running stamp_revision b -> a

                UPDATE alembic_version SET version_num='a' WHERE alembic_version.version_num = 'b';

                COMMIT;


                """))
        #expect(try stamp([], graph) == Self.preamble + "BEGIN;\n\n" + Self.creation + "COMMIT;\n\n")
        #expect(throws: Failure.self) { try stamp(["a"], graph, purge: true) }
    }

    @Test func nothingIsWrittenOfWhatCannotBeDone() throws {
        let graph = try graph(file("a", after: "none", "SELECT 1;"), file("b", after: "a", "SELECT 2;"))
        let irreversible = #expect(throws: Failure.self) { try script(.downgrade, "b:base", graph) }
        #expect(irreversible?.code == .irreversible && irreversible?.message.contains(#""b", "a""#) == true)
        let fromNowhere = #expect(throws: Failure.self) { try script(.downgrade, "-1", graph) }
        #expect(fromNowhere?.hint == "write FROM:-1")
        #expect(try script(.upgrade, "b:b", graph).hasSuffix("-- Nothing to do.\n\n"))
    }

    @Test func idsAreQuoted() throws {
        let graph = try graph(file("it's$check$", after: "none", "SELECT 1;", down: "SELECT 2;"))
        let text = try script(.downgrade, "it's$check$:base", graph)
        #expect(text.contains("DO $_check$\nBEGIN\n") && text.contains("ARRAY['it''s$check$']"))
    }
}
