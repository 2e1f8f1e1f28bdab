import Control
import Glibc
import Planning
import PostgresClient
import TestSupport
import Testing

/// `retry`: once more, with what it meant.
@Suite struct RetryTests {
    @Test func aFailedJobIsQueuedOnceMoreWithWhatItMeant() async throws {
        try await withChain(1, start: false) { harness, database in
            let second = TestRevision("002", after: "001", upgrade: ["INSERT INTO late VALUES (1);"])
            try harness.write([second])
            try await harness.start()
            #expect(try await harness.control("upgrade", "head").status == Failure.Code.statementFailed.exitStatus)
            // What has come since is not what was asked for then.
            try harness.write([TestRevision("003", after: "002")])
            try await database.run("CREATE TABLE late (id int)")
            let retried = try await harness.control("retry", "main-1")
            #expect(retried.status == 0, "\(retried)")
            try await Aftermath.of(database).expect(["upgrade 001", "upgrade 002"], at: ["002"])

            let again = try await harness.control("retry", "main-2")
            #expect(again.status == Failure.Code.invalidState.exitStatus, "\(again)")
            #expect(again.errors.contains("hint: queue a new one: migratectl upgrade head"), "\(again)")
            let missing = try await harness.control("retry", "main-99")
            #expect(missing.status == Failure.Code.noSuchJob.exitStatus, "\(missing)")
        }
    }

    @Test func aFileThatWasChangedSinceIsNotRunUnseen() async throws {
        try await withDaemon(start: false) { harness, database in
            try await database.makeEffects()
            try harness.write([TestRevision("001", after: nil, upgrade: ["SELECT 1 / 0;"])])
            try await harness.start()
            #expect(try await harness.control("upgrade").status == Failure.Code.statementFailed.exitStatus)
            try harness.write([TestRevision("001", after: nil)])
            try await harness.awaitStatus("the changed file") { $0.problems.isEmpty }
            try await within(.seconds(30), "the refusal") {
                while try await harness.control("retry", "main-1").status != Failure.Code.digestMismatch.exitStatus {}
            }
            #expect(try await harness.control("upgrade").status == 0)
            try await Aftermath.of(database).expect(["upgrade 001"], at: ["001"])
        }
    }
}

/// `reset`: a development database is emptied and built again.
@Suite struct ResetTests {
    private static var development: DaemonHarness.Options {
        var options = DaemonHarness.Options()
        options.database += ["development = true"]
        return options
    }

    @Test func onlyADevelopmentDatabaseIsReset() async throws {
        try await withChain(1) { harness, database in
            #expect(try await harness.control("upgrade").status == 0)
            let refused = try await harness.control("reset", "--yes")
            #expect(refused.status == Failure.Code.permissionDenied.exitStatus, "\(refused)")
            #expect(refused.errors.contains("development = true under [database.main]"), "\(refused)")
            try await Aftermath.of(database).expect(["upgrade 001"], at: ["001"])
        }
    }

    @Test func everythingGoesAndIsBuiltAgain() async throws {
        try await withDaemon(Self.development, start: false) { harness, database in
            try TestFiles.write(
                harness.migrations + "/1.sql",
                """
                -- revision: 001
                -- down_revision: none

                -- migrated: upgrade
                CREATE SCHEMA app;
                CREATE TYPE app.mood AS ENUM ('good');
                CREATE TABLE app.t (id serial PRIMARY KEY, m app.mood, n int GENERATED ALWAYS AS IDENTITY);
                CREATE VIEW public.v AS SELECT * FROM app.t;
                CREATE FUNCTION public.f(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
                CREATE DOMAIN public.d AS int;
                CREATE EXTENSION hstore;
                """)
            try await harness.start()
            let unasked = try await harness.control("reset")
            #expect(unasked.status == Failure.Code.usage.exitStatus, "\(unasked)")
            #expect(try await harness.control("upgrade").status == 0)
            try await database.run("CREATE TABLE by_hand (id int)")
            let reset = try await harness.control("reset", "--yes")
            #expect(reset.status == 0, "\(reset)")
            #expect(reset.output.contains("main-3: 1 revision applied"), "\(reset)")
            #expect(!reset.output.contains("outside"), "\(reset)")
            try await database.awaitRow(
                "SELECT WHERE to_regclass('by_hand') IS NULL AND to_regclass('app.t') IS NOT NULL")
            try await database.awaitRow("SELECT FROM migrated.job HAVING count(*) = 3")
        }
    }

    @Test func whatBelongsToAnotherRoleKeepsEverythingAsItIs() async throws {
        try await TestCluster.shared.withDatabase(role: "resetting") { database in
            try await withHarness { harness in
                try harness.configure(["main": database], Self.development)
                try await database.run("CREATE TABLE kept (id int)")
                try await database.run("CREATE TABLE foreign_one (id int)")
                try await database.run("ALTER TABLE kept OWNER TO resetting")
                try await harness.start()
                let refused = try await harness.control("reset", "--yes")
                #expect(refused.status == Failure.Code.permissionDenied.exitStatus, "\(refused)")
                #expect(refused.errors.contains("table public.foreign_one belongs to"), "\(refused)")
                try await database.awaitRow("SELECT WHERE to_regclass('kept') IS NOT NULL")
            }
        }
    }
}

/// `release`: a database is handed back.
@Suite struct ReleaseTests {
    @Test func nothingOfOursStaysAndItIsLeftAlone() async throws {
        try await withChain(2) { harness, database in
            #expect(try await harness.control("upgrade", "001").status == 0)
            let released = try await harness.control("release", "--yes")
            #expect(released.status == 0, "\(released)")
            #expect(released.output.contains("alembic_version stays, at 001"), "\(released)")

            // Neither a look at it nor a restart makes a new registry.
            let gone: Query = "SELECT WHERE to_regnamespace('migrated') IS NULL"
            #expect(try await harness.status().connection == .released)
            try await database.awaitRow(gone)
            #expect(try await harness.control("plan").status == Failure.Code.released.exitStatus)
            try await harness.end()
            try await harness.start()
            #expect(try await harness.status().connection == .released)
            try await database.awaitRow(gone)
            try await database.awaitRow("SELECT FROM alembic_version WHERE version_num = '001'")

            let upgraded = try await harness.control("upgrade", "--approve", "--yes")
            #expect(upgraded.status == 0, "\(upgraded)")
            try await database.awaitRow("SELECT FROM alembic_version WHERE version_num = '002'")
            #expect(try await harness.status().connection == .connected)
        }
    }

    @Test func nothingOfSomebodyElsesGoesWithIt() async throws {
        try await withChain(1) { harness, database in
            #expect(try await harness.control("upgrade").status == 0)
            try await database.run("CREATE VIEW ours AS SELECT * FROM migrated.history")
            let refused = try await harness.control("release", "--yes")
            #expect(refused.status == Failure.Code.invalidState.exitStatus, "\(refused)")
            #expect(refused.errors.contains("view ours depends on"), "\(refused)")
            // It is as before: still in use.
            try await database.run("DROP VIEW ours")
            try await harness.awaitStatus("a connection") { $0.connection == .connected }
            #expect(try await harness.control("jobs").output.contains("main-1"))
            #expect(try await harness.control("release", "--yes").status == 0)
        }
    }

    @Test func openJobsKeepIt() async throws {
        var options = DaemonHarness.Options()
        options.database = ["approvals = 1"]
        try await withChain(1, options) { harness, _ in
            let job = try await harness.queue()
            try await harness.follow(job, untilParked: true)
            let refused = try await harness.control("release", "--yes")
            #expect(refused.status == Failure.Code.invalidState.exitStatus, "\(refused)")
            #expect(refused.errors.contains("migratectl cancel main-1"), "\(refused)")
            try await harness.awaitStatus("a connection") { $0.connection == .connected }
            #expect(try await harness.control("cancel", "main-1").status == 0)
            try await harness.follow(job)
            #expect(try await harness.control("release", "--yes").status == 0)
        }
    }

    @Test func whatWasRemovedElsewhereIsNotMadeAgain() async throws {
        try await withChain(1) { harness, database in
            #expect(try await harness.control("upgrade").status == 0)
            try await database.run("DROP SCHEMA migrated CASCADE")
            // As another daemon would: news, which make it look.
            try await database.run("NOTIFY migrated")
            try await harness.awaitStatus("released") { $0.connection == .released }
            try await database.awaitRow("SELECT WHERE to_regnamespace('migrated') IS NULL")
        }
    }
}
