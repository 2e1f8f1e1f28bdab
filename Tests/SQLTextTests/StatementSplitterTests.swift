import SQLText
import Testing

@Suite struct StatementSplitterTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var sql: String
        var texts: [String]
        var testDescription: String { sql }
    }

    static let cases: [Case] = [
        Case(sql: "", texts: []),
        Case(sql: " -- nothing\n/* at all */ ;;\n; ", texts: []),
        Case(sql: "select 1", texts: ["select 1"]),
        Case(sql: "/* a */ select 1 /* b */; -- c\nselect 2 ;", texts: ["select 1", "select 2"]),
        Case(sql: "select 1 -- kept\n, 2;", texts: ["select 1 -- kept\n, 2"]),
        Case(sql: "select ';', \";\", $$;$$, E'\\';';x", texts: ["select ';', \";\", $$;$$, E'\\';'", "x"]),
        Case(
            sql: "create rule r as on insert to t do also (delete from a; delete from b); select 1",
            texts: ["create rule r as on insert to t do also (delete from a; delete from b)", "select 1"]),
        Case(sql: "select 1); select 2", texts: ["select 1)", "select 2"]),
        Case(sql: "begin; end; case; x", texts: ["begin", "end", "case", "x"]),
        Case(
            sql: "create function f() returns int begin atomic select 1; select 2; end; select 3",
            texts: ["create function f() returns int begin atomic select 1; select 2; end", "select 3"]),
        Case(
            sql: "CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC SELECT CASE WHEN a THEN 1 END; END; SELECT 3",
            texts: ["CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC SELECT CASE WHEN a THEN 1 END; END", "SELECT 3"]),
        Case(
            sql: "create function f() begin atomic select t.end, t.case, 1 as end; end; x",
            texts: ["create function f() begin atomic select t.end, t.case, 1 as end; end", "x"]),
        Case(sql: "create function begin() as $$a$$; x", texts: ["create function begin() as $$a$$", "x"]),
        Case(sql: "create function s.begin () as 'a'; x", texts: ["create function s.begin () as 'a'", "x"]),
        Case(sql: "create function begin.f() as 'a'; x", texts: ["create function begin.f() as 'a'", "x"]),
        Case(sql: "create function f(begin int) as 'a'; x", texts: ["create function f(begin int) as 'a'", "x"]),
        Case(sql: "create function f() return 1; x", texts: ["create function f() return 1", "x"]),
        Case(sql: "create table begin (end_ int); x", texts: ["create table begin (end_ int)", "x"]),
        Case(sql: "create view begin as select 1; x", texts: ["create view begin as select 1", "x"]),
        Case(sql: "\u{FEFF}select 1;\r\nselect 2;\r\n", texts: ["select 1", "select 2"]),
        Case(sql: "select 'ü' ; sélect ' 日本;' ;", texts: ["select 'ü'", "sélect ' 日本;'"]),
        Case(sql: "copy t from 'file;' ; x", texts: ["copy t from 'file;'", "x"]),
        Case(sql: "copy t to stdout; x", texts: ["copy t to stdout", "x"]),
    ]

    @Test(arguments: cases) func texts(_ example: Case) throws {
        let statements = try StatementSplitter.split(example.sql)
        #expect(statements.map(\.text) == example.texts)
        #expect(statements.allSatisfy { $0.copyData == nil })
    }

    @Test func positions() throws {
        let start = SourcePosition(line: 10, column: 1, offset: 500)
        let statements = try StatementSplitter.split("-- é\n  select 1; update\r\nt;\r\n\r\nx", startingAt: start)
        #expect(
            statements.map(\.position) == [
                SourcePosition(line: 11, column: 3, offset: 508), SourcePosition(line: 11, column: 13, offset: 518),
                SourcePosition(line: 14, column: 1, offset: 532),
            ])
    }

    @Test func placesOfServerErrors() throws {
        let statement = try #require(try StatementSplitter.split("\n\n  select 'é',\n   oops").first)
        #expect(statement.position(ofCharacter: 1) == statement.position)
        #expect(statement.position(ofCharacter: 11) == SourcePosition(line: 3, column: 13, offset: 15))
        #expect(statement.position(ofCharacter: 16) == SourcePosition(line: 4, column: 4, offset: 20))
        #expect(statement.position(ofCharacter: 999).line == 4)
        #expect(statement.position(ofCharacter: -4) == statement.position)
    }

    static let broken: [(String, Int, Int, String)] = [
        ("select (1;\nselect 2;", 1, 8, "\"(\" without \")\""),
        ("select (1); select ((2);", 1, 20, "\"(\" without \")\""),
        ("create function f()\n begin atomic select 1;", 2, 2, "BEGIN without END"),
        ("select 1;\n \\d t\n", 2, 2, "a command of psql"),
        ("select 1 \\gset", 1, 10, "a command of psql"),
        ("\\restrict abc", 1, 1, "a command of psql"),
        ("select 1\\; select 2;", 1, 9, "a command of psql"),
        ("select 1;\n\\.\n", 2, 1, "without COPY data"),
        ("x;\n copy t from stdin;\n1\n", 2, 2, "no line \"\\.\" ends it"),
        ("copy t from stdin;", 1, 1, "no line \"\\.\" ends it"),
        ("copy t from stdin; select\n1\n\\.\n2", 1, 20, "before the statement ends"),
        ("copy t from stdin; select 'a\n1\n\\.\nb'", 1, 27, "no quote ends it"),
    ]

    @Test(arguments: broken) func errorsSayWhereTheThingBegins(
        _ sql: String, _ line: Int, _ column: Int, _ message: String
    ) throws {
        let error = try #require(throws: SQLTextError.self) { try StatementSplitter.split(sql) }
        #expect([error.position.line, error.position.column] == [line, column])
        #expect(error.message.contains(message), "\(error.message)")
        #expect(error.hint != nil)
    }

    static let copies: [(String, [String], [String?])] = [
        ("copy t from stdin;\n1\t2\n\\.\nx;", ["copy t from stdin", "x"], ["1\t2\n", nil]),
        ("copy t from stdin;\n\\.\nx;", ["copy t from stdin", "x"], ["", nil]),
        (
            "COPY t (a, b) FROM STDIN WITH (FORMAT csv);\r\n';\"\r\n\\.\r\n",
            ["COPY t (a, b) FROM STDIN WITH (FORMAT csv)"],
            ["';\"\r\n"]
        ),
        ("copy t from stdin;\n\\.x\n \\.\n\\\\.\n\\.", ["copy t from stdin"], ["\\.x\n \\.\n\\\\.\n"]),
        ("copy t from stdin; -- note\n1\n\\.\n", ["copy t from stdin"], ["1\n"]),
        ("copy t from stdin; x; y;\n1\n\\.\nz", ["copy t from stdin", "x", "y", "z"], ["1\n", nil, nil, nil]),
        (
            "copy a from stdin; copy b from stdin; x;\n1\n\\.\n2\n\\.\ny",
            ["copy a from stdin", "copy b from stdin", "x", "y"],
            ["1\n", "2\n", nil, nil]
        ),
        ("copy binary \"s\".\"t;\" from stdin;\n1\n\\.\n", ["copy binary \"s\".\"t;\" from stdin"], ["1\n"]),
        ("copy t from /* hm */ StdIn\n;\né\n\\.\n", ["copy t from /* hm */ StdIn"], ["é\n"]),
        ("copy binary from stdin;\n1\n\\.\n", ["copy binary from stdin"], ["1\n"]),
    ]

    @Test(arguments: copies) func copyData(_ sql: String, _ texts: [String], _ data: [String?]) throws {
        let statements = try StatementSplitter.split(sql)
        #expect(statements.map(\.text) == texts)
        #expect(statements.map { $0.copyData.map { String(decoding: $0, as: UTF8.self) } } == data)
    }

    @Test func linesGoOnBehindCopyData() throws {
        let statements = try StatementSplitter.split("copy t from stdin;\n1\n2\n\\.\n\n select 1")
        #expect(statements.last?.position == SourcePosition(line: 6, column: 2, offset: 28))
    }
}
