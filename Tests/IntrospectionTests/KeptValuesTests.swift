import Introspection
import PostgresClient
import SchemaModel
import TestSupport
import Testing

/// What is in the tables is what it was, or the change fails.
@Suite struct KeptValuesTests {
    /// A sequence that takes over goes on where the column is.
    @Test(arguments: [
        ("id serial PRIMARY KEY", "id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY", 4),
        ("id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "id serial PRIMARY KEY", 4),
        ("id int PRIMARY KEY", "id serial PRIMARY KEY", 4),
        ("id serial PRIMARY KEY", "id int GENERATED ALWAYS AS IDENTITY (START 100) PRIMARY KEY", 100),
    ])
    func numbersGoOn(_ old: String, _ new: String, _ next: Int) async throws {
        try await SchemaTrial.with("CREATE TABLE t (\(old), s text)", "CREATE TABLE t (\(new), s text)") { trial in
            try await trial.left.script("INSERT INTO t OVERRIDING SYSTEM VALUE VALUES (1), (3)")
            try await trial.lead(to: try await Introspector().read(trial.right), style: .careful)
            let id: Int = try await trial.left.query("INSERT INTO t (s) VALUES ('x') RETURNING id").scalar()
            #expect(id == next)
        }
    }

    /// An explicit cast would cut it.
    @Test func whatIsTooLongIsNotCut() async throws {
        try await SchemaTrial.with("CREATE TABLE t (s text)", "CREATE TABLE t (s varchar(3))") { trial in
            try await trial.left.script("INSERT INTO t VALUES ('four')")
            let difference = SchemaDifference(
                from: try await Introspector().read(trial.left), to: try await Introspector().read(trial.right))
            for statement in DDLWriter.statements(of: difference) {
                await #expect(throws: ServerError.self) { try await trial.left.execute(statement) }
            }
        }
    }

    /// A type that only widens rewrites nothing, and so nothing is said of it.
    @Test(arguments: [
        ("varchar(10)", "varchar(20)", true), ("varchar(10)", "text", true), ("numeric(10, 2)", "numeric(12, 2)", true),
        ("varchar(20)", "varchar(10)", false), ("int", "bigint", false), ("numeric(10, 2)", "numeric(12, 3)", false),
    ])
    func widerTypesRewriteNothing(_ old: String, _ new: String, _ isKept: Bool) async throws {
        try await SchemaTrial.with("CREATE TABLE t (c \(old))", "CREATE TABLE t (c \(new))") { trial in
            let file = "SELECT pg_relation_filenode('t')::bigint"
            let before: Int64 = try await trial.left.query(Query(raw: file)).scalar()
            let portions = try await trial.lead(to: try await Introspector().read(trial.right), style: .careful)
            #expect((try await trial.left.query(Query(raw: file)).scalar(as: Int64.self) == before) == isKept)
            #expect(portions[0].sql.contains("may rewrite") == !isKept)
        }
    }

    /// Attributes keep their values by name, also where the type has to be made anew.
    @Test func attributesKeepTheirValues() async throws {
        try await SchemaTrial.with(
            "CREATE TYPE c AS (a int, b text); CREATE TABLE t (x c)",
            "CREATE TYPE c AS (a bigint, d date); CREATE TABLE t (x c)"
        ) { trial in
            try await trial.left.script("INSERT INTO t VALUES ((7, 'no date'))")
            let portions = try await trial.lead(to: try await Introspector().read(trial.right), style: .careful)
            #expect(try await trial.left.query("SELECT x::text FROM t").scalar(as: String.self) == "(7,)")
            #expect(portions[0].sql.contains("drops the attribute b of public.c with its values"))
        }
    }

    @Test func aValueOfAnEnumThatGoesIsSaid() async throws {
        try await SchemaTrial.with(
            "CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE t (x e)",
            "CREATE TYPE e AS ENUM ('a'); CREATE TABLE t (x e)"
        ) { trial in
            let portions = try await trial.lead(to: try await Introspector().read(trial.right), style: .careful)
            #expect(portions[0].sql.contains("fails where a row holds 'b'"))
        }
    }
}
