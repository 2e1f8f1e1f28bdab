import Host
import Planning
import PostgresClient
import Revisions
import TestSupport
import Testing

@testable import Engine

/// What is put away besides data: places in the write-ahead log, and the server's roles.
@Suite(.timeLimit(.minutes(5))) struct BackupPolicyTests {
    /// The server's own program finds the restore point in the log, before the first change.
    @Test(arguments: [BackupRules.Policy.restorePoint, .both])
    func aRestorePointIsInTheLog(_ policy: BackupRules.Policy) async throws {
        // A server of its own: what others write would push the log out of the way.
        let cluster = try await TestCluster.make()
        var setting = Setting.configured { $0.backup.policy = policy }
        setting.cluster = cluster
        try await EngineFixture.with(Sample.marks(1), setting) { fixture in
            let start: String = try await fixture.value("SELECT pg_current_wal_lsn()::text")
            let job = try await fixture.engine.outcome(of: try await fixture.engine.upgrade())
            #expect(job.state == .succeeded, "\(String(describing: job.failure))")
            let taken = fixture.engine.listBackups()
            #expect(taken.count == (policy == .both ? 1 : 0))
            #expect(taken.allSatisfy { $0.manifest?.restorePoint == "migrated-\(job.id)" })
            let end: String = try await fixture.value("SELECT pg_current_wal_lsn()::text")
            let log = try await ToolRunner().run(
                ToolRunner.Command(
                    cluster.binaries + "/pg_waldump",
                    ["-p", cluster.dataDirectory + "/pg_wal", "-s", start, "-e", end, "-r", "XLOG"]))
            #expect(log.outputText.contains("RESTORE_POINT migrated-\(job.id)"))
        }
        await cluster.destroy()
    }

    /// What the side file makes on a new server is what `pg_dumpall` finds on the old one.
    @Test func theServersRolesComeBackWithoutTheirPasswords() async throws {
        let cluster = try await TestCluster.make()
        var setting = RestoreTests.dumping
        setting.cluster = cluster
        try await EngineFixture.restoring([], setting) { fixture in
            try await fixture.admin.script(
                """
                CREATE ROLE "Team Ü" NOINHERIT CREATEDB CONNECTION LIMIT 7; CREATE ROLE auditor BYPASSRLS REPLICATION;
                CREATE ROLE jo LOGIN PASSWORD 'Geheim' VALID UNTIL '2030-01-01'; CREATE ROLE boss SUPERUSER CREATEROLE;
                GRANT "Team Ü" TO jo WITH ADMIN OPTION; GRANT pg_monitor TO auditor;
                ALTER ROLE jo SET search_path = "od d", public; ALTER ROLE jo SET application_name = 'it''s jo';
                ALTER ROLE jo SET work_mem = '5MB'
                """)
            let backup = try await fixture.takeBackup()
            let file = fixture.directory("backups/main/\(backup)/globals.sql")
            let globals = String(decoding: try TextFiles.readBytes(file), as: UTF8.self)
            #expect(!globals.contains("PASSWORD") && !globals.contains("SCRAM") && !globals.contains("Geheim"))
            let before = try await Self.roles(of: cluster)
            #expect(before.contains { $0.contains("Team Ü") })
            await fixture.first.stop()
            try await cluster.lose()
            let psql = ToolRunner.Command(
                cluster.binaries + "/psql",
                ["-X", "-q", "-h", cluster.socketDirectory, "-U", "postgres", "-d", "postgres", "-f", file])
            try await ToolRunner().run(psql)
            #expect(try await Self.roles(of: cluster) == before)
        }
        await cluster.destroy()
    }

    private static func roles(of cluster: TestCluster) async throws -> [String] {
        let command = ToolRunner.Command(
            cluster.binaries + "/pg_dumpall",
            ["-h", cluster.socketDirectory, "-U", "postgres", "-l", "postgres", "--roles-only", "--no-role-passwords"])
        return try await ToolRunner().run(command).outputText.split(separator: "\n").map(String.init)
            .filter { !$0.hasPrefix("\\") && !$0.hasPrefix("--") }
    }
}
