import Planning
import PostgresClient
import Revisions
import TestSupport
import Testing

@testable import Engine

@Suite(.timeLimit(.minutes(15))) struct OutageTests {
    private static let slow = Sample(
        "r2", after: "r1",
        up: "INSERT INTO log VALUES ('r2');\nSELECT pg_sleep(CASE WHEN EXISTS (SELECT FROM go) THEN 0 ELSE 600 END);")
    private static let samples = [
        Sample("r1", up: "CREATE TABLE log (mark text);\nINSERT INTO log VALUES ('r1');\nCREATE TABLE go (n integer);"),
        slow,
        Sample("r3", after: "r2", up: "INSERT INTO log VALUES ('r3');"),
    ]

    @Test(arguments: [TestCluster.StopMode.immediate, .fast])
    func theServerStopsInTheMiddleOfARevision(_ mode: TestCluster.StopMode) async throws {
        let cluster = try await TestCluster.make()
        try await EngineFixture.with(Self.samples, Setting(cluster: cluster)) { fixture in
            let engine = fixture.engine
            let job = try await engine.upgrade()
            try await fixture.waitUntilWorkerSleeps()
            await cluster.stop(mode)
            try await engine.await { () -> Bool? in
                if case .unavailable(.some(let failure), let next) = engine.connectedness {
                    return failure.code == .databaseUnavailable && next != nil ? true : nil
                }
                return nil
            }
            #expect(engine.statusWord.contains("cannot reach database \"main\""))
            await #expect(throws: Failure.self) { try await engine.standing() }
            try await cluster.start()
            let admin = try await fixture.database.connect()
            // It was rolled back; whoever comes next finds the same work to do.
            #expect(try await admin.query("SELECT mark FROM log").map { try $0.decode(0, as: String.self) } == ["r1"])
            try await admin.execute("INSERT INTO go VALUES (1)")
            // A daemon that is not told looks again by itself; telling it only saves time.
            engine.reconnect.raise()
            let ended = try await engine.outcome(of: job)
            #expect(ended.state == .succeeded, "\(String(describing: ended.failure))")
            #expect(
                try await admin.query("SELECT mark FROM log ORDER BY 1").map { try $0.decode(0, as: String.self) }
                    == ["r1", "r2", "r3"])
            #expect(try await engine.history(limit: nil).map(\.revision) == ["r3", "r2", "r1"])
            await admin.close()
        }
        await cluster.destroy()
    }

    /// The backend dies while it commits, and nobody but the history knows the outcome. Waiting for a standby that does not
    /// exist holds the answer back; the commit itself is done.
    @Test func theConnectionIsLostAtCommit() async throws {
        let cluster = try await TestCluster.make(
            settings: ["synchronous_standby_names": "nobody", "synchronous_commit": "local"])
        var samples = Sample.marks(2)
        samples[0].up += "\nSET LOCAL synchronous_commit = on;"
        try await EngineFixture.with(samples, Setting(cluster: cluster)) { fixture in
            let engine = fixture.engine
            let job = try await engine.upgrade()
            try await fixture.waitUntil(
                """
                SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'migrated worker'
                    AND query = 'COMMIT' AND wait_event = 'SyncRep')
                """)
            try await fixture.endWorker()
            let ended = try await engine.outcome(of: job)
            #expect(ended.state == .succeeded, "\(String(describing: ended.failure))")
            #expect(try await fixture.column("SELECT mark FROM log ORDER BY 1") == ["r1", "r2"])
            #expect(try await engine.history(limit: nil).map(\.revision) == ["r2", "r1"])
            let events = try await engine.events(of: job.id.number, after: 0)
            #expect(events.contains { $0.message.contains("1 of its revisions are applied: back in the queue") })
        }
        await cluster.destroy()
    }

    /// The commit went through and its answer was lost: the job must find that out, and not apply anything twice.
    @Test func aCommitWhoseAnswerWasLostIsFound() async throws {
        let loss = SessionLoss(entering: .verifying)
        try await EngineFixture.with(Sample.marks(1), Setting(faults: loss.faults)) { fixture in
            loss.arm(fixture.engine)
            let job = try await fixture.engine.outcome(of: try await fixture.engine.upgrade())
            #expect(job.state == .succeeded)
            let events = try await fixture.engine.events(of: job.id.number, after: 0)
            #expect(events.contains { $0.message.contains("1 of its revisions are applied: back in the queue") })
            #expect(try await fixture.column("SELECT mark FROM log") == ["r1"])
        }
    }

    @Test func anUnreachableDatabaseIsTriedAgain() async throws {
        let cluster = try await TestCluster.make()
        let database = try await cluster.makeDatabase()
        await cluster.stop()
        let directory = try TemporaryDirectory()
        try directory.make("migrations")
        let running = RunningEngine(EngineFixture.configuration(database, directory))
        let engine = running.engine
        try await engine.await { () -> Bool? in
            if case .unavailable(.some, .some) = engine.connectedness { return true }
            return nil
        }
        let failure = await #expect(throws: Failure.self) { try await engine.standing() }
        #expect(failure?.code == .databaseUnavailable && failure?.hint != nil)
        let checks = await engine.diagnose()
        #expect(checks.contains { $0.subject == "main: connection" && $0.outcome == .bad })
        try await cluster.start()
        engine.reconnect.raise()
        try await engine.connectedOrTold()
        #expect(try await engine.standing().current == [])
        await running.stop()
        await cluster.destroy()
    }

    @Test func aCloneIsRefusedUntilItIsAdopted() async throws {
        let cluster = try await TestCluster.shared
        let original = try await cluster.makeDatabase()
        let directory = try TemporaryDirectory()
        try directory.make("migrations")
        for sample in Sample.marks(2) { try directory.write("migrations/\(sample.file)", sample.text) }
        let first = RunningEngine(EngineFixture.configuration(original, directory))
        let job = try await first.engine.upgrade(to: "r1")
        #expect(try await first.engine.outcome(of: job).state == .succeeded)
        await first.stop()

        let clone = try await cluster.makeDatabase(template: original)
        let second = RunningEngine(EngineFixture.configuration(clone, directory))
        let refusal = try await second.engine.await { () -> Failure? in
            if case .unavailable(.some(let failure), .some) = second.engine.connectedness { return failure }
            return nil
        }
        #expect(refusal.code == .registryMismatch && refusal.hint?.contains("doctor --adopt") == true)
        await #expect(throws: Failure.self) { try await second.engine.upgradeAtOnce() }
        try await second.engine.adopt()
        let upgrade = try await second.engine.upgrade()
        #expect(try await second.engine.outcome(of: upgrade).state == .succeeded)
        #expect(try await second.engine.history(limit: nil).map(\.revision) == ["r2", "r1"])
        await second.stop()
        // The original is what it was, and under another name it is refused too.
        var renamed = EngineFixture.configuration(original, directory)
        renamed.name = "other"
        let third = RunningEngine(renamed)
        let other = try await third.engine.await { () -> Failure? in
            if case .unavailable(.some(let failure), .some) = third.engine.connectedness { return failure }
            return nil
        }
        #expect(other.code == .registryMismatch && other.hint?.contains("[database.main]") == true)
        await third.stop()
        for database in [clone, original] { try await database.drop() }
    }

    @Test(arguments: [
        ("UPDATE migrated.registry SET version = version + 1", Failure.Code.registryTooNew),
        ("ALTER DATABASE \"$DATABASE\" SET default_transaction_read_only = on", .serverReadOnly),
    ])
    func whatMustNotBeWorkedOnIsRefused(_ change: String, _ code: Failure.Code) async throws {
        try await EngineFixture.with(Sample.marks(1)) { fixture in
            #expect(try await fixture.engine.outcome(of: try await fixture.engine.upgrade()).state == .succeeded)
            await fixture.first.stop()
            try await fixture.admin.execute(change.replacing("$DATABASE", with: fixture.database.name))
            let second = RunningEngine(fixture.configuration)
            let failure = try await second.engine.await { () -> Failure? in
                if case .unavailable(.some(let failure), .some) = second.engine.connectedness { return failure }
                return nil
            }
            #expect(failure.code == code)
            await second.stop()
        }
    }
}

extension DatabaseEngine {
    /// Queues without waiting for the database.
    func upgradeAtOnce() async throws {
        _ = try await enqueue(.upgrade, target: "head", requestID: RequestID.random(), person: EngineFixture.ann)
    }
}
