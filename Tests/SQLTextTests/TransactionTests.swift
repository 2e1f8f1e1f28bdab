import SQLText
import Testing

/// Which statements the server refuses in a transaction block, and which the executor does.
@Suite struct TransactionTests {
    static let refused = [
        "create index concurrently on a (b)",
        "Create Unique Index Concurrently If Not Exists i On only s.a Using gin (b)",
        "create index concurrently concurrently on a (b)",
        "drop index concurrently i", "DROP INDEX CONCURRENTLY IF EXISTS s.i",
        "reindex table concurrently a", "reindex (concurrently) index i", "reindex (verbose, concurrently on) table a",
        "reindex schema s", "reindex database d", "reindex system", "reindex (verbose) database",
        "vacuum", "vacuum full a", "vacuum (analyze) a", "vacuum analyze",
        "create database d", "drop database if exists d", "create tablespace t location '/x'", "drop tablespace t",
        "alter system set work_mem = '1MB'", "alter system reset all",
        "alter database d set tablespace t", "alter database d with tablespace t",
        "alter table a detach partition b concurrently",
        "alter table if exists only s.a detach partition s.b concurrently",
        "cluster", "cluster verbose", "cluster (verbose)", "repack (concurrently) a",
        "create subscription s connection 'x' publication p",
        "create subscription s connection 'x' publication p with (enabled = false)",
        "create subscription s connection 'x' publication p with (create_slot)",
        "alter subscription s refresh publication", "alter subscription s add publication p",
        "alter subscription s set publication p with (copy_data = false)", "alter subscription s set (failover = true)",
        "discard all", "commit prepared 'x'", "rollback prepared 'x'",
    ]

    @Test(arguments: refused) func refusesInTransaction(_ sql: String) throws {
        #expect(try StatementKind(of: sql).refusedInTransaction == .yes)
    }

    static let accepted = [
        "create index i on a (b)", "create index on concurrently_a (\"concurrently\")",
        "create index \"concurrently\" on a (b)",
        "drop index i", "drop index \"concurrently\"", "reindex table a", "reindex index i",
        "reindex (verbose) table a",
        "reindex (concurrently off) table a", "reindex (concurrently = false) table a",
        "analyze", "analyze a", "cluster a", "cluster a using i", "cluster (verbose) a", "cluster verbose a",
        "refresh materialized view concurrently m", "alter database d set work_mem = '1MB'",
        "alter database d set tablespace = 'x'", "alter database d rename to e",
        "alter table a detach partition b", "alter table a detach partition b finalize",
        "alter table a attach partition concurrently_b for values in (1)", "alter type t add value 'vacuum'",
        "alter table all in tablespace t set tablespace u", "alter tablespace t rename to u",
        "create subscription s connection 'x' publication p with (connect = false)",
        "create subscription s connection 'x' publication p with (create_slot = off, enabled = false)",
        "alter subscription s disable", "alter subscription s set (slot_name = none)",
        "alter subscription s drop publication p with (refresh = false)",
        "select 'vacuum' as vacuum", "comment on table a is 'create index concurrently'", "discard temp", "checkpoint",
        "do $$ begin perform 1; end $$", "do language plpgsql 'begin null; end'", "do 'begin perform committed(); end'",
        "set transaction isolation level serializable", "with x as (select 1) table x", "listen x", "create role r",
        "copy a to 'f'", "explain analyze select 1", "prepare p as select 1", "begin", "commit", "savepoint s",
    ]

    @Test(arguments: accepted) func acceptsInTransaction(_ sql: String) throws {
        #expect(try StatementKind(of: sql).refusedInTransaction == .no)
    }

    static let undecided = [
        "call p()", "call s.p(1, 'x')", "drop subscription s", "do $$ begin execute 'x'; end $$",
        "do $x$ begin update a set b = 1; COMMIT; end $x$", "do 'begin call p(); end'",
        "do $$ pass $$ language plpython3u",
        "do language 'plperl' $$ 1 $$",
    ]

    @Test(arguments: undecided) func cannotTellFromTheText(_ sql: String) throws {
        #expect(try StatementKind(of: sql).refusedInTransaction == .unknown)
    }

    static let prohibited: [(String, Prohibition)] = [
        ("begin", .transactionControl), ("BEGIN isolation level serializable", .transactionControl),
        ("start transaction", .transactionControl), ("commit", .transactionControl),
        ("commit and chain", .transactionControl), ("end work", .transactionControl),
        ("rollback", .transactionControl), ("rollback transaction", .transactionControl),
        ("abort", .transactionControl),
        ("rollback and chain", .transactionControl), ("prepare transaction 'x'", .twoPhaseCommit),
        ("commit prepared 'x'", .twoPhaseCommit), ("rollback prepared 'x'", .twoPhaseCommit),
        ("discard all", .discardAll), ("reset all", .resetAll), ("deallocate all", .deallocateAll),
        ("deallocate prepare all", .deallocateAll), ("set session authorization x", .sessionAuthorization),
        ("set local session authorization 'x'", .sessionAuthorization),
        ("set session session authorization x", .sessionAuthorization),
        ("set session_authorization = 'x'", .sessionAuthorization),
        ("reset session authorization", .sessionAuthorization),
        ("select pg_advisory_unlock(1)", .advisoryUnlock), ("SELECT PG_ADVISORY_UNLOCK_ALL ()", .advisoryUnlock),
        ("select 1, pg_catalog.\"pg_advisory_unlock_shared\"(1, 2) from a", .advisoryUnlock),
        ("update a set b = pg_advisory_unlock(b)", .advisoryUnlock),
        ("create materialized view m as select pg_advisory_unlock_all()", .advisoryUnlock),
        ("explain analyze select pg_advisory_unlock_all()", .advisoryUnlock),
        ("copy a to stdout", .copyToClient), ("copy (select 1) to stdout with csv", .copyToClient),
    ]

    @Test(arguments: prohibited) func prohibits(_ sql: String, _ prohibition: Prohibition) throws {
        #expect(try StatementKind(of: sql).prohibition == prohibition)
    }

    static let allowed = [
        "savepoint a", "release savepoint a", "rollback to a", "rollback work to savepoint a",
        "rollback transaction to a", "prepare transaction as select 1", "prepare transaction (int) as select $1",
        "prepare p as select 1", "deallocate p", "discard temp", "discard plans", "reset work_mem", "reset role",
        "set role x", "set local role x", "set transaction isolation level serializable", "set session work_mem = 1",
        "select 'pg_advisory_unlock(1)'", "select pg_advisory_unlock from a", "select pg_advisory_lock(1)",
        "select pg_advisory_xact_lock(1)", "do $$ begin perform pg_advisory_unlock(1); end $$",
        "grant execute on function pg_advisory_unlock(bigint) to x",
        "comment on function pg_advisory_unlock_all() is 'x'",
        "create function f() returns boolean return pg_advisory_unlock(1)",
        "create view v as select pg_advisory_unlock(1)",
        "copy a to 'file'", "copy a from 'file'", "copy a to program 'cat'", "select 1 as commit",
        "create table begin (commit int)",
    ]

    @Test(arguments: allowed) func allows(_ sql: String) throws {
        #expect(try StatementKind(of: sql).prohibition == nil)
    }

    @Test(arguments: Prohibition.allCases) func prohibitionsExplainThemselves(_ prohibition: Prohibition) {
        #expect(!prohibition.reason.isEmpty && !prohibition.reason.hasSuffix("."))
        #expect(prohibition.reason.first?.isLowercase == true)
        #expect(prohibition.hint.first?.isLowercase == true && !prohibition.hint.hasSuffix("."))
    }
}
