import Revisions
import Testing

@testable import Planning

@Suite("what the text of a revision lets one guess")
struct GuessTests {
    /// The guesses as `line code`, lines counted from the first of the section.
    private static func guesses(_ sql: String, head: String = "", down: String? = "SELECT 1;") throws -> [String] {
        var text = "-- revision: a\n-- down_revision: none\n\(head)\n-- migrated: upgrade\n\(sql)\n"
        if let down { text += "-- migrated: downgrade\n\(down)\n" }
        let loaded = RevisionDirectory.load([RevisionFile(path: "a.sql", bytes: Array(text.utf8))])
        return Guess.findings(of: try #require(loaded.revisions.first, "\(loaded.problems)")).map {
            "\(($0.location.line ?? 0) - 4) \($0.code)"
        }
    }

    @Test(
        "by the codes that rehearsals have",
        arguments: [
            ("ALTER TABLE t ADD COLUMN a int DEFAULT random();", ["1 table-rewrite"]),
            ("ALTER TABLE t ADD COLUMN a int DEFAULT 1;", []),
            ("ALTER TABLE t\n  ALTER COLUMN a TYPE bigint,\n  DROP COLUMN b;", ["2 table-rewrite", "3 drops-data"]),
            ("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0);", ["1 table-scan"]),
            ("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID;", []),
            (
                "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID;\nALTER TABLE t VALIDATE CONSTRAINT c;",
                ["2 table-scan"]
            ),
            ("ALTER TABLE t VALIDATE CONSTRAINT c;", []),
            ("ALTER TABLE t ALTER a SET NOT NULL;", ["1 null-values", "1 table-scan"]),
            ("ALTER TABLE t VALIDATE CONSTRAINT c;\nALTER TABLE t ALTER a SET NOT NULL;", ["2 null-values"]),
            ("ALTER TABLE t ADD a int NOT NULL;", ["1 null-values"]),
            ("ALTER TABLE t ADD a int NOT NULL DEFAULT 0;", []),
            ("CREATE INDEX i ON t (a);", ["1 strong-lock"]),
            ("CREATE UNIQUE INDEX i ON s.t (a);", ["1 duplicate-values", "1 strong-lock"]),
            ("ALTER TABLE t ADD UNIQUE (a);", ["1 duplicate-values", "1 strong-lock"]),
            ("ALTER TABLE t ADD CONSTRAINT u UNIQUE USING INDEX i;", []),
            ("DROP INDEX i;", ["1 strong-lock"]),
            ("REINDEX TABLE t;", ["1 strong-lock"]),
            ("ALTER TABLE t DETACH PARTITION p;", ["1 strong-lock"]),
            ("DROP TABLE a,\n  \"B\";", ["1 drops-data", "2 drops-data"]),
            (
                "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u NOT VALID;",
                ["1 unindexed-foreign-key"]
            ),
            ("CREATE TABLE t (a int REFERENCES u, b int UNIQUE REFERENCES u);", ["1 unindexed-foreign-key"]),
            ("CREATE TABLE t (a int REFERENCES u);\nCREATE INDEX ON t (a, b);", []),
            ("CREATE TABLE t (a int);\nCREATE UNIQUE INDEX ON t (a);\nALTER TABLE t ADD CHECK (a > 0);", []),
            ("CREATE TEMP TABLE t AS SELECT 1;", []),
            ("INSERT INTO t VALUES (1); UPDATE t SET a = 2; COMMENT ON TABLE t IS 'DROP TABLE t';", []),
        ] as [(String, [String])])
    func codes(sql: String, expected: [String]) throws {
        #expect(try Self.guesses(sql) == expected)
    }

    @Test func aRevisionWithoutAWayBackIsIrreversible() throws {
        #expect(try Self.guesses("SELECT 1;", down: nil) == ["-3 irreversible"])
    }

    @Test func aGuessIsSwitchedOffLikeARule() throws {
        let sql = "CREATE INDEX i ON t (a);\n-- migrated: ignore strong-lock\nCREATE INDEX j ON t (b);"
        #expect(try Self.guesses(sql) == ["1 strong-lock"])
        #expect(try Self.guesses("DROP TABLE t;", head: "-- migrated: ignore drops-data") == [])
        #expect(try Self.guesses("CREATE INDEX CONCURRENTLY i ON t (a);", head: "-- transaction: off") == [])
    }

    @Test func guessesAreKeptApartFromFindingsAndAllHaveAHint() {
        let file = RevisionFile(
            path: "a.sql",
            bytes: Array("-- revision: a\n-- down_revision: none\n-- migrated: upgrade\nDROP TABLE t;\n".utf8))
        let outcome = Linter().judge([file])
        #expect(outcome.findings.map(\.code) == ["missing_downgrade"])
        #expect(outcome.guesses.map(\.code) == ["drops-data"])
        #expect(outcome.guesses.allSatisfy { $0.hint != nil && $0.guess.contains("guess: ") })
        #expect(Linter(ignoring: ["drops-data"]).judge([file]).guesses == [])
        #expect(Linter(ignoring: ["missing_downgrade"]).judge([file]).guesses.map(\.code).contains("irreversible"))
    }
}
