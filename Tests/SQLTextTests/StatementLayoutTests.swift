import SQLText
import Testing

@Suite("a statement is laid out anew and stays the same")
struct StatementLayoutTests {
    private func tidied(_ sql: String) throws -> String {
        try StatementLayout.tidied(try #require(StatementSplitter.split(sql).first))
    }

    @Test("tabs, blanks at the ends of lines and the margin of a program's text go")
    func margins() throws {
        #expect(
            try tidied("\nCREATE TABLE t (\n\ta int, \n\tb int\n)\n\n") == "CREATE TABLE t (\n    a int,\n    b int\n)")
        #expect(
            try tidied("\n        SELECT 1,\n               2\n          FROM t\n") == "SELECT 1,\n       2\n  FROM t")
        #expect(try tidied("SELECT 1,\n            2,\n              3") == "SELECT 1,\n    2,\n      3")
        #expect(try tidied("SELECT\t1") == "SELECT    1")
    }

    @Test("what is quoted keeps every blank, comments stay")
    func quoted() throws {
        let body =
            "\n    CREATE FUNCTION f() RETURNS int AS $$\n\tSELECT 1; \n      $$ LANGUAGE sql -- a note\n      IMMUTABLE"
        #expect(
            try tidied(body)
                == "CREATE FUNCTION f() RETURNS int AS $$\n\tSELECT 1; \n      $$ LANGUAGE sql -- a note\n  IMMUTABLE")
        #expect(try tidied("SELECT 'a \n\t b'") == "SELECT 'a \n\t b'")
    }
}
