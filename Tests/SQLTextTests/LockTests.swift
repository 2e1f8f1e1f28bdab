import SQLText
import Testing

/// Locks and rewrites, as PostgreSQL was seen to take and do them.
@Suite struct LockTests {
    static let locks: [(TableLock?, [String])] = [
        (
            .accessExclusive,
            [
                "alter table a add column b int", "alter table a rename to b", "alter table a rename column b to c",
                "alter table a set schema s", "alter table a owner to r", "alter table a alter b set default 1",
                "alter table a add constraint c check (b > 0) not valid", "alter table a add primary key using index i",
                "alter table a alter b set compression lz4", "alter table a alter b set storage plain",
                "alter table a attach partition b for values in (1)", "alter table a detach partition b",
                "alter table a disable row level security", "alter table a enable rule r",
                "alter table a set (user_catalog_table = true)", "alter table a alter constraint c deferrable",
                "alter table a validate constraint c, drop column d",
                "alter table all in tablespace t set tablespace u",
                "alter materialized view m rename to n", "alter type t add attribute a int cascade",
                "create policy p on a", "alter policy p on a using (true)", "drop policy p on a", "drop trigger t on a",
                "create rule r as on insert to a do instead nothing", "create table b partition of a default",
                "drop table a", "drop index i", "drop materialized view m", "drop type t cascade", "truncate a",
                "vacuum full a", "vacuum (full on) a", "cluster a", "refresh materialized view m", "lock table a",
                "lock a in access exclusive mode", "drop schema s cascade",
            ]
        ),
        (.exclusive, ["refresh materialized view concurrently m", "lock table only a in exclusive mode nowait"]),
        (
            .shareRowExclusive,
            [
                "alter table a add foreign key (b) references c",
                "create trigger t before insert on a execute function f()",
                "alter table a add constraint k foreign key (b) references c (d) not valid",
                "alter table a enable replica trigger t", "alter table a disable trigger user",
                "create table b (c int references a)", "create table b (c int, foreign key (c) references s.a (d))",
                "create constraint trigger t after insert on a execute function f()",
            ]
        ),
        (
            .share,
            [
                "create index on a (b)", "create unique index i on only a (b)", "reindex table a", "reindex index i",
                "alter domain d add check (value > 0)", "alter domain d set not null",
                "alter domain d validate constraint c",
            ]
        ),
        (
            .shareUpdateExclusive,
            [
                "create index concurrently on a (b)", "drop index concurrently i", "reindex table concurrently a",
                "alter table a validate constraint c", "alter table a alter column b set statistics 9",
                "alter table a alter b set (n_distinct = 5)", "alter table a alter column b reset (n_distinct)",
                "alter table a set (fillfactor = 70, toast.autovacuum_enabled = off)",
                "alter table a reset (fillfactor)",
                "alter table a cluster on i", "alter table a set without cluster",
                "alter table a detach partition b concurrently", "alter table a detach partition b finalize",
                "vacuum a", "vacuum (full false) a", "analyze a", "comment on table a is 'x'",
                "comment on column a.b is 'x'",
                "create statistics s on b, c from a", "create publication p for table a",
                "alter publication p add table a", "create table b (c int) inherits (a)",
            ]
        ),
        (
            .rowExclusive,
            [
                "insert into a values (1)", "update a set b = 1", "delete from only a", "copy a (b) from '/dev/null'",
                "merge into a using b on true when matched then delete", "with x as (select 1) update a set b = 1",
                "with x as (delete from a returning *) select * from x", "explain analyze update a set b = 1",
            ]
        ),
        (
            .rowShare,
            ["select * from a for update", "select * from a for no key update skip locked", "lock a in row share mode"]
        ),
        (
            .accessShare,
            [
                "select * from a", "table a", "(select 1) union (select b from a)", "select (select count(*) from s.a)",
                "with x as (select 1) select * from a",
                "create view v as select * from a", "create table b as select * from a", "create table b (like a)",
                "select * from f(1) join a on true", "create sequence q owned by a.b", "copy a to '/dev/null'",
                "create function f() returns bigint begin atomic select count(*) from a; end",
                "comment on constraint c on a is 'x'", "prepare p as select * from a",
            ]
        ),
        (
            nil,
            [
                "select 1", "select * from generate_series(1, 2)", "select extract(year from now())",
                "with x (y) as (select 1) select * from x", "select 1 is distinct from 2", "values (1)",
                "create table a (b int)", "create table a (b int, c text default 'references b')",
                "create view v as select 1",
                "drop view v",
                "create trigger t instead of insert on v for each row execute function f()", "grant select on a to b",
                "alter type t add value 'x'", "alter type t rename to u",
                "create function f() returns int language sql as 'select 1 from a'", "create role r", "drop schema s",
                "alter domain d set default 1", "alter domain d add check (value > 0) not valid",
                "alter index i rename to j",
                "set search_path = s", "create sequence q owned by none", "comment on function f() is 'x'",
                "create schema s",
            ]
        ),
    ]

    @Test(arguments: locks) func takesLock(_ lock: TableLock?, _ texts: [String]) throws {
        for sql in texts {
            #expect(try StatementKind(of: sql).lock == lock, "\(sql)")
        }
    }

    static let rewrites: [(Ternary, [String])] = [
        (
            .yes,
            [
                "alter table a add b serial", "alter table a add column b uuid default gen_random_uuid()",
                "alter table a add if not exists b timestamptz default clock_timestamp() not null",
                "alter table a add column b int generated always as (c + 1) stored",
                "alter table a add column b int generated always as identity",
                "alter table a add column b text default md5(random()::text)", "alter table a alter b type bigint",
                "alter table a alter column b set data type uuid using b::uuid", "alter table a alter b type char(3)",
                "alter table a alter b type text using lower(b)", "alter table a alter b type text using b || 'x'",
                "alter table a set unlogged", "alter table a set tablespace t",
                "alter table a set access method columnar",
                "alter table a alter b set expression as (c + 2)", "alter table a add b int, add c bigserial",
                "truncate a", "cluster a", "vacuum full a", "refresh materialized view m",
            ]
        ),
        (
            .no,
            [
                "alter table a add b int", "alter table a add column b text not null default 'x'",
                "alter table a add b timestamptz default now()", "alter table a add b jsonb default '{}'::jsonb",
                "alter table a add b int default (1 + abs(-2)) check (random() > b)",
                "alter table a add b pg_catalog.int4",
                "alter table a add b numeric(10, 2) default 1.5::numeric(10, 2)", "alter table a add b mine[]",
                "alter table a add b int default 1 references c (d)", "alter table a add b date default current_date",
                "alter table a add b int generated always as (c + 1) virtual", "alter table a alter b set not null",
                "alter table a add constraint c check (random() > b)", "alter table a add unique (b)",
                "alter table a drop column b", "alter table a alter b set default random()", "create index on a (b)",
                "vacuum a", "refresh materialized view concurrently m", "reindex table a", "insert into a values (1)",
            ]
        ),
        (
            .unknown,
            [
                "alter table a add b mine", "alter table a add b s.int", "alter table a add b int default mine()",
                "alter table a alter b type text", "alter table a alter b type varchar(20)",
                "alter table a alter b type text using b::text", "alter table a alter b type timestamptz",
                "alter table a alter b type character varying (9)", "alter table a set tablespace pg_default",
                "call p()",
                "do $$ begin null; end $$",
            ]
        ),
    ]

    @Test(arguments: rewrites) func rewritesTable(_ answer: Ternary, _ texts: [String]) throws {
        for sql in texts {
            #expect(try StatementKind(of: sql).rewrites == answer, "\(sql)")
        }
    }

    @Test func locksAreOrdered() {
        #expect(TableLock.allCases == TableLock.allCases.sorted())
        #expect(TableLock.allCases.filter(\.blocksReads) == [.accessExclusive])
        #expect(TableLock.allCases.filter(\.blocksWrites).first == .share)
        #expect(TableLock.accessExclusive.modeName == "AccessExclusiveLock")
    }
}
