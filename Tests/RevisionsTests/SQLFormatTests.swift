import Revisions
import SQLText
import Testing

@Suite("SQL files")
struct SQLFormatTests {
    private static let good = """
        -- revision: 002_add_status
        -- down_revision: 001_initial
        -- branch_labels: billing, status
        -- depends_on: 9af3c2, reports
        -- description: add status to sessions: the first of three
        -- created: 2026-11-22T10:15:00Z

        -- migrated: upgrade
        ALTER TABLE sessions ADD COLUMN status text; -- a comment
          COMMENT ON COLUMN sessions.status IS 'x;y';

        -- migrated: downgrade
        ALTER TABLE sessions DROP COLUMN status;
        """

    private func read(_ text: String) throws -> Revision {
        try SQLFormat().parse(RevisionFile(path: "m/a.sql", bytes: Array(text.utf8)))
    }

    private func problems(_ text: String) -> [String] {
        SQLFormat().read(RevisionFile(path: "m/a.sql", bytes: Array(text.utf8))).problems.sorted().map {
            "\($0.position?.line ?? 0):\($0.position?.column ?? 0) \($0.code.rawValue)"
        }
    }

    @Test("a line says that something is missing, and ends no section")
    func unfinished() throws {
        let text = Self.good.replacing(
            "  COMMENT", with: "-- migrated: unfinished: the other half\n--migrated:unfinished\n  COMMENT")
        let revision = try read(text)
        #expect(revision.upgrade.statements.count == 2)
        #expect(revision.upgrade.unfinished?.reason == "the other half")
        #expect(revision.upgrade.unfinished?.position.line == 10)
        #expect(revision.downgrade?.unfinished == nil)
        #expect(try read(Self.good).upgrade.unfinished == nil)
        #expect(try read(Self.good).upgrade.meaningDigest == revision.upgrade.meaningDigest)
        #expect(problems("-- migrated: unfinished: too early\n" + Self.good).contains("1:14 illegal_header"))
    }

    @Test("a good file is read whole")
    func whole() throws {
        let revision = try read(Self.good)
        #expect(revision.id == "002_add_status")
        #expect(revision.downRevisions == ["001_initial"])
        #expect(revision.branchLabels == ["billing", "status"])
        #expect(revision.dependsOn == ["9af3c2", "reports"])
        #expect(revision.isTransactional)
        #expect(revision.description == "add status to sessions: the first of three")
        #expect(revision.created == "2026-11-22T10:15:00Z")
        #expect(
            revision.upgrade.statements.map(\.text) == [
                "ALTER TABLE sessions ADD COLUMN status text", "COMMENT ON COLUMN sessions.status IS 'x;y'",
            ])
        #expect(revision.upgrade.statements.map(\.position.line) == [9, 10])
        #expect(revision.upgrade.statements.map(\.position.column) == [1, 3])
        #expect(revision.downgrade?.statements.map(\.position.line) == [13])
        #expect(revision.section(.downgrade) == revision.downgrade)
        #expect(revision.source == Array(Self.good.utf8))
    }

    @Test("roots, merges, a missing downgrade, free comments and Windows line ends")
    func variants() throws {
        let root = try read(
            "/* Licence\n words: here\n*/\n-- SPDX-License-Identifier: MIT\n-- see https://example.org: more\n"
                + "--revision:a1\n--  down_revision :  none\n-- transaction: off\n-- migrated: upgrade\nVACUUM;")
        #expect(root.downRevisions.isEmpty)
        #expect(!root.isTransactional)
        #expect(!root.isReversible)
        #expect(root.section(.downgrade) == nil)
        let merge = try read(
            "-- revision: m\r\n-- down_revision: a , b,c\r\n-- migrated: upgrade\r\n-- migrated: downgrade\r\n")
        #expect(merge.downRevisions == ["a", "b", "c"])
        #expect(merge.upgrade.statements.isEmpty)
        #expect(merge.isReversible)
        #expect(try read("\u{FEFF}-- revision: b\n-- down_revision: none\n-- migrated: upgrade\nSELECT 1").id == "b")
    }

    private static let head = "-- revision: a\n-- down_revision: none\n"

    @Test(
        "every fault is reported at its place",
        arguments: [
            ("", ["1:1 missing_key", "1:1 missing_key", "1:1 missing_section"]),
            (head, ["1:1 missing_section"]),
            (head + "-- depend_on: x\n-- migrated: upgrade\n", ["3:4 unknown_key"]),
            (head + "-- Description: x\n-- migrated: upgrade\n", ["3:4 unknown_key"]),
            (head + "-- author: x\n-- migrated: upgrade\n", ["3:4 unknown_key"]),
            (head + "-- revision: b\n-- migrated: upgrade\n", ["3:4 duplicate_key"]),
            (head + "-- transaction: maybe\n-- migrated: upgrade\n", ["3:17 illegal_value"]),
            (head + "-- depends_on: x, , y, x\n-- migrated: upgrade\n", ["3:19 illegal_value", "3:24 illegal_value"]),
            (head + "-- branch_labels: a-b\n-- migrated: upgrade\n", ["3:19 illegal_label"]),
            ("-- revision: a+b\n-- down_revision: none\n-- migrated: upgrade\n", ["1:14 illegal_id"]),
            ("-- revision: head\n-- down_revision: none\n-- migrated: upgrade\n", ["1:14 illegal_id"]),
            ("-- revision: a\n-- down_revision: none, b\n-- migrated: upgrade\n", ["2:19 illegal_value"]),
            ("-- revision:\n-- down_revision:\n-- migrated: upgrade\n", ["1:13 illegal_id", "2:18 illegal_value"]),
            (
                "-- revision: 123456789012345678901234567890123\n-- down_revision: none\n-- migrated: upgrade\n",
                ["1:14 illegal_id"]
            ),
            (head + "SELECT 1;\nSELECT 2;\n-- migrated: upgrade\n", ["3:1 outside_section"]),
            (head + "-- migrated: upgarde\n", ["1:1 missing_section", "3:14 illegal_header"]),
            (head + "-- migrated: upgrade\n-- migrated: upgrade\n", ["4:14 duplicate_section"]),
            (head + "-- migrated: upgrade\nSELECT 'é", ["4:8 syntax"]),
            (
                head + "-- migrated: upgrade\n  COMMIT;\nSELECT 1;\n ROLLBACK",
                ["4:3 illegal_statement", "6:2 illegal_statement"]
            ),
            (head + "-- migrated: upgrade\nSELECT 'é', pg_advisory_unlock_all();", ["4:1 illegal_statement"]),
            (head + "-- migrated: upgrade\n\\d x\n", ["4:1 syntax"]),
            (
                head + "-- migrated: upgrade\nCREATE INDEX CONCURRENTLY i ON t (a);\n-- migrated: downgrade\nVACUUM;\n",
                ["4:1 refused_in_transaction", "6:1 refused_in_transaction"]
            ),
            (head + "-- migrated: upgrade\nSELECT '\u{0}'", ["4:9 illegal_encoding"]),
        ] as [(String, [String])])
    func faults(text: String, expected: [String]) {
        #expect(problems(text) == expected)
    }

    @Test("bytes that are no UTF-8")
    func encoding() {
        let reading = SQLFormat().read(RevisionFile(path: "a.sql", bytes: Array("-- x\n-- é".utf8) + [0xFF]))
        #expect(reading.problems.map(\.code) == [.illegalEncoding])
        #expect(reading.problems.first?.position == SourcePosition(line: 2, column: 5, offset: 10))
    }

    @Test("hints say what to write")
    func hints() {
        func hint(_ text: String) -> String? {
            SQLFormat().read(RevisionFile(path: "a.sql", bytes: Array(text.utf8))).problems.first?.hint
        }
        #expect(hint(Self.head + "-- depend_on: x\n-- migrated: upgrade\n") == "write \"depends_on\"")
        #expect(hint(Self.head + "-- down-revision: x\n-- migrated: upgrade\n") == "write \"down_revision\"")
        #expect(hint(Self.head + "-- migrated: upgrade\nVACUUM") == "add \"-- transaction: off\" to the header")
    }

    @Test("what is written is read again")
    func writing() throws {
        let headers = [
            RevisionHeader(id: "a"),
            RevisionHeader(
                id: "b", downRevisions: ["a", "c"], branchLabels: ["x", "y"], dependsOn: ["z"], isTransactional: false,
                description: "what it does", created: "2026-11-22T10:15:00Z"),
        ]
        for header in headers {
            let revision = try read(SQLFormat().render(header, upgrade: "SELECT 1;", downgrade: "SELECT 2;"))
            #expect(revision.node == header.node)
            #expect(revision.description == header.description)
            #expect(revision.created == header.created)
            #expect(revision.isTransactional == header.isTransactional)
            #expect(revision.upgrade.statements.map(\.text) == ["SELECT 1"])
            #expect(revision.downgrade?.statements.map(\.text) == ["SELECT 2"])
        }
        #expect(try !read(SQLFormat().render(headers[0], upgrade: "", downgrade: nil)).isReversible)
        let sneaky = RevisionHeader(id: "a", description: "two\nlines\r\n-- migrated: upgrade")
        #expect(try read(SQLFormat().render(sneaky)).description == "two lines -- migrated: upgrade")
    }

    @Test("file names")
    func names() {
        let format = SQLFormat()
        #expect(format.fileName(for: RevisionHeader(id: "a1")) == "a1.sql")
        #expect(
            format.fileName(for: RevisionHeader(id: "a1", description: "Add the Status/2 …"))
                == "a1_add_the_status_2.sql")
        #expect(SQLFormat.slug(of: String(repeating: "word ", count: 20)) == "word_word_word_word_word_word_word_word")
        #expect(format.recognises(path: "m/a.sql"))
        #expect(!format.recognises(path: "m/.a.sql"))
        #expect(!format.recognises(path: "m/a.sql.bak"))
        #expect(RevisionID.random().problem == nil)
        #expect(RevisionID.random().rawValue.count == 12)
    }
}
