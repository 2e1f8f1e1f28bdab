import Planning
import PostgresClient
import Revisions
import TestSupport
import Testing

@testable import Engine

@Suite(.timeLimit(.minutes(15))) struct QueueTests {
    @Test func aRequestThatIsSentTwiceIsOneJob() async throws {
        try await EngineFixture.with(Sample.marks(2)) { fixture in
            let engine = fixture.engine
            try await engine.connectedOrTold()
            let id = RequestID.random()
            let numbers = try await withThrowingTaskGroup(of: Int64.self) { group in
                for index in 0..<10 {
                    group.addTask {
                        try await engine.enqueue(
                            .upgrade, target: "head", requestID: index.isMultiple(of: 2) ? id : id.uppercased(),
                            person: EngineFixture.ann
                        ).id.number
                    }
                }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(numbers.count == 1)
            let job = try await engine.job(try #require(numbers.first))
            #expect(try await engine.outcome(of: job).state == .succeeded)
            // Also when it is over, and the target would mean something else.
            let again = try await engine.enqueue(.upgrade, target: "head", requestID: id, person: EngineFixture.ann)
            #expect(again.id == job.id && again.state == .succeeded)
            #expect(try await engine.jobs(limit: 10, onlyOpen: false).count == 1)
            await #expect(throws: Failure.self) {
                try await engine.enqueue(.upgrade, target: "head", requestID: "x", person: EngineFixture.ann)
            }
        }
    }

    @Test func jobsRunInTheOrderInWhichTheyWereQueued() async throws {
        try await EngineFixture.with(Sample.marks(4)) { fixture in
            let engine = fixture.engine
            try await engine.connectedOrTold()
            try await fixture.takeLock()
            var jobs: [Job] = []
            for target in ["r2", "r4", "r1", "r3"] { jobs.append(try await engine.upgrade(to: target)) }
            try await fixture.releaseLock()
            var ended: [Job] = []
            for job in jobs { ended.append(try await engine.outcome(of: job)) }
            #expect(ended.allSatisfy { $0.state == .succeeded })
            #expect(ended.map(\.appliedCount) == [2, 2, 0, 0])
            let finished = ended.compactMap(\.finishedAt)
            #expect(finished == finished.sorted() && finished.count == 4)
            #expect(try await fixture.column("SELECT mark FROM log ORDER BY 1") == ["r1", "r2", "r3", "r4"])
        }
    }

    @Test func theQueueHasALimit() async throws {
        try await EngineFixture.with(Sample.marks(1), .configured { $0.queueLimit = 2 }) { fixture in
            let engine = fixture.engine
            try await engine.connectedOrTold()
            try await fixture.takeLock()
            let jobs = [try await engine.upgrade(), try await engine.upgrade()]
            let failure = await #expect(throws: Failure.self) { try await engine.upgrade() }
            #expect(failure?.code == .queueFull)
            try await fixture.releaseLock()
            for job in jobs { #expect(try await engine.outcome(of: job).state == .succeeded) }
            #expect(try await engine.outcome(of: try await engine.upgrade()).state == .succeeded)
        }
    }

    @Test func whatIsWrittenWaitsForTheDiskWhereItMustNotBeLost() async throws {
        try await EngineFixture.with(Sample.marks(1)) { fixture in
            let engine = fixture.engine
            try await engine.connectedOrTold()
            try await fixture.admin.script(
                """
                CREATE TABLE migrated.waits (job bigint, state text, commit text);
                CREATE FUNCTION migrated.note_wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    INSERT INTO migrated.waits VALUES (NEW.job, NEW.state, current_setting('synchronous_commit'));
                    RETURN NULL;
                END $$;
                CREATE TRIGGER note_wait AFTER INSERT ON migrated.job_event
                    FOR EACH ROW EXECUTE FUNCTION migrated.note_wait();
                """)
            for _ in 0..<2 { #expect(try await engine.outcome(of: engine.upgrade()).state == .succeeded) }
            let durable = try await fixture.column(
                "SELECT job || ' ' || state FROM migrated.waits WHERE commit <> 'off' ORDER BY job, ctid")
            // The second has nothing to do: lost with the server, it is done again, and there still is nothing.
            #expect(durable == ["1 queued", "1 succeeded", "2 queued"])
        }
    }

    @Test func aJobThatIsQueuedIsAnnouncedToOtherDaemons() async throws {
        try await EngineFixture.with { fixture in
            try await fixture.engine.connectedOrTold()
            try await fixture.admin.execute("LISTEN migrated")
            let heard = Task {
                for await _ in fixture.admin.notifications { return true }
                return false
            }
            try await fixture.takeLock()
            _ = try await fixture.engine.enqueueBackup(requestID: RequestID.random(), person: EngineFixture.ann)
            #expect(await heard.value)
            try await fixture.releaseLock()
        }
    }

    @Test func eventsAreNumberedWithoutGaps() async throws {
        try await EngineFixture.with(Sample.marks(3)) { fixture in
            let engine = fixture.engine
            let job = try await engine.outcome(of: try await engine.upgrade())
            let events = try await engine.events(of: job.id.number, after: 0)
            #expect(events.map(\.sequence) == events.indices.map { Int64($0 + 1) })
            #expect(events.first?.kind == .jobQueued && events.last?.kind == .jobSucceeded)
            let states = events.map(\.state).reduce(into: [JobState]()) { if $0.last != $1 { $0.append($1) } }
            #expect(states == [.queued, .planning, .waitingForLock, .applying, .verifying, .succeeded])
            #expect(events.filter { $0.kind == .stepApplied }.compactMap(\.revision) == ["r1", "r2", "r3"])
            #expect(try await engine.events(of: job.id.number, after: 3).first?.sequence == 4)
        }
    }

    @Test func twoEnginesApplyEachRevisionOnce() async throws {
        try await EngineFixture.with(Sample.marks(12)) { fixture in
            let other = RunningEngine(fixture.configuration, machine: "m2")
            var jobs: [Job] = []
            for number in 1...12 {
                let engine = number.isMultiple(of: 2) ? fixture.engine : other.engine
                jobs.append(try await engine.upgrade(to: "r\(number)"))
            }
            for job in jobs { #expect(try await fixture.engine.outcome(of: job).state == .succeeded) }
            await other.stop()
            let marks = try await fixture.column("SELECT mark FROM log")
            #expect(marks.count == 12 && Set(marks).count == 12)
            #expect(try await fixture.engine.history(limit: nil).count == 12)
            #expect(try await fixture.value("SELECT sum(applied_count) FROM migrated.job", as: Int.self) == 12)
        }
    }

    /// Two daemons may look at the queue at the same moment and see different jobs at its head. The second one leaves its
    /// job alone; it does not fail it.
    @Test func aJobIsLeftAloneWhileAnotherOneRuns() async throws {
        try await EngineFixture.with(Sample.marks(1)) { fixture in
            let engine = fixture.engine
            try await engine.connectedOrTold()
            try await fixture.takeLock()
            let running = try await engine.job(try await engine.upgrade(), reaches: .waitingForLock)
            let waiting = try await engine.upgrade()
            let sessions = try await SessionPair.open(fixture.configuration)
            var pipeline = engine.pipeline(for: waiting, sessions)
            await #expect(throws: Pipeline.LostJob.self) { try await pipeline.enter(.planning, "too early") }
            await sessions.close()
            #expect(try await engine.job(waiting.id.number).state == .queued)
            try await fixture.releaseLock()
            #expect(try await engine.outcome(of: running).state == .succeeded)
            #expect(try await engine.outcome(of: waiting).state == .succeeded)
        }
    }
}
