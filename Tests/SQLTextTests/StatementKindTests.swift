import SQLText
import Testing

@Suite struct StatementKindTests {
    static let verbs: [(String, String)] = [
        ("create unique index concurrently i on a (b)", "CREATE INDEX CONCURRENTLY"),
        ("create index i on a (b)", "CREATE INDEX"), ("create or replace function f() return 1", "CREATE FUNCTION"),
        ("create temp table a ()", "CREATE TABLE"), ("alter table a drop b", "ALTER TABLE"),
        ("alter table a detach partition b concurrently", "ALTER TABLE DETACH PARTITION CONCURRENTLY"),
        ("drop materialized view if exists m", "DROP MATERIALIZED VIEW"),
        ("Reindex Table Concurrently a", "REINDEX TABLE CONCURRENTLY"),
        ("comment on column a.b is 'x'", "COMMENT ON COLUMN"),
        ("security label for p on table a is 'x'", "SECURITY LABEL ON TABLE"),
        ("create text search configuration c (parser = p)", "CREATE TEXT SEARCH CONFIGURATION"),
        ("refresh materialized view m", "REFRESH MATERIALIZED VIEW"), ("with x as (select 1) table x", "WITH"),
        ("insert into a values (1)", "INSERT"), ("((select 1))", "SELECT"),
        ("prepare transaction 'x'", "PREPARE TRANSACTION"), ("lock a", "LOCK"),
        ("commit prepared 'x'", "COMMIT PREPARED"), ("prepare p as select 1", "PREPARE"), ("", ""),
    ]

    @Test(arguments: verbs) func verb(_ sql: String, _ verb: String) throws {
        #expect(try StatementKind(of: sql).verb == verb)
    }

    static let probes: [(String, StandaloneProbe)] = [
        ("create index concurrently on S.A (b)", .createIndex(name: nil, table: ["s", "a"], .init("(b)"))),
        (
            "create unique index concurrently if not exists \"I\"\"x\" on only a (b)",
            .createIndex(name: "I\"x", table: ["a"], .init(isUnique: true, "(b)"))
        ),
        (
            "create index i on a using gin (b /* ; */) where c -- d\n;",
            .createIndex(name: "i", table: ["a"], .init("using gin (b /* ; */) where c"))
        ),
        (
            "create index concurrently u&\"\\0069\\+000078\\\\\" on a (b)",
            .createIndex(name: "ix\\", table: ["a"], .init("(b)"))
        ),
        ("drop index concurrently if exists s.\"I\"", .dropIndex(["s", "I"])), ("drop index a, b", .none),
        ("reindex (concurrently) table s.a", .reindex(.table, ["s", "a"])),
        ("reindex index concurrently i", .reindex(.index, ["i"])), ("reindex system", .reindex(.system, [])),
        (
            "alter table s.a detach partition s.b concurrently",
            .detachPartition(parent: ["s", "a"], partition: ["s", "b"])
        ),
        ("alter type s.t add value if not exists 'it''s' after 'x'", .addEnumValue(type: ["s", "t"], label: "it's")),
        ("alter type t add attribute a int", .none), ("vacuum a", .repeatable), ("analyze", .repeatable),
        ("refresh materialized view concurrently m", .repeatable), ("alter system set a = 1", .repeatable),
        ("alter subscription s refresh publication", .repeatable), ("create database d", .none), ("call p()", .none),
    ]

    @Test(arguments: probes) func probe(_ sql: String, _ probe: StandaloneProbe) throws {
        #expect(try StatementKind(of: sql).probe == probe)
    }

    static let concurrent = [
        "create index concurrently on a (b)", "drop index concurrently i", "reindex (concurrently) table a",
        "reindex index concurrently i", "alter table a detach partition b concurrently",
    ]

    @Test(arguments: concurrent) func waitsWithoutBlockingAnyone(_ sql: String) throws {
        #expect(try StatementKind(of: sql).patience == .concurrent)
    }

    @Test(arguments: [
        "create index on a (b)", "vacuum a", "refresh materialized view concurrently m", "update a set b = 1",
    ])
    func waitsInTheWay(_ sql: String) throws {
        #expect(try StatementKind(of: sql).patience == .ordinary)
    }

    @Test func severalStatementsAreAsBadAsTheWorst() throws {
        let kind = try StatementKind(of: "select 1; alter table a add b mine; vacuum full a; commit")
        #expect(kind.verb == "SELECT")
        #expect(kind.refusedInTransaction == .yes)
        #expect(kind.rewrites == .yes)
        #expect(kind.lock == .accessExclusive)
        #expect(kind.prohibition == .transactionControl)
    }

    @Test func commentsMakeNoDifference() throws {
        let bare = try StatementKind(of: "drop index concurrently if exists s.i")
        #expect(try StatementKind(of: "drop/*a*/index -- b\nconcurrently if/**/exists s /**/ . i") == bare)
    }
}
