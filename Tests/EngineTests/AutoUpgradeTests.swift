import Planning
import PostgresClient
import Revisions
import TestSupport
import Testing

@testable import Engine

@Suite(.timeLimit(.minutes(15))) struct AutoUpgradeTests {
    private static let automatic = Setting.configured {
        $0.autoUpgrade = true
        $0.policy.approvals = 1
    }

    /// The newest job, once there are so many.
    private func job(_ number: Int, of engine: DatabaseEngine) async throws -> Job {
        try await engine.await {
            let jobs = try await engine.jobs(limit: 100, onlyOpen: false)
            return jobs.count >= number ? jobs.first : nil
        }
    }

    @Test func anApprovedHeadIsQueuedByItself() async throws {
        try await EngineFixture.with(Sample.marks(1), Self.automatic) { fixture in
            let engine = fixture.engine
            try await engine.connectedOrTold()
            try await engine.approve("r1")
            let first = try await engine.outcome(of: try await job(1, of: engine))
            #expect(first.state == .succeeded && first.requestedBy.userName == "root" && first.target == "head")
            // A new file waits for its approval, then goes by itself.
            try fixture.write(
                Sample(
                    "r2", after: "r1", up: "INSERT INTO log VALUES ('r2');", down: "DELETE FROM log WHERE mark = 'r2';")
            )
            try await engine.approve("r2")
            #expect(try await engine.outcome(of: try await job(2, of: engine)).state == .succeeded)
            #expect(try await fixture.column("SELECT mark FROM log ORDER BY 1") == ["r1", "r2"])
            #expect(try await engine.jobs(limit: 10, onlyOpen: false).count == 2)
        }
    }

    @Test func aDowngradePausesItUntilSomebodyResumes() async throws {
        try await EngineFixture.with(Sample.marks(2), Self.automatic) { fixture in
            let engine = fixture.engine
            try await engine.connectedOrTold()
            try await engine.approve("r1", "r2")
            #expect(try await engine.outcome(of: try await job(1, of: engine)).state == .succeeded)
            try await engine.approve("r2", direction: .downgrade)
            let down = try await engine.outcome(of: try await engine.downgrade(to: "r1"))
            #expect(down.state == .succeeded)
            #expect(
                try await engine.standing().pausedBecause
                    == "downgrade to \(down.target) by \(EngineFixture.ann.userName)")
            // Another job runs through, and no upgrade has come before or after it.
            let backup = try await engine.enqueueBackup(requestID: RequestID.random(), person: EngineFixture.ann)
            _ = try await engine.outcome(of: backup)
            #expect(try await engine.currentRows() == ["r1"])
            #expect(try await engine.jobs(limit: 10, onlyOpen: false).count == 3)
            try await engine.pauseAutoUpgrade(because: nil)
            #expect(try await engine.outcome(of: try await job(4, of: engine)).state == .succeeded)
            #expect(try await engine.currentRows() == ["r2"])
        }
    }

    @Test func aPlanThatFailedOrWasCancelledIsNotTriedAgainByItself() async throws {
        try await EngineFixture.with([], Self.automatic) { fixture in
            let engine = fixture.engine
            try await engine.connectedOrTold()
            try fixture.write(Sample("r1", up: "SELECT 1 / 0;"))
            try await engine.approve("r1")
            let failed = try await engine.outcome(of: try await job(1, of: engine))
            #expect(failed.state == .failed)
            // Other work goes through the same loop, and nothing is queued.
            let backup = try await engine.enqueueBackup(requestID: RequestID.random(), person: EngineFixture.ann)
            _ = try await engine.outcome(of: backup)
            #expect(try await engine.jobs(limit: 10, onlyOpen: false).count == 2)

            // Another content is another plan. Somebody cancels it: that is the last word as well.
            try await fixture.takeLock()
            try fixture.write(Sample("r1", up: "CREATE TABLE log (mark text);"))
            try await engine.approve("r1")
            let cancelled = try await job(3, of: engine)
            _ = try await engine.cancel(cancelled.id.number, by: EngineFixture.ann)
            #expect(try await engine.outcome(of: cancelled).state == .cancelled)
            try await fixture.releaseLock()
            let again = try await engine.enqueueBackup(requestID: RequestID.random(), person: EngineFixture.ann)
            _ = try await engine.outcome(of: again)
            #expect(try await engine.jobs(limit: 10, onlyOpen: false).count == 4)
            // A person may try.
            #expect(try await engine.outcome(of: try await engine.upgrade()).state == .succeeded)
        }
    }
}
