import Digest
import Planning
import PostgresClient
import Revisions
import TestSupport
import Testing

@testable import Engine

/// Findings that ask for one more approval.
@Suite(.timeLimit(.minutes(15))) struct AskedFindingsTests {
    private static let drop = Sample(
        "r2", after: "r1", up: "ALTER TABLE people DROP COLUMN phone, DROP COLUMN email;")

    private static func asking(
        _ configure: @escaping @Sendable (inout DatabaseConfiguration) -> Void = { _ in }
    ) -> Setting {
        .rehearsing {
            $0.rehearsal.policy.asked = [.dropsData]
            configure(&$0)
        }
    }

    private static func approve(
        _ job: Job, by person: Person = EngineFixture.bob, in fixture: EngineFixture
    ) async throws {
        let asked = try #require(try await fixture.engine.job(job.id.number).missingFindings)
        try await fixture.engine.approveFindings([(job: job.id.number, digest: asked.digest)], by: person)
    }

    @Test func theJobParksWithoutTheLockAndGoesOnOnceSomebodyHasConsented() async throws {
        try await EngineFixture.rehearse(Self.drop, Self.asking()) { fixture, job, report async throws in
            #expect(job.state == .awaitingApproval && report.action == .ask)
            #expect(job.missingFindings?.items.map(\.object) == ["public.people.email", "public.people.phone"])
            #expect(job.missingApprovals == nil)
            // It holds nothing: whoever wants the lock has it, and the database is as it was.
            try await fixture.takeLock()
            try await fixture.releaseLock()
            #expect(try await fixture.value("SELECT count(phone) FROM people", as: Int.self) == 1000)
            try await Self.approve(job, in: fixture)
            let ended = try await fixture.engine.outcome(of: job)
            #expect(ended.state == .succeeded && ended.missingFindings == nil, "\(String(describing: ended.failure))")
            #expect(ended.backup == job.backup, "the backup was young enough")
            let states = try await fixture.engine.events(of: job.id.number, after: 0).map(\.state)
            #expect(states.count { $0 == .rehearsing } > 1, "it was rehearsed again")
            #expect(try await fixture.engine.findingsApprovals().map(\.person) == [EngineFixture.bob])
        }
    }

    @Test func anotherSetOfFindingsParksAgain() async throws {
        let setting = Self.asking { $0.backup.maximumAge = .zero }
        try await EngineFixture.with([.people], setting) { fixture in
            let engine = fixture.engine
            #expect(try await engine.outcome(of: try await engine.upgrade()).state == .succeeded)
            try await fixture.admin.execute("UPDATE people SET email = NULL")
            try fixture.write(Self.drop)
            let parked = try await engine.job(try await engine.upgrade(), reaches: .awaitingApproval)
            #expect(parked.missingFindings?.items.map(\.object) == ["public.people.phone"])
            // Other figures are the same finding; another column is another.
            try await fixture.admin.script(
                "UPDATE people SET phone = NULL WHERE id > 100; UPDATE people SET email = 'x'")
            try await Self.approve(parked, in: fixture)
            let again = try await engine.await {
                let now = try await engine.job(parked.id.number)
                return now.state == .awaitingApproval && now.missingFindings != parked.missingFindings ? now : nil
            }
            #expect(again.missingFindings?.items.map(\.object) == ["public.people.email", "public.people.phone"])
            #expect(again.backup != parked.backup, "the backup was too old")
            try await fixture.admin.execute("UPDATE people SET phone = NULL WHERE id > 10")
            try await Self.approve(again, in: fixture)
            #expect(try await engine.outcome(of: parked).state == .succeeded)
        }
    }

    @Test func onlyWhatWasShownCanBeConsentedToAndByWhoMay() async throws {
        let setting = Self.asking { $0.policy.requesterMayApprove = false }
        try await EngineFixture.rehearse(Self.drop, setting) { fixture, job, _ async throws in
            let engine = fixture.engine
            await #expect(throws: Failure.self) {
                try await engine.approveFindings(
                    [(job: job.id.number, digest: SHA256Digest.of("another report"))], by: EngineFixture.bob)
            }
            try await Self.approve(job, by: EngineFixture.ann, in: fixture)
            #expect(try await engine.findingsApprovals().count == 1)
            let asked = try #require(job.missingFindings)
            try await engine.revokeFindings([(job: job.id.number, digest: asked.digest)], by: EngineFixture.ann)
            #expect(try await engine.findingsApprovals() == [])
            #expect(try await engine.job(job.id.number).state == .awaitingApproval, "who asked for it does not count")
            try await Self.approve(job, in: fixture)
            #expect(try await engine.outcome(of: job).state == .succeeded)
        }
    }

    @Test func consentToARehearsalAheadCountsForTheUpgrade() async throws {
        try await EngineFixture.with([.people], Self.asking()) { fixture in
            let engine = fixture.engine
            #expect(try await engine.outcome(of: try await engine.upgrade()).state == .succeeded)
            try fixture.write(Self.drop)
            let rehearsed = try await engine.outcome(
                of: try await engine.enqueueRehearsal(
                    to: "head", takesWayBack: false, requestID: RequestID.random(), person: EngineFixture.ann))
            #expect(rehearsed.state == .succeeded, "it asks, and is over")
            let report = try #require(try await engine.rehearsal(of: rehearsed.id.number))
            let asked = try #require(AskedFindings(report))
            try await engine.approveFindings([(job: rehearsed.id.number, digest: asked.digest)], by: EngineFixture.bob)
            #expect(try await engine.outcome(of: try await engine.upgrade()).state == .succeeded)
        }
    }
}
