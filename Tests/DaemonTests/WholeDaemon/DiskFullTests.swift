import Glibc
import Planning
import PostgresClient
import TestSupport
import Testing

/// The disk under the backups is full: nothing is migrated, and nothing half is kept.
@Suite(.disabled(if: SmallDisk.obstacle != nil, Comment(rawValue: SmallDisk.obstacle ?? "")))
struct DiskFullTests {
    @Test func noRoomForTheBackupMeansNoMigration() async throws {
        try await withHarness { harness in
            let database = try await TestCluster.shared.makeDatabase()
            try await database.makeEffects()
            try await database.run(
                "CREATE TABLE filler AS SELECT md5(n::text) || md5((-n)::text) AS text FROM generate_series(1, 200000) n"
            )
            try harness.write(TestRevision.chain(1))
            var options = DaemonHarness.Options.withDump
            options.backup = ["policy = \"dump\"", "min_free = \"1KiB\"", "jobs = 1"]
            try harness.configure(["main": database], options)
            try TestFiles.makeDirectory(harness.state)
            try TestFiles.makeDirectory(harness.backups)
            try #require(try await run(["mount", "-t", "tmpfs", "-o", "size=3m", "none", harness.backups]))
            do {
                try await check(harness, database)
            } catch {
                _ = try await run(["umount", "-l", harness.backups])
                throw error
            }
            _ = try await run(["umount", "-l", harness.backups])
            try await database.drop()
        }
    }

    private func check(_ harness: DaemonHarness, _ database: TestDatabase) async throws {
        try await harness.start()
        let upgrade = try await harness.control("upgrade", "head")
        #expect(upgrade.status == Failure.Code.noSpace.exitStatus, "\(upgrade)")
        #expect(upgrade.errors.contains("hint: "), "\(upgrade)")
        let effects = try await database.connect()
        #expect(try await effects.query("SELECT FROM effect").isEmpty)
        #expect(try await effects.query("SELECT FROM pg_class WHERE relname = 't_001'").isEmpty)
        await effects.close()
        #expect(TestFiles.names(in: harness.backups + "/main").isEmpty)
        #expect(try await run(["mount", "-o", "remount,size=128m", harness.backups]))
        let again = try await harness.control("upgrade", "head")
        #expect(again.status == 0, "\(again)")
        try await Aftermath.of(database).expect(["upgrade 001"], at: ["001"])
        // Full no more, but closed.
        try harness.write(TestRevision.chain(2))
        #expect(try await run(["mount", "-o", "remount,ro", harness.backups]))
        let closed = try await harness.control("upgrade", "head")
        #expect(closed.status == Failure.Code.backupFailed.exitStatus, "\(closed)")
        #expect(closed.errors.contains("read-only"), "\(closed)")
        try await Aftermath.of(database).expect(["upgrade 001"], at: ["001"])
        #expect(try await run(["mount", "-o", "remount,rw", harness.backups]))
        #expect(try await harness.control("upgrade", "head").status == 0)
        #expect(BackupAudit.defects(in: harness.backups + "/main") == [])
        try await harness.end()
    }

    private func run(_ arguments: [String]) async throws -> Bool {
        try await WholeProgram.start(arguments, workingDirectory: "/").wait().status == 0
    }
}
