import Revisions
import Testing

@testable import Planning

@Suite("the rules for reviewers")
struct LinterTests {
    /// A file with these sections; `head` goes above the first one.
    private static func file(
        _ id: String, after parent: String = "none", head: String = "", up: String = "", down: String? = "SELECT 1;"
    ) -> RevisionFile {
        var text = "-- revision: \(id)\n-- down_revision: \(parent)\n\(head)\n-- migrated: upgrade\n\(up)\n"
        if let down { text += "-- migrated: downgrade\n\(down)\n" }
        return RevisionFile(path: "\(id).sql", bytes: Array(text.utf8))
    }

    /// The findings as `line:column code`.
    private static func findings(_ files: RevisionFile..., ignoring: Set<String> = []) -> [String] {
        Linter(ignoring: ignoring).judge(files).findings.map {
            "\($0.location.line ?? 0):\($0.location.column ?? 0) \($0.code)"
        }
    }

    @Test(
        "a foreign key has to say what a deletion does",
        arguments: [
            ("CREATE TABLE a (n int REFERENCES b);", ["5:23"]),
            ("CREATE TABLE a (n int REFERENCES b ON DELETE CASCADE);", []),
            ("CREATE TABLE a (n int REFERENCES b ON UPDATE CASCADE ON DELETE NO ACTION);", []),
            (
                "CREATE TABLE a (n int REFERENCES b (x) MATCH FULL DEFERRABLE, m int REFERENCES c ON DELETE SET NULL);",
                ["5:23"]
            ),
            ("CREATE TEMP TABLE IF NOT EXISTS a (n int, FOREIGN KEY (n, m) REFERENCES s.b (x, y));", ["5:62"]),
            (
                "alter table a add constraint f foreign key (n)\n  references b (n) on delete set null (n)\n, add foreign key (m) references \"B\";",
                ["7:23"]
            ),
            ("ALTER TABLE a ADD COLUMN n int REFERENCES b REFERENCES c ON DELETE CASCADE;", ["5:32"]),
            ("CREATE SCHEMA s CREATE TABLE a (n int REFERENCES b);", ["5:39"]),
            ("GRANT REFERENCES ON a TO b;", []),
            ("ALTER DEFAULT PRIVILEGES GRANT REFERENCES ON TABLES TO b;", []),
            ("CREATE TABLE a (\"references\" text DEFAULT 'REFERENCES b', t text -- REFERENCES c\n);", []),
            ("COMMENT ON TABLE a IS 'x REFERENCES b';", []),
        ] as [(String, [String])])
    func foreignKeys(sql: String, places: [String]) {
        #expect(Self.findings(Self.file("a", up: sql)) == places.map { "\($0) missing_on_delete" })
    }

    @Test("what is to be filled in is told once, at its line")
    func unfinished() {
        let down = "-- migrated: unfinished: a query\n"
        #expect(Self.findings(Self.file("a", up: "SELECT 1;\n-- migrated: unfinished: a query")) == ["6:1 unfinished"])
        #expect(Self.findings(Self.file("a", up: "SELECT 1;", down: down)) == ["7:1 unfinished"])
    }

    @Test("the message names the table as it is written")
    func names() {
        func message(_ sql: String) -> String? { Linter().judge([Self.file("a", up: sql)]).findings.first?.message }
        #expect(message("ALTER TABLE a ADD FOREIGN KEY (n) REFERENCES s . b NOT VALID;")?.contains("\"s.b\"") == true)
        #expect(message("ALTER TABLE a ADD n int REFERENCES \"B c\" NOT NULL;")?.contains("to \"B c\" does") == true)
    }

    @Test("what is done has to be undone")
    func downgrades() {
        #expect(Self.findings(Self.file("a", up: "SELECT 1;", down: nil)) == ["1:14 missing_downgrade"])
        #expect(Self.findings(Self.file("a", up: "SELECT 1;", down: "-- later")) == ["1:14 missing_downgrade"])
        #expect(Self.findings(Self.file("a", up: "", down: "")) == [], "a merge does nothing either way")
    }

    @Test("two heads are told at each, also where another file has faults")
    func heads() {
        let files = [Self.file("a"), Self.file("b", after: "a"), Self.file("c", after: "a", up: "COMMIT;")]
        let outcome = Linter().judge(files)
        #expect(outcome.findings.map(\.code) == ["several_heads", "several_heads", "illegal_statement"])
        #expect(outcome.findings[0].message == "revision \"b\" is a head, and so is \"c\"")
        #expect(outcome.revisionCount == 3)
    }

    @Test(
        "a comment switches a rule off: in the head for the file, else for the statement at which it stands",
        arguments: [
            ("", "-- migrated: ignore missing_on_delete\nCREATE TABLE a (n int REFERENCES b);", 0),
            ("", "CREATE TABLE a (n int REFERENCES b); -- migrated: ignore missing_on_delete", 0),
            ("", "CREATE TABLE a (\n  -- migrated: ignore missing_on_delete\n  n int REFERENCES b);", 0),
            ("", "CREATE TABLE a (n int REFERENCES b);\n-- migrated: ignore missing_on_delete\nSELECT 1;", 1),
            ("", "-- migrated: ignore missing_on_delete\nSELECT 1;\nCREATE TABLE a (n int REFERENCES b);", 1),
            ("-- migrated: ignore missing_downgrade, missing_on_delete", "CREATE TABLE a (n int REFERENCES b);", 0),
            ("-- migrated: ignore missing_downgrade", "CREATE TABLE a (n int REFERENCES b);", 1),
        ])
    func remarks(head: String, up: String, count: Int) {
        let file = Self.file("a", head: head, up: up)
        #expect(Self.findings(file).count == count)
        #expect(Self.findings(file, ignoring: ["missing_on_delete"]) == [])
    }

    @Test("a rule that does not exist cannot be switched off unnoticed, and a fault not at all")
    func unknown() {
        let file = Self.file("a", head: "-- migrated: ignore missing_ondelete")
        #expect(Self.findings(file) == ["3:1 unknown_rule"])
        let fault = Self.file("a", head: "-- migrated: ignore illegal_statement", up: "COMMIT;")
        #expect(Self.findings(fault, ignoring: ["illegal_statement"]) == ["5:1 illegal_statement"])
    }

    @Test("every rule has a code of its own, and finds what it is for")
    func register() {
        #expect(Set(LintRule.all.map(\.code)).count == LintRule.all.count)
        let bad = Linter().judge([
            Self.file("a", up: "CREATE TABLE a (n int REFERENCES b);", down: nil),
            Self.file("b", up: "-- migrated: unfinished: a query"),
        ])
        #expect(Set(bad.findings.map(\.code)) == Set(LintRule.all.map(\.code)))
    }
}
