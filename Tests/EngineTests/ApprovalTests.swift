import Planning
import PostgresClient
import Revisions
import TestSupport
import Testing

@testable import Engine

@Suite(.timeLimit(.minutes(15))) struct ApprovalTests {
    @Test func aJobParksUntilItIsApprovedAndGoesOnByItself() async throws {
        try await EngineFixture.with(Sample.marks(2), .configured { $0.policy.approvals = 1 }) { fixture in
            let engine = fixture.engine
            let job = try await engine.upgrade()
            let parked = try await engine.job(job, reaches: .awaitingApproval)
            #expect(parked.missingApprovals?.map(\.revision) == ["r1", "r2"])
            #expect(parked.missingApprovals?.map(\.given) == [0, 0])
            // It holds nothing: whoever wants the lock has it.
            try await fixture.takeLock()
            try await fixture.releaseLock()
            #expect(try await engine.standing().unapprovedCount == 2)

            try await engine.approve("r1")
            #expect(try await engine.standing().unapprovedCount == 1)
            try await engine.approve("r2")
            #expect(try await engine.outcome(of: job).state == .succeeded)
            #expect(try await fixture.column("SELECT mark FROM log ORDER BY 1") == ["r1", "r2"])
        }
    }

    @Test func theQueuePassesAParkedJob() async throws {
        try await EngineFixture.with(Sample.marks(2), .configured { $0.policy.approvals = 1 }) { fixture in
            let engine = fixture.engine
            let parked = try await engine.job(try await engine.upgrade(), reaches: .awaitingApproval)
            try await engine.approve("r1")
            let behind = try await engine.outcome(of: try await engine.upgrade(to: "r1"))
            #expect(behind.state == .succeeded)
            #expect(try await engine.job(parked.id.number).state == .awaitingApproval)
            try await engine.approve("r2")
            #expect(try await engine.outcome(of: parked).state == .succeeded)
            #expect(try await fixture.column("SELECT mark FROM log ORDER BY 1") == ["r1", "r2"])
        }
    }

    @Test func anApprovalThatWasTakenBackDoesNotCount() async throws {
        try await EngineFixture.with(Sample.marks(1), .configured { $0.policy.approvals = 2 }) { fixture in
            let engine = fixture.engine
            try await engine.connectedOrTold()
            try await engine.approve("r1", by: EngineFixture.ann)
            let revision = try #require(engine.library.snapshot.graph["r1"])
            let item = (revision: revision.id, direction: Direction.upgrade, digest: revision.upgrade.contentDigest)
            await #expect(throws: Failure.self) { try await engine.revoke([item], by: EngineFixture.bob) }
            #expect(try await engine.revoke([item], by: EngineFixture.ann) == [])
            try await engine.approve("r1", by: EngineFixture.bob)
            let parked = try await engine.job(try await engine.upgrade(), reaches: .awaitingApproval)
            #expect(parked.missingApprovals?.first?.given == 1 && parked.missingApprovals?.first?.wanted == 2)
            // The same person twice is one person.
            try await engine.approve("r1", by: EngineFixture.bob)
            #expect(try await engine.approvals().count == 1)
            try await engine.approve("r1", by: EngineFixture.ann)
            #expect(try await engine.outcome(of: parked).state == .succeeded)
        }
    }

    @Test func whatWasNotShownCannotBeApproved() async throws {
        try await EngineFixture.with(Sample.marks(1), .configured { $0.policy.approvals = 1 }) { fixture in
            let engine = fixture.engine
            try await engine.connectedOrTold()
            let shown = try #require(engine.library.snapshot.graph["r1"])
            try fixture.write(Sample("r1", up: "CREATE TABLE other (n integer);", down: "DROP TABLE log;"))
            let item = (revision: shown.id, direction: Direction.upgrade, digest: shown.upgrade.contentDigest)
            let failure = await #expect(throws: Failure.self) {
                try await engine.approve([item], by: EngineFixture.ann)
            }
            #expect(failure?.code == .digestMismatch)
            // Mending an upgrade does not void the approval of a downgrade that is the same.
            try await engine.approve("r1", direction: .downgrade)
            #expect(try await engine.approvals().map(\.direction) == [.downgrade])
        }
    }

    @Test func aChangedFileNeedsANewApproval() async throws {
        try await EngineFixture.with(Sample.marks(1), .configured { $0.policy.approvals = 1 }) { fixture in
            let engine = fixture.engine
            try await engine.connectedOrTold()
            try await engine.approve("r1")
            try fixture.write(Sample("r1", up: "CREATE TABLE log (mark text);\nINSERT INTO log VALUES ('changed');"))
            let job = try await engine.upgrade()
            _ = try await engine.job(job, reaches: .awaitingApproval)
            try await engine.approve("r1")
            #expect(try await engine.outcome(of: job).state == .succeeded)
            #expect(try await fixture.column("SELECT mark FROM log") == ["changed"])
        }
    }

    @Test(arguments: [false, true])
    func theBytesThatWereQueuedAreApplied(_ removed: Bool) async throws {
        let samples = Sample.marks(2)
        try await EngineFixture.with(samples, .configured { $0.policy.approvals = 1 }) { fixture in
            let engine = fixture.engine
            let job = try await engine.upgrade()
            _ = try await engine.job(job, reaches: .awaitingApproval)
            // What was queued is approved; then its files become something else.
            try await fixture.takeLock()
            try await engine.approve("r1", "r2")
            _ = try await engine.event(of: job) { $0.kind == .lockWaiting }
            if removed {
                for sample in samples { try fixture.remove(sample) }
            } else {
                for sample in samples {
                    var other = sample
                    other.up = "SELECT 1 / 0;"
                    try fixture.write(other)
                }
            }
            try await fixture.releaseLock()
            #expect(try await engine.outcome(of: job).state == .succeeded)
            #expect(try await fixture.column("SELECT mark FROM log ORDER BY 1") == ["r1", "r2"])
            // The way back is known although the files are not what was applied, or gone.
            guard removed else { return }
            let down = try await engine.downgrade(to: "base")
            _ = try await engine.job(down, reaches: .awaitingApproval)
        }
    }

    @Test func aFileThatChangesWhileItsJobIsParkedNeedsNoNewApprovalOfThePinnedBytes() async throws {
        try await EngineFixture.with(Sample.marks(1), .configured { $0.policy.approvals = 1 }) { fixture in
            let engine = fixture.engine
            let job = try await engine.job(try await engine.upgrade(), reaches: .awaitingApproval)
            try fixture.write(Sample("r1", up: "CREATE TABLE log (mark text);\nINSERT INTO log VALUES ('changed');"))
            // The file's new bytes are approved: they are not those of the job, which goes on waiting.
            try await engine.approve("r1")
            let other = try await engine.outcome(of: try await engine.upgrade())
            #expect(other.state == .succeeded)
            #expect(try await fixture.column("SELECT mark FROM log") == ["changed"])
            #expect(try await engine.job(job.id.number).state == .awaitingApproval)
        }
    }

    @Test func whoAsksMayNotApproveWhereThePolicySaysSo() async throws {
        let change = Setting.configured {
            $0.policy.approvals = 1
            $0.policy.requesterMayApprove = false
        }
        try await EngineFixture.with(Sample.marks(1), change) { fixture in
            let engine = fixture.engine
            let job = try await engine.upgrade(by: EngineFixture.ann)
            try await engine.approve("r1", by: EngineFixture.ann)
            _ = try await engine.job(job, reaches: .awaitingApproval)
            try await engine.approve("r1", by: EngineFixture.bob)
            #expect(try await engine.outcome(of: job).state == .succeeded)
        }
    }

    /// A job may need revisions that were not pinned with it, because a downgrade came between. Half of their approvals
    /// must not make it spin between queue and parking.
    @Test func aJobThatNeedsMoreThanItPinnedWaitsQuietly() async throws {
        try await EngineFixture.with(Sample.marks(2), .configured { $0.policy.approvals = 2 }) { fixture in
            let engine = fixture.engine
            try await engine.connectedOrTold()
            try await engine.approve("r1", by: EngineFixture.ann)
            try await engine.approve("r1", by: EngineFixture.bob)
            #expect(try await engine.outcome(of: try await engine.upgrade(to: "r1")).state == .succeeded)
            let job = try await engine.job(try await engine.upgrade(), reaches: .awaitingApproval)
            #expect(job.stepCount == 1)
            // r1 goes, and with it bob's approval of it.
            try await fixture.admin.script("DELETE FROM alembic_version; DROP TABLE log")
            let revision = try #require(engine.library.snapshot.graph["r1"])
            _ = try await engine.revoke(
                [(revision: "r1", direction: .upgrade, digest: revision.upgrade.contentDigest)], by: EngineFixture.bob)
            try await engine.approve("r2", by: EngineFixture.ann)
            try await engine.approve("r2", by: EngineFixture.bob)
            try await engine.await {
                try await engine.job(job.id.number).missingApprovals?.map(\.revision) == ["r1"] ? true : nil
            }
            _ = try await engine.job(job, reaches: .awaitingApproval)
            // Other work is done meanwhile, and the job is left where it is.
            let before = try await engine.events(of: job.id.number, after: 0).count
            let other = try await engine.enqueueBackup(requestID: RequestID.random(), person: EngineFixture.ann)
            #expect(try await engine.outcome(of: other).state == .succeeded)
            #expect(try await engine.events(of: job.id.number, after: 0).count == before)
            try await engine.approve("r1", by: EngineFixture.bob)
            #expect(try await engine.outcome(of: job).state == .succeeded)
        }
    }
}
