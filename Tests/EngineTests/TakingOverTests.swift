import Planning
import PostgresClient
import TestSupport
import Testing

@testable import Engine

/// Databases that Alembic has managed, with its version table wherever it may be.
@Suite struct TakingOverTests {
    private static let branches = [
        Sample.table("a"), Sample.table("b", after: "a"), Sample.table("c", after: "a"),
        Sample("d", after: "b", "c", up: "", down: ""),
    ]

    /// What Alembic would have left at `b` and `c`: the tables, and a row for each.
    private static func alembicWasHere(_ table: String) -> Setting {
        Setting.prepared { database in
            let session = try await database.connectAsSuperuser()
            for sql in [
                "CREATE SCHEMA audit", "CREATE TABLE t_a (n integer)", "CREATE TABLE t_b (n integer)",
                "CREATE TABLE t_c (n integer)",
                "CREATE TABLE \(table) (version_num varchar(255) NOT NULL CONSTRAINT kept_pkc PRIMARY KEY)",
                "INSERT INTO \(table) VALUES ('b'), ('c')",
            ] {
                try await session.query(Query(raw: sql))
            }
            await session.close()
        }
    }

    @Test func severalRowsInAnotherSchemaUnderAnotherNameGoOnAndComeBack() async throws {
        let table = #"audit."Schema.version""#
        var setting = Self.alembicWasHere(table)
        setting.configure = { $0.versionTable = VersionTableName(schema: "audit", table: "Schema.version") }
        try await EngineFixture.with(Self.branches, setting) { fixture in
            let rows = "SELECT version_num FROM \(table) ORDER BY 1"
            let up = try await fixture.engine.upgrade()
            #expect(try await fixture.engine.outcome(of: up).state == .succeeded)
            #expect(try await fixture.column(rows) == ["d"])
            let down = try await fixture.engine.downgrade(to: "b")
            #expect(try await fixture.engine.outcome(of: down).state == .succeeded)
            #expect(try await fixture.column(rows) == ["b", "c"])
            #expect(
                try await fixture.column("SELECT conname FROM pg_constraint WHERE contype = 'p'").contains("kept_pkc"))
            #expect(try await fixture.value("SELECT to_regclass('public.alembic_version') IS NULL", as: Bool.self))
        }
    }

    @Test func aRowWithoutAFileIsSaidWithTheWayOut() async throws {
        try await EngineFixture.with(
            [Sample.table("a"), Sample.table("b", after: "a")], Self.alembicWasHere("alembic_version")
        ) { fixture in
            let failure = await #expect(throws: Failure.self) { try await fixture.engine.upgrade() }
            #expect(failure?.code == .noSuchRevision)
            #expect(failure?.message.contains("\"c\": the version table says that it is applied") == true)
            #expect(failure?.hint?.contains("bring its file back") == true)
            let standing = try await fixture.engine.standing()
            #expect(standing.problems == [failure].compactMap { $0 })
            try fixture.write(Sample.table("c", after: "a"))
            #expect(try await fixture.engine.standing().problems.isEmpty)
        }
    }

    @Test func aTableThatNobodyNamedIsNotPassedOver() async throws {
        try await EngineFixture.with(Self.branches, Self.alembicWasHere("audit.schema_version")) { fixture in
            let failure = await #expect(throws: Failure.self) { try await fixture.engine.upgrade() }
            #expect(failure?.code == .settingsInvalid)
            #expect(failure?.message.contains("\"audit.schema_version\" looks like Alembic's") == true)
            let standing = try await fixture.engine.standing()
            #expect(standing.problems.map(\.code) == [.settingsInvalid])
        }
    }

    @Test func whoNamesAPlaceBeginsThere() async throws {
        var setting = Self.alembicWasHere("audit.schema_version")
        setting.configure = { $0.versionTable = VersionTableName(schema: "public") }
        try await EngineFixture.with([Sample.table("z")], setting) { fixture in
            let job = try await fixture.engine.upgrade()
            #expect(try await fixture.engine.outcome(of: job).state == .succeeded)
            #expect(try await fixture.column("SELECT version_num FROM public.alembic_version") == ["z"])
        }
    }
}
