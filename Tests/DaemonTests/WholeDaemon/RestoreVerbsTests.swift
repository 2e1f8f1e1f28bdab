import Control
import Glibc
import Planning
import PostgresClient
import TestSupport
import Testing

/// Backups and what is made of them, by the programs themselves.
@Suite struct RestoreVerbsTests {
    @Test func aBackupIsWrittenVerifiedAndPutInThePlaceOfTheDatabase() async throws {
        var options = DaemonHarness.Options.withDump
        options.database = ["approvals = 1"]
        try await withDaemon(options) { harness, database in
            try await database.run("CREATE TABLE t AS SELECT generate_series(1, 10) AS n")
            let plain = try await harness.control("backup", "--plain", harness.directory)
            #expect(plain.status == 0, "\(plain)")
            let name = try #require(TestFiles.names(in: harness.backups + "/main").first { !$0.hasPrefix(".") })
            let script = try TestFiles.read("\(harness.directory)/\(name).sql")
            #expect(script.contains("CREATE TABLE public.t"))

            let verified = try await harness.control("verify", name)
            #expect(verified.status == 0 && verified.output.contains("\(name) is good"), "\(verified)")
            let unknown = try await harness.control("verify", "main-none")
            #expect(unknown.status == Failure.Code.noSuchBackup.exitStatus, "\(unknown)")

            try await database.run("DELETE FROM t")
            let parked = try await harness.control("restore", name, "--replace", "--yes")
            #expect(parked.status == Failure.Code.notApproved.exitStatus, "\(parked)")
            let approved = try await harness.control("approve", "--job", "main-2", "--yes")
            #expect(approved.status == 0 && approved.output.contains("in the place of main"), "\(approved)")
            let watched = try await harness.control("watch", "main-2")
            #expect(watched.status == 0 && watched.output.contains("restored \(name)"), "\(watched)")
            let status = try await harness.control("status")
            #expect(status.output.contains("made from    \(name)"), "\(status)")
            let session = try await database.connectAsSuperuser()
            #expect(try await session.query("SELECT count(*) FROM t").scalar(as: Int.self) == 10)
            await session.close()
            try await removeKept(database)
        }
    }

    /// Whatever the daemon is at when it is killed, the next one ends it, and everybody can connect again.
    @Test(
        arguments: [JobState.planning, .waitingForLock, .applying, .verifying, .succeeded],
        ["in its place", "beside it"])
    func aRestoreThatIsKilledOnEntryTo(_ state: JobState, _ place: String) async throws {
        try await withDaemon(.withDump) { harness, database in
            try await database.run("CREATE TABLE t AS SELECT generate_series(1, 10) AS n")
            let backup = try await harness.takeBackup()
            try await database.run("DELETE FROM t")
            try await harness.end()
            try await harness.start(environment: ["MIGRATED_KILL_ON_ENTRY": state.rawValue])
            let copy = place == "beside it" ? database.name + "_copy" : nil
            async let queued = harness.queueRestore(of: backup, into: copy)
            #expect(try await harness.daemon.wait().ending == .signal(SIGKILL))
            try await harness.start()
            let ended = try await harness.follow(try await queued)
            #expect(ended.state == .succeeded, "\(String(describing: ended.failure))")
            let session = try await database.cluster.connect(database: copy ?? database.name)
            #expect(try await session.query("SELECT count(*) FROM t").scalar(as: Int.self) == 10)
            await session.close()
            #expect(try await removeKept(database) == 1)
        }
    }

    /// A new server in place of the old one, with nothing or with an empty database of that name: all that is left is the
    /// directory of backups.
    @Test(arguments: [false, true])
    func theWholeServerIsMadeAgain(_ hasDatabase: Bool) async throws {
        let cluster = try await TestCluster.make()
        let database = try await cluster.makeDatabase()
        try await withHarness { harness in
            try await database.makeEffects()
            try await database.run("CREATE ROLE keeper")
            try await database.run("CREATE ROLE reader")
            try await database.run("CREATE TABLE kept AS SELECT generate_series(1, 10) AS n")
            try await database.run("ALTER TABLE kept OWNER TO keeper")
            try await database.run("GRANT SELECT ON kept TO reader")
            var options = DaemonHarness.Options.withDump
            options.database = ["approvals = 0"]
            try harness.write(TestRevision.chain(3))
            try harness.configure(["main": database], options)
            try await harness.start()
            let upgraded = try await harness.control("upgrade", "002")
            #expect(upgraded.status == 0, "\(upgraded)")
            let backup = try await harness.takeBackup()
            try await harness.end()

            try await cluster.lose()
            if hasDatabase {
                let session = try await cluster.connect()
                try await session.query("CREATE DATABASE \(identifier: database.name)")
                await session.close()
            }
            try await harness.start()
            let listed = try await harness.control("backups")
            #expect(listed.output.contains(backup), "\(listed)")
            let restored = try await harness.control("restore", backup, "--yes")
            #expect(restored.status == 0, "\(restored)")

            let session = try await database.connectAsSuperuser()
            let kept = try await session.query(
                """
                SELECT (SELECT count(*) FROM kept) || ' ' || relowner::regrole || ' ' || has_table_privilege('reader', 'kept', 'select')
                FROM pg_class WHERE relname = 'kept'
                """
            ).scalar(as: String.self)
            #expect(kept == "10 keeper true")
            await session.close()
            let history = try await harness.control("history", "--applied")
            #expect(history.output.contains("002"), "\(history)")
            let further = try await harness.control("upgrade", "head")
            #expect(further.status == 0, "\(further)")
            let aftermath = try await Aftermath.of(database)
            aftermath.expect(["upgrade 001", "upgrade 002", "upgrade 003"], at: ["003"])
            try await harness.end()
        }
        await cluster.destroy()
    }

    /// Drops what a restore has kept; returns how many databases that was.
    @discardableResult
    private func removeKept(_ database: TestDatabase) async throws -> Int {
        let session = try await database.cluster.connect()
        let names = try await session.query(
            "SELECT datname::text AS name FROM pg_database WHERE starts_with(datname, \(database.name + "_"))"
        ).map { try $0.decode("name", as: String.self) }
        for name in names { try await session.query("DROP DATABASE \(identifier: name) WITH (FORCE)") }
        await session.close()
        return names.count
    }
}

extension DaemonHarness {
    fileprivate func takeBackup() async throws -> String {
        let client = client()
        defer { client.close() }
        let job = try await client.call(Backup.self, .init(requestId: newRequestID())).job
        guard let name = try await follow(job).backup else { throw NoBackup() }
        return name
    }

    fileprivate func queueRestore(of backup: String, into name: String?) async throws -> Job {
        let client = client()
        defer { client.close() }
        return try await client.call(
            Restore.self, .init(backup: backup, into: name, replace: name == nil, requestId: newRequestID())
        ).job
    }
}

private struct NoBackup: Error {}
