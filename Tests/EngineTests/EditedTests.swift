import Planning
import PostgresClient
import Revisions
import TestSupport
import Testing

@testable import Engine

/// What became of applied revisions, and of the version table, behind our back.
@Suite(.timeLimit(.minutes(15))) struct EditedTests {
    @Test func aChangedAppliedRevisionStopsUpgrades() async throws {
        let samples = Sample.marks(2)
        try await EngineFixture.with(samples) { fixture in
            let engine = fixture.engine
            #expect(try await engine.outcome(of: try await engine.upgrade(to: "r1")).state == .succeeded)
            var edited = samples[0]
            edited.up = edited.up.replacing("mark text", with: "mark varchar")
            try fixture.write(edited)
            #expect(try await engine.standing().edited == ["r1"])
            let job = try await engine.outcome(of: try await engine.upgrade())
            #expect(job.failure?.code == .editedAfterApply)
            #expect(job.failure?.location?.path.hasSuffix("r1_sample.sql") == true)
            #expect(try await engine.currentRows() == ["r1"])
            // Back as it was, with a comment and other white space, and with a mended downgrade: nothing is edited.
            var mended = samples[0]
            mended.up = "-- A licence.\n" + mended.up.replacing(" (", with: "  /* all of it */\n(")
            mended.down = "DROP TABLE IF EXISTS log;"
            try fixture.write(mended)
            #expect(try await engine.standing().edited == [])
            #expect(try await engine.outcome(of: try await engine.upgrade()).state == .succeeded)
        }
    }

    @Test func whereThePolicyOnlyWarnsUpgradesGoOn() async throws {
        let samples = Sample.marks(2)
        try await EngineFixture.with(samples, .configured { $0.policy.editedAfterApply = .warn }) { fixture in
            let engine = fixture.engine
            #expect(try await engine.outcome(of: try await engine.upgrade(to: "r1")).state == .succeeded)
            var edited = samples[0]
            edited.up = edited.up.replacing("mark text", with: "mark varchar")
            try fixture.write(edited)
            #expect(try await engine.standing().edited == ["r1"])
            #expect(try await engine.outcome(of: try await engine.upgrade()).state == .succeeded)
        }
    }

    /// After a downgrade a revision may be written anew.
    @Test func aRevisionThatWasTakenBackMayChange() async throws {
        let samples = Sample.marks(2)
        try await EngineFixture.with(samples) { fixture in
            let engine = fixture.engine
            #expect(try await engine.outcome(of: try await engine.upgrade()).state == .succeeded)
            #expect(try await engine.outcome(of: try await engine.downgrade(to: "r1")).state == .succeeded)
            var edited = samples[1]
            edited.up = "INSERT INTO log VALUES ('another');"
            try fixture.write(edited)
            #expect(try await engine.standing().edited == [])
            #expect(try await engine.outcome(of: try await engine.upgrade()).state == .succeeded)
            #expect(try await fixture.column("SELECT mark FROM log ORDER BY 1") == ["another", "r1"])
        }
    }

    @Test func changesFromOutsideAreSeen() async throws {
        try await EngineFixture.with(Sample.marks(2)) { fixture in
            let engine = fixture.engine
            #expect(try await engine.outcome(of: try await engine.upgrade()).state == .succeeded)
            #expect(try await engine.standing().expectedRows == nil)
            try await fixture.admin.execute("UPDATE alembic_version SET version_num = 'r1'")
            var standing = try await engine.standing()
            #expect(standing.current == ["r1"] && standing.expectedRows == ["r2"] && standing.pendingCount == 1)
            try await fixture.admin.execute("UPDATE alembic_version SET version_num = 'unheard_of'")
            standing = try await engine.standing()
            #expect(standing.problems.map(\.code) == [.noSuchRevision] && standing.expectedRows == ["r2"])
            #expect(await engine.diagnose().contains { $0.subject == "main: version table" && $0.outcome == .bad })
            await #expect(throws: Failure.self) { try await engine.upgrade() }
            // All of it gone: we are at base, and the history says what was there.
            try await fixture.admin.script("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
            standing = try await engine.standing()
            #expect(standing.current == [] && standing.expectedRows == ["r2"] && standing.pendingCount == 2)
            #expect(try await engine.outcome(of: try await engine.upgrade()).state == .succeeded)
            #expect(try await engine.standing().expectedRows == nil)
        }
    }

    /// The version table changes between the plan and the lock: planned again, and what is then left to do is done.
    @Test func thePlanIsMadeAgainUnderTheLock() async throws {
        try await EngineFixture.with(Sample.marks(2)) { fixture in
            let engine = fixture.engine
            try await engine.connectedOrTold()
            try await fixture.takeLock()
            let job = try await engine.upgrade()
            _ = try await engine.event(of: job) { $0.kind == .lockWaiting }
            try await fixture.admin.script(
                """
                CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
                INSERT INTO alembic_version VALUES ('r1'); CREATE TABLE log (mark text)
                """)
            try await fixture.releaseLock()
            let ended = try await engine.outcome(of: job)
            #expect(ended.state == .succeeded && ended.appliedCount == 1)
            #expect(try await fixture.column("SELECT mark FROM log") == ["r2"])
            let events = try await engine.events(of: job.id.number, after: 0)
            #expect(events.contains { $0.message.contains("planning again") })
        }
    }
}
