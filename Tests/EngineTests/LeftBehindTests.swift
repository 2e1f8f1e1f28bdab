import Planning
import PostgresClient
import Revisions
import TestSupport
import Testing

@testable import Engine

/// A job that cannot begin, is cut off or is overtaken leaves nothing behind that the next one would trip over.
@Suite struct LeftBehindTests {
    @Test func aRoleThatCannotBeHadLeavesNoLockAndNoTransactionBehind() async throws {
        try await EngineFixture.with([.table("a")], .configured { $0.role = "no_such_role" }) { fixture in
            let engine = fixture.engine
            for _ in 0..<2 {
                let job = try await engine.outcome(of: try await engine.upgrade())
                #expect(job.failure?.code == .permissionDenied && job.failure?.hint?.contains("no_such_role") == true)
            }
            // The lock is free for anybody.
            try await fixture.takeLock()
            try await fixture.releaseLock()
        }
    }

    @Test func theVersionRowIsNotWaitedForWithoutLimit() async throws {
        let samples = [Sample.table("a"), Sample("b", after: "a", up: "ALTER TABLE t_a ADD COLUMN m integer;")]
        try await EngineFixture.with(samples) { fixture in
            let engine = fixture.engine
            #expect(try await engine.outcome(of: try await engine.upgrade(to: "a")).state == .succeeded)
            let holder = try await fixture.database.connect(applicationName: "a tinkerer")
            try await holder.script("BEGIN; SELECT * FROM alembic_version FOR UPDATE")
            let job = try await engine.upgrade()
            _ = try await engine.event(of: job) { $0.kind == .stepRetried && $0.message.contains("the version row") }
            // Between two tries the table of the revision is free.
            try await fixture.admin.script("SET lock_timeout = '30s'; SELECT * FROM t_a")
            try await holder.script("COMMIT")
            #expect(try await engine.outcome(of: job).state == .succeeded)
            await holder.close()
        }
    }

    @Test func anUpgradeBehindADowngradeUndoesIt() async throws {
        try await EngineFixture.with(Sample.marks(2)) { fixture in
            let engine = fixture.engine
            #expect(try await engine.outcome(of: try await engine.upgrade()).state == .succeeded)
            try await fixture.takeLock()
            let down = try await engine.downgrade(to: "r1")
            let up = try await engine.upgrade()
            try await fixture.releaseLock()
            #expect(try await engine.outcome(of: down).appliedCount == 1)
            #expect(try await engine.outcome(of: up).appliedCount == 1)
            #expect(try await engine.currentRows() == ["r2"])
        }
    }

    @Test func whatIsTakenBackDuringTheBackupIsNotApplied() async throws {
        try await EngineFixture.with(
            [.table("a")],
            .configured {
                $0.policy.approvals = 1
                $0.backup.policy = .dump
            }
        ) { fixture in
            let engine = fixture.engine
            try await engine.connectedOrTold()
            try await fixture.admin.script("CREATE TABLE held (n integer)")
            try await engine.approve("a", by: EngineFixture.bob)
            // The dump waits for this table, and with it the job.
            let holder = try await fixture.database.connectAsSuperuser()
            try await holder.script("BEGIN; LOCK TABLE held IN ACCESS EXCLUSIVE MODE")
            let job = try await engine.upgrade()
            _ = try await engine.job(job, reaches: .backingUp)
            let revision = try #require(engine.library.snapshot.graph["a"])
            _ = try await engine.revoke(
                [(revision: "a", direction: .upgrade, digest: revision.upgrade.contentDigest)], by: EngineFixture.bob)
            try await holder.script("COMMIT")
            #expect(try await engine.job(job, reaches: .awaitingApproval).backup != nil)
            #expect(try await engine.currentRows().isEmpty)
            try await engine.approve("a", by: EngineFixture.bob)
            #expect(try await engine.outcome(of: job).state == .succeeded)
            await holder.close()
        }
    }

    @Test func aBuildThatIsCancelledLeavesTheSessionAsItWas() async throws {
        let samples = [
            Sample.table("a"),
            Sample(
                "b", after: "a", up: "CREATE INDEX CONCURRENTLY by_n ON t_a (n);", isTransactional: false),
        ]
        try await EngineFixture.with(samples) { fixture in
            let engine = fixture.engine
            #expect(try await engine.outcome(of: try await engine.upgrade(to: "a")).state == .succeeded)
            let writer = try await fixture.database.connect(applicationName: "a writer")
            try await writer.script("BEGIN; INSERT INTO t_a VALUES (1)")
            let job = try await engine.upgrade()
            _ = try await engine.event(of: job) { $0.kind == .blockersSeen }
            _ = try await engine.cancel(job.id.number, by: EngineFixture.ann)
            #expect(try await engine.outcome(of: job).state == .cancelled)
            #expect(
                try await fixture.value("SELECT count(*) FROM pg_index WHERE NOT indisvalid", as: Int.self) == 1)
            try await writer.script("COMMIT")
            #expect(try await engine.outcome(of: try await engine.upgrade()).state == .succeeded)
            #expect(
                try await fixture.value("SELECT count(*) FROM pg_index WHERE NOT indisvalid", as: Int.self) == 0)
            await writer.close()
        }
    }
}
