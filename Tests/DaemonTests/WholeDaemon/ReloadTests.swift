import Control
import Glibc
import Planning
import PostgresClient
import TestSupport
import Testing

/// Settings that are read anew while the daemon runs.
@Suite struct ReloadTests {
    private static var impatient: DaemonHarness.Options {
        var options = DaemonHarness.Options()
        options.daemon = ["stop_timeout = \"1s\""]
        return options
    }

    @Test func sighupIsAReloadThatTheServiceManagerCanFollow() async throws {
        try await withDaemon { harness, _ in
            // At once after READY: it must not be the end of the daemon.
            try harness.daemon.signal(SIGHUP)
            let clock = try #require(UInt64(try await harness.hear("MONOTONIC_USEC")))
            #expect(clock > 0)
            try await harness.hear("READY")
            let words = try harness.manager.messages.flatMap(\.assignments).map { "\($0.name)=\($0.value)" }
            let marks = words.filter { $0 == "READY=1" || $0 == "RELOADING=1" }
            #expect(marks == ["READY=1", "RELOADING=1", "READY=1"])
            #expect(try await harness.control("status").status == 0)
        }
    }

    @Test func databasesComeChangeAndGo() async throws {
        try await withDaemon { harness, database in
            let other = try await database.cluster.makeDatabase()
            try harness.configure(["main": database, "other": other])
            var reload = try await harness.control("reload")
            #expect(reload.status == 0)
            #expect(reload.output.contains("database \"other\" added"), "\(reload)")
            try await harness.awaitStatus("a connection", of: "other") { $0.connection == .connected }

            var options = DaemonHarness.Options()
            options.database = ["approvals = 2"]
            try harness.configure(["main": database, "other": other], options)
            reload = try await harness.control("reload")
            #expect(reload.output.contains("database \"main\" changed"), "\(reload)")
            #expect(reload.output.contains("database \"other\" changed"), "\(reload)")
            #expect(!reload.output.contains("added"))

            try harness.configure(["main": database], options)
            reload = try await harness.control("reload")
            #expect(reload.output.contains("database \"other\" removed"), "\(reload)")
            #expect(try await harness.control("status", "-d", "other").status == 11)
            // The one that is left may be left unnamed again, and the one that went has no session any more.
            #expect(try await harness.control("current").status == 0)
            try await other.awaitRow(
                """
                SELECT FROM pg_stat_activity WHERE datname = current_database() HAVING count(*)
                    FILTER (WHERE application_name LIKE 'migrated%') = 0
                """)
            try await other.drop()
        }
    }

    @Test func badSettingsChangeNothing() async throws {
        try await withDaemon { harness, _ in
            let good = try TestFiles.read(harness.settingsFile)
            try TestFiles.write(
                harness.settingsFile, good + "surprise = 1\n[database.more]\nurl = \"\"\napprovals = -1\n")
            let reload = try await harness.control("reload")
            #expect(reload.status == Failure.Code.settingsInvalid.exitStatus, "\(reload)")
            for complaint in ["surprise", "url", "approvals", harness.settingsFile] {
                #expect(reload.errors.contains(complaint), "\(reload)")
            }
            try await harness.hear("RELOADING")
            try await harness.hear("READY")
            try harness.daemon.signal(SIGHUP)
            try await harness.hear("RELOADING")
            try await harness.hear("READY")
            #expect(try harness.daemon.errors.contains("the running settings stay"))
            let status = try await harness.control("status", "--json")
            #expect(status.status == 0)
            #expect(!status.output.contains("\"more\""))
        }
    }

    @Test func whatNeedsARestartIsSaid() async throws {
        try await withDaemon { harness, database in
            var options = DaemonHarness.Options()
            options.access = ["socket_mode = \"0600\""]
            try harness.configure(["main": database], options)
            let reload = try await harness.control("reload")
            #expect(reload.output.contains("access.socket_mode changed: needs a restart"), "\(reload)")
        }
    }

    @Test func manyReloadsAtOnceLeaveOneWorkerADatabase() async throws {
        try await withDaemon { harness, database in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for round in 0..<8 {
                    var options = DaemonHarness.Options()
                    options.database = ["approvals = \(round)"]
                    try harness.configure(["main": database], options)
                    try harness.daemon.signal(SIGHUP)
                    group.addTask {
                        let client = harness.client()
                        _ = try await client.call(Reload.self, .init())
                        client.close()
                    }
                }
                try await group.waitForAll()
            }
            try await harness.awaitStatus("a connection") { $0.connection == .connected }
            try await database.awaitRow(
                """
                SELECT FROM pg_stat_activity WHERE datname = current_database() HAVING
                    count(*) FILTER (WHERE application_name = 'migrated worker') = 1
                    AND count(*) FILTER (WHERE application_name = 'migrated observer') = 1
                """)
            #expect(try await harness.end().ending == .exit(0))
        }
    }

    @Test func aWatchGoesOnThroughAReloadThatChangesItsDatabase() async throws {
        let options = Self.impatient
        try await withChain(2, obstructed: 2, options) { harness, database in
            let job = try await harness.queue()
            try await Obstacle.awaitRevision(in: database)
            let watch = try await harness.startControl(["watch", job.id.description])
            try await watch.wait(toWrite: "applied 001")
            var changed = options
            changed.database.append("statement_timeout = \"10min\"")
            try harness.configure(["main": database], changed)
            #expect(try await harness.control("reload").status == 0)
            try await Obstacle.remove(from: database)
            let outcome = try await watch.wait()
            #expect(outcome.status == 0, "\(outcome)")
            try await Aftermath.of(database).expect(["upgrade 001", "upgrade 002"], at: ["002"])
        }
    }

    @Test func aWatchEndsWhenItsDatabaseIsRemoved() async throws {
        let options = Self.impatient
        try await withChain(2, obstructed: 2, options) { harness, database in
            let job = try await harness.queue()
            try await Obstacle.awaitRevision(in: database)
            let watch = try await harness.startControl(["watch", job.id.description])
            try await watch.wait(toWrite: "applied 001")
            let other = try await database.cluster.makeDatabase()
            try harness.configure(["other": other], options)
            #expect(try await harness.control("reload").status == 0)
            let outcome = try await watch.wait()
            #expect(outcome.status == Failure.Code.noSuchDatabase.exitStatus, "\(outcome)")
            try await Obstacle.remove(from: database)
            try await harness.end()
            try await other.drop()
        }
    }
}
