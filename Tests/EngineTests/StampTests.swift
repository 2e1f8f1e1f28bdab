import Planning
import PostgresClient
import Revisions
import TestSupport
import Testing

@testable import Engine

/// A stamp moves the rows of the version table, is recorded, and runs nothing.
@Suite struct StampTests {
    private static let chain = Sample.marks(3)

    @Test func itMovesTheRowsAndRunsNothing() async throws {
        try await EngineFixture.with(Self.chain) { fixture in
            let engine = fixture.engine
            try await engine.connectedOrTold()
            let job = try await engine.outcome(of: try await engine.stamp("r2"))
            #expect(job.state == .succeeded && job.kind == .stamp && job.target == "r2")
            #expect(job.targetRevisions == ["r2"] && job.stepCount == 0)
            #expect(try await engine.currentRows() == ["r2"])
            #expect(try await fixture.value("SELECT to_regclass('log') IS NULL", as: Bool.self))
            #expect(try await engine.history(limit: nil).isEmpty)
            // It goes on from there, and nobody takes it for a change made outside.
            #expect(try await engine.standing().expectedRows == nil)
            try await fixture.admin.execute("CREATE TABLE log (mark text)")
            let upgrade = try await engine.outcome(of: try await engine.upgrade())
            #expect(upgrade.state == .succeeded && upgrade.appliedCount == 1)
            #expect(try await engine.outcome(of: try await engine.stamp("r1")).state == .succeeded)
            #expect(try await engine.standing().expectedRows == nil)
            let events = try await engine.events(of: upgrade.id.number, after: 0)
            #expect(!events.contains { $0.kind == .versionChangedOutside })
            #expect(try await engine.outcome(of: try await engine.stamp("base")).state == .succeeded)
            #expect(try await engine.currentRows().isEmpty)
        }
    }

    @Test func itAcceptsWhatWasChangedOutside() async throws {
        try await EngineFixture.with(Self.chain) { fixture in
            let engine = fixture.engine
            try await engine.connectedOrTold()
            #expect(try await engine.outcome(of: try await engine.upgrade(to: "r2")).state == .succeeded)
            try await fixture.admin.execute("UPDATE alembic_version SET version_num = 'r1'")
            #expect(try await engine.standing().expectedRows == ["r2"])
            let job = try await engine.outcome(of: try await engine.stamp("r1"))
            #expect(job.state == .succeeded)
            #expect(try await engine.standing().expectedRows == nil)
            let events = try await engine.events(of: job.id.number, after: 0)
            #expect(events.contains { $0.kind == .versionChangedOutside })
        }
    }

    @Test func purgeTakesAwayWhatHasNoFile() async throws {
        let prepared = Setting.prepared { database in
            let session = try await database.connectAsSuperuser()
            try await session.script(
                "CREATE TABLE alembic_version (version_num text PRIMARY KEY); INSERT INTO alembic_version VALUES ('gone')"
            )
            await session.close()
        }
        try await EngineFixture.with(Self.chain, prepared) { fixture in
            let engine = fixture.engine
            try await engine.connectedOrTold()
            let refused = await #expect(throws: Failure.self) { try await engine.stamp("r1") }
            #expect(refused?.code == .noSuchRevision && refused?.message.contains("gone") == true)
            let job = try await engine.outcome(of: try await engine.stamp("r1", purge: true))
            #expect(job.state == .succeeded && job.target == "--purge r1")
            #expect(try await engine.currentRows() == ["r1"])
        }
    }

    @Test func theTargetIsPinnedWhenItIsQueued() async throws {
        try await EngineFixture.with(Self.chain) { fixture in
            let engine = fixture.engine
            try await engine.connectedOrTold()
            try await fixture.takeLock()
            let job = try await engine.stamp("head")
            try fixture.write(Sample("r4", after: "r3", up: "SELECT 1;"))
            try await fixture.releaseLock()
            #expect(try await engine.outcome(of: job).state == .succeeded)
            #expect(try await engine.currentRows() == ["r3"])
        }
    }

    @Test func theSameRequestIsOneJob() async throws {
        try await EngineFixture.with(Self.chain) { fixture in
            let engine = fixture.engine
            try await engine.connectedOrTold()
            let request = RequestID.random()
            func ask() async throws -> Job {
                try await engine.enqueueStamp(
                    to: ["r1"], purge: false, requestID: request, person: EngineFixture.ann)
            }
            #expect(try await ask().id == ask().id)
        }
    }

    @Test func ensuringTheTableKeepsItsRows() async throws {
        try await EngineFixture.with(Self.chain) { fixture in
            let engine = fixture.engine
            try await engine.connectedOrTold()
            for rows in [[], ["r1"]] as [[RevisionID]] {
                let job = try await engine.enqueueStamp(
                    to: [], purge: false, requestID: RequestID.random(), person: EngineFixture.ann)
                #expect(try await engine.outcome(of: job).state == .succeeded)
                #expect(try await fixture.column("SELECT version_num FROM alembic_version") == rows.map(\.rawValue))
                #expect(try await engine.outcome(of: try await engine.upgrade(to: "r1")).state == .succeeded)
            }
            // The newest servers count what is NOT NULL among the constraints as well.
            let keys = try await fixture.column(
                """
                SELECT conname::text FROM pg_constraint
                WHERE conrelid = 'alembic_version'::regclass AND contype <> 'n'
                """)
            #expect(keys == ["alembic_version_pkc"])
        }
    }

    @Test func relativeTargetsAndFaultyDirectoriesAreRefused() async throws {
        try await EngineFixture.with(Self.chain) { fixture in
            let engine = fixture.engine
            try await engine.connectedOrTold()
            for target in ["+1", "nowhere", "a:b"] {
                await #expect(throws: Failure.self) { try await engine.stamp(target) }
            }
            try fixture.write(Sample("r9", after: "nowhere", up: "SELECT 1;"))
            let failure = await #expect(throws: Failure.self) { try await engine.stamp("r1") }
            #expect(failure?.code == .revisionsInvalid)
        }
    }

    @Test func aStampDownPausesAutomaticUpgrades() async throws {
        try await EngineFixture.with(Self.chain) { fixture in
            let engine = fixture.engine
            try await engine.connectedOrTold()
            #expect(try await engine.outcome(of: try await engine.stamp("r2")).state == .succeeded)
            #expect(try await engine.standing().pausedBecause == nil)
            #expect(try await engine.outcome(of: try await engine.stamp("r1")).state == .succeeded)
            #expect(try await engine.standing().pausedBecause == "stamp by ann")
        }
    }

    @Test func aRevisionThatWasStampedIsWhole() async throws {
        let samples = [
            Sample("a", up: "CREATE TABLE t (n int);", down: "DROP TABLE t;"),
            Sample(
                "b", after: "a", up: "INSERT INTO t VALUES (1);\nSELECT no_such();", down: "DELETE FROM t;",
                isTransactional: false),
        ]
        try await EngineFixture.with(samples) { fixture in
            let engine = fixture.engine
            try await engine.connectedOrTold()
            #expect(try await engine.outcome(of: try await engine.upgrade()).state == .failed)
            #expect(try await fixture.value("SELECT count(*) FROM migrated.standalone_statement", as: Int64.self) == 1)
            #expect(try await engine.outcome(of: try await engine.stamp("b")).state == .succeeded)
            #expect(try await fixture.value("SELECT count(*) FROM migrated.standalone_statement", as: Int64.self) == 0)
        }
    }

    @Test func aLockedVersionTableIsNotWaitedForWithoutLimit() async throws {
        try await EngineFixture.with(Self.chain) { fixture in
            let engine = fixture.engine
            try await engine.connectedOrTold()
            #expect(try await engine.outcome(of: try await engine.stamp("r1")).state == .succeeded)
            let holder = try await fixture.database.connect(applicationName: "a tinkerer")
            try await holder.script("BEGIN; SELECT * FROM alembic_version FOR UPDATE")
            let job = try await engine.outcome(of: try await engine.stamp("r2"))
            #expect(job.failure?.code == .tableLockTimeout)
            try await holder.script("ROLLBACK")
            await holder.close()
            #expect(try await engine.currentRows() == ["r1"])
            #expect(try await engine.outcome(of: try await engine.stamp("r2")).state == .succeeded)
        }
    }

    @Test func aRegistryOfTheFirstVersionIsBroughtUpToDate() async throws {
        let prepared = Setting.prepared { database in
            let session = try await database.connectAsSuperuser()
            for statement in RegistrySchema.versions[0] { try await session.execute(statement) }
            let identity = try await ServerIdentity.read(on: session)
            try await session.query(
                """
                INSERT INTO migrated.registry (version, database_name, system_identifier, database_oid)
                VALUES (1, 'main', \(identity.systemIdentifier), \(identity.databaseOID)::bigint)
                """)
            await session.close()
        }
        try await EngineFixture.with(Self.chain, prepared) { fixture in
            let engine = fixture.engine
            try await engine.connectedOrTold()
            #expect(try await engine.outcome(of: try await engine.stamp("r1")).state == .succeeded)
            #expect(
                try await fixture.value("SELECT version FROM migrated.registry", as: Int.self) == RegistrySchema.version
            )
        }
    }
}

extension DatabaseEngine {
    /// Queues a stamp, once the database is there.
    @discardableResult
    fileprivate func stamp(_ targets: String..., purge: Bool = false) async throws -> Job {
        try await connectedOrTold()
        return try await enqueueStamp(
            to: targets, purge: purge, requestID: RequestID.random(), person: EngineFixture.ann)
    }
}
