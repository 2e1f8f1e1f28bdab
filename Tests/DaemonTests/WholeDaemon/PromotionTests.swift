import Control
import Glibc
import Planning
import PostgresClient
import TestSupport
import Testing

/// A standby takes over, and a primary that no longer is one.
@Suite struct PromotionTests {
    /// The primary dies within a revision. The standby is promoted, the daemon finds it, and the job goes on there.
    @Test func aJobGoesOnAtThePromotedStandby() async throws {
        let primary = try await TestCluster.make()
        let database = try await primary.makeDatabase()
        let standby = try await primary.makeStandby()
        let replica = standby.replica(of: database)
        try await withHarness { harness in
            try await database.makeEffects()
            try await Obstacle.put(in: database)
            var chain = TestRevision.chain(3)
            chain[1].upgrade = [Obstacle.statement]
            try harness.write(chain)
            try harness.configure(urls: ["main": DaemonHarness.url(of: [database, replica])])
            try await harness.start()
            let upgrade = try await harness.startControl(["upgrade", "head"])
            try await Obstacle.awaitRevision(in: database)
            await primary.stop(.immediate)
            try await standby.promote()
            try await Obstacle.awaitRevision(in: replica)
            try await Obstacle.remove(from: replica)
            let outcome = try await upgrade.wait(upTo: .seconds(100))
            #expect(outcome.status == 0, "\(outcome)")
            let aftermath = try await Aftermath.of(replica)
            aftermath.expect(["upgrade 001", "upgrade 002", "upgrade 003"], at: ["003"])
            #expect(aftermath.states == ["succeeded"])
            let session = try await replica.connect()
            let timelines = try await session.query("SELECT timeline FROM migrated.history ORDER BY number")
                .map { try $0.decode("timeline", as: Int.self) }
            #expect(timelines == [1, 2, 2])
            await session.close()
            try await harness.end()
        }
        await standby.destroy()
        await primary.destroy()
    }

    /// Whoever is connected to a server that takes no changes any more stops, and says why.
    @Test func aDemotedServerIsLeftAlone() async throws {
        let cluster = try await TestCluster.make()
        let database = try await cluster.makeDatabase()
        try await withHarness { harness in
            try await database.makeEffects()
            try harness.write(TestRevision.chain(1))
            try harness.configure(["main": database])
            try await harness.start()
            try await cluster.demote()
            let status = try await harness.awaitStatus("the demotion") { $0.failure?.code == .serverReadOnly }
            #expect(status.connection == .refused)
            let upgrade = try await harness.control("upgrade", "head")
            #expect(upgrade.status == Failure.Code.serverReadOnly.exitStatus, "\(upgrade)")
            try await cluster.promote()
            try await harness.awaitStatus("the promotion") { $0.connection == .connected }
            let late = try await harness.control("upgrade", "head")
            #expect(late.status == 0, "\(late)")
            try await Aftermath.of(database).expect(["upgrade 001"], at: ["001"])
            try await harness.end()
        }
        await cluster.destroy()
    }

    /// The same without a restart, in the middle of a job: what it does is taken back, and nothing more is done.
    @Test func aServerThatIsToldToTakeNoChangesIsLeftAlone() async throws {
        let cluster = try await TestCluster.make()
        let database = try await cluster.makeDatabase()
        try await withHarness { harness in
            try await database.makeEffects()
            try await Obstacle.put(in: database)
            var chain = TestRevision.chain(2)
            chain[1].upgrade = [Obstacle.statement]
            try harness.write(chain)
            try harness.configure(["main": database])
            try await harness.start()
            let job = try await harness.queue()
            try await Obstacle.awaitRevision(in: database)
            try await database.run("ALTER SYSTEM SET default_transaction_read_only = on")
            try await database.run("SELECT pg_reload_conf()")
            _ = try await harness.awaitStatus("the refusal") { $0.failure?.code == .serverReadOnly }
            try await database.awaitRow("SELECT WHERE (SELECT array_agg(revision) = '{001}' FROM effect)")
            try await database.run("ALTER SYSTEM RESET default_transaction_read_only")
            try await database.run("SELECT pg_reload_conf()")
            let session = try await database.connectAsSuperuser()
            try await session.script("SET default_transaction_read_only = off; DELETE FROM obstacle")
            await session.close()
            #expect(try await harness.control("status").status == 0)
            #expect(try await harness.follow(job).state == .succeeded)
            try await Aftermath.of(database).expect(["upgrade 001", "upgrade 002"], at: ["002"])
            try await harness.end()
        }
        await cluster.destroy()
    }
}
