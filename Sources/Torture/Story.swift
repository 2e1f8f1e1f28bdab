import Control
import Planning
import PostgresClient
import TestSupport

/// A way to use the daemon, which a sweep kills at each of its moments.
public struct Story: Sendable {
    /// What it is called.
    public let name: String
    /// What an unharmed daemon does before; nil for nothing.
    let prelude: (@Sendable (Stage) async throws -> Void)?
    /// What is done while the daemon is killed once.
    let act: @Sendable (Stage) async throws -> Void
    /// How everything must look in the end.
    let end: Ending
    /// The revisions that there are.
    var revisions = Story.revisions
    /// Whether each plan is carried out in a copy first.
    var isRehearsed = false

    /// All of them.
    public static let all = [upgrade, downgrade, rehearsedUpgrade, stamp, backup] + restores

    /// Those that make databases.
    public static let restores = [
        restore, copy("restore-into", effects: 4),
        copy("restore-only-schema", isSchemaOnly: true, effects: 0),
        copy("restore-table", tables: ["effect"], effects: 4),
    ]

    /// An upgrade over a transactional, a standalone and a failing revision, which is mended then.
    public static let upgrade = Story(
        name: "upgrade", prelude: nil,
        act: { stage in
            try await stage.run(.upgrade, expecting: .failed)
            try await stage.database.run("DELETE FROM obstacle")
            try await stage.run(.upgrade)
        },
        end: Ending(
            effects: up, applied: revisions, versions: ["004"], states: [.failed, .succeeded], backups: 2...))

    /// A short upgrade that is rehearsed: the copy's server, the restore into it, the plan in it and its removal are points as
    /// well. A copy that could not be had would be told of, and the upgrade go on without one.
    public static let rehearsedUpgrade = Story(
        name: "rehearsed-upgrade",
        prelude: { try await $0.database.run("DELETE FROM obstacle") },
        act: { try await $0.run(.upgrade) },
        end: Ending(
            effects: Array(up.prefix(2)), applied: Array(revisions.prefix(2)), versions: ["002"], states: [.succeeded],
            backups: 1...,
            more: { database in
                let session = try await database.connectAsSuperuser()
                let outcomes = try await session.texts(
                    "SELECT rehearsal ->> 'outcome' FROM migrated.job ORDER BY number")
                let reasons = try await session.texts("SELECT rehearsal ->> 'reason' FROM migrated.job ORDER BY number")
                await session.close()
                return outcomes == ["completed"] ? [] : ["the rehearsals are \(outcomes) \(reasons)"]
            }),
        revisions: Array(revisions.prefix(2)), isRehearsed: true)

    /// The way back of it.
    public static let downgrade = Story(
        name: "downgrade", prelude: applyAll, act: { try await $0.run(.downgrade, to: "base") },
        end: Ending(
            effects: up + ["004", "003", "002", "001"].map { "downgrade \($0)" }, applied: [],
            versions: [], states: [.succeeded, .succeeded], backups: 2...))

    /// A stamp, which runs nothing.
    public static let stamp = Story(
        name: "stamp", prelude: nil, act: { try await $0.run(.stamp, to: "002") },
        end: Ending(effects: [], applied: [], versions: ["002"], states: [.succeeded], backups: 0...))

    /// A backup by itself.
    public static let backup = Story(
        name: "backup", prelude: applyAll, act: { try await $0.run(.backup) },
        end: Ending(
            effects: up, applied: revisions, versions: ["004"], states: [.succeeded, .succeeded], backups: 2...))

    /// A database that is replaced by a backup of itself while somebody writes into it all the time.
    public static let restore = restoring("restore", more: Writer.databaseViolations) { backup, _ in
        .init(backup: backup, replace: true, requestId: newRequestID())
    }

    /// A database that a backup is restored beside, whole or in part.
    static func copy(_ name: String, isSchemaOnly: Bool = false, tables: [String] = [], effects: Int64) -> Story {
        restoring(name) { database in
            try await copyViolations(database, effects: effects) + Writer.databaseViolations(database)
        } parameters: { backup, database in
            .init(
                backup: backup, into: database + "_copy", onlySchema: isSchemaOnly,
                tables: tables.isEmpty ? nil : tables, requestId: newRequestID())
        }
    }

    /// What a copy must have: as many effects as that, and what the revisions have made.
    private static func copyViolations(_ database: TestDatabase, effects: Int64) async throws -> [String] {
        let session = try await database.cluster.connect(database: database.name + "_copy")
        let count = try await session.query("SELECT count(*) FROM effect").scalar(as: Int64.self)
        let found = try await Handiwork.violations(of: revisions, seenBy: session)
        await session.close()
        return found.map { "the copy: \($0)" }
            + (count == effects ? [] : ["the copy has \(count) effects, not \(effects)"])
    }

    /// - Parameter parameters: Makes those of the call, of the backup's name and the database's.
    private static func restoring(
        _ name: String, more: @escaping @Sendable (TestDatabase) async throws -> [String],
        parameters: @escaping @Sendable (_ backup: String, _ database: String) -> Restore.Parameters
    ) -> Story {
        Story(
            name: name,
            prelude: { stage in
                try await stage.database.run("DELETE FROM obstacle")
                try await stage.database.run("CREATE TABLE written (n bigint)")
                try await stage.harness.start()
                try await stage.run(.upgrade)
                try await stage.run(.backup)
                try await stage.harness.end()
            },
            act: { stage in
                let writer = Writer(stage.database)
                try await writer.writing {
                    let backup = try await stage.persisting("list the backups") { client in
                        try await client.call(ListBackups.self, .init()).backups.first?.name
                    }
                    try await stage.restore(parameters(backup ?? "", stage.database.name))
                }
                for violation in try await writer.violations() { stage.tally.violated(violation) }
            },
            end: Ending(
                effects: up, applied: revisions, versions: ["004"], states: [.succeeded, .succeeded, .succeeded],
                backups: 2..., more: more))
    }

    static let up = ["001", "002", "003", "004"].map { "upgrade \($0)" }

    static let applyAll: @Sendable (Stage) async throws -> Void = { stage in
        try await stage.database.run("DELETE FROM obstacle")
        try await stage.harness.start()
        try await stage.run(.upgrade)
        try await stage.harness.end()
    }

    /// The revisions of all stories: the second is not in one transaction, the third fails while there is an obstacle.
    static var revisions: [TestRevision] {
        var chain = TestRevision.chain(4) { $0 != 2 }
        chain[1].upgrade = [
            "INSERT INTO t_002 SELECT generate_series(1, 500);", "CREATE INDEX CONCURRENTLY i_002 ON t_002 (id);",
        ]
        chain[1].downgrade = ["DROP INDEX CONCURRENTLY i_002;"]
        chain[2].upgrade = [
            "DO $$ BEGIN IF EXISTS (SELECT FROM obstacle) THEN RAISE EXCEPTION 'in the way'; END IF; END $$;"
        ]
        return chain
    }

    /// Makes what the revisions need.
    static func makeTables(in database: TestDatabase) async throws {
        try await database.makeEffects()
        try await database.run("CREATE TABLE obstacle AS SELECT 1 AS id")
    }

    /// Writes revisions and settings.
    func furnish(_ harness: DaemonHarness, for database: TestDatabase) throws {
        try harness.write(revisions)
        var options = DaemonHarness.Options.withDump
        if isRehearsed { options.rehearsal = ["policy = \"on\""] }
        options.daemon = ["stop_timeout = \"2s\""]
        try harness.configure(["main": database], options)
    }
}
