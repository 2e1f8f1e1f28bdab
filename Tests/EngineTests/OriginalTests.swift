import Planning
import PostgresClient
import TestSupport
import Testing

@testable import Engine

/// What came back of the data, and whether only what was touched is read for it.
@Suite(.timeLimit(.minutes(5))) struct OriginalTests {
    private static let tables = [
        "CREATE TYPE mood AS ENUM ('sad', 'glad')", "CREATE TYPE pair AS (a integer, b integer)",
        "CREATE TABLE untouched AS SELECT n, 'n' || n AS t FROM generate_series(1, 10) n",
        "CREATE TABLE written AS TABLE untouched", "CREATE TABLE swapped AS SELECT 'a' AS a, 'b' AS b",
        "CREATE TABLE fewer AS TABLE untouched", "CREATE TABLE exchanged AS TABLE untouched",
        "CREATE TABLE cleared AS TABLE untouched", "CREATE TABLE moody AS SELECT 'sad'::mood AS m",
        "CREATE TABLE paired AS SELECT ROW(1, 2)::pair AS p", "CREATE TABLE back AS TABLE untouched",
        "CREATE TABLE gone AS TABLE untouched", "CREATE TABLE rewritten AS TABLE untouched",
        "CREATE TABLE \"Left Alone\" AS TABLE untouched", "CREATE TABLE renewed AS TABLE untouched",
    ]

    /// What a plan and its way back have left, which looks as it did.
    private static let work = [
        "UPDATE written SET t = 'other' WHERE n = 3", "ALTER TABLE swapped RENAME a TO c",
        "ALTER TABLE swapped RENAME b TO a", "ALTER TABLE swapped RENAME c TO b", "DELETE FROM fewer WHERE n = 1",
        "DELETE FROM exchanged WHERE n = 1", "INSERT INTO exchanged VALUES (1, 'other')", "TRUNCATE cleared",
        "ALTER TYPE mood RENAME VALUE 'sad' TO 'sorry'", "ALTER TYPE pair DROP ATTRIBUTE b",
        "ALTER TYPE pair ADD ATTRIBUTE b integer", "UPDATE back SET t = t || 'x'",
        "UPDATE back SET t = left(t, -1)", "DROP TABLE gone", "ALTER TABLE rewritten ALTER n TYPE bigint",
        "ALTER TABLE rewritten ALTER n TYPE integer", "ALTER TABLE renewed RENAME TO older",
        "CREATE TABLE renewed AS SELECT n, 'new' AS t FROM older", "DROP TABLE older",
    ]

    private static let losses = [
        DataLoss(relation: "public.cleared", before: 10, after: 0),
        DataLoss(relation: "public.exchanged", column: "t", before: 10, after: 10),
        DataLoss(relation: "public.fewer", before: 10, after: 9),
        DataLoss(relation: "public.gone", before: 10, after: 0),
        DataLoss(relation: "public.moody", column: "m", before: 1, after: 1),
        DataLoss(relation: "public.paired", column: "p", before: 1, after: 1),
        DataLoss(relation: "public.renewed", column: "t", before: 10, after: 10),
        DataLoss(relation: "public.swapped", column: "a", before: 1, after: 1),
        DataLoss(relation: "public.swapped", column: "b", before: 1, after: 1),
        DataLoss(relation: "public.written", column: "t", before: 10, after: 10),
    ]

    @Test(arguments: [true, false]) func whatDidNotComeBackIsTold(asksSecondDatabase: Bool) async throws {
        try await TestCluster.shared.withDatabase { database in
            let maker = try await database.connectAsSuperuser()
            for statement in Self.tables { try await maker.execute(statement) }
            await maker.close()
            let copy = try await database.cluster.makeDatabase(template: database)
            let second = asksSecondDatabase ? try await copy.connectAsSuperuser() : nil
            let session = try await database.connectAsSuperuser()
            let original = try await Original.keep(
                session, in: second, leavingOut: try await VersionTable.find(VersionTableName(), on: session),
                digests: true)
            // It would be a loss, if anybody looked at what has not been touched.
            try await second?.execute("UPDATE untouched SET t = 'never seen'")
            for statement in Self.work { try await session.execute(statement) }
            #expect(try await original.losses(on: session) == Self.losses)
            #expect(try await original.dropped(on: session).map(\.relation) == ["public.gone", "public.renewed"])
            #expect(try await original.rows(of: ["public.fewer", "public.new"]) == ["public.fewer": 10])
            await second?.close()
            await session.close()
            try await copy.drop()
        }
    }
}
