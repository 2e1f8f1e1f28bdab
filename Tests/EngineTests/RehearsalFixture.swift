import Host
import Planning
import Testing

@testable import Engine

extension Setting {
    /// Backups and rehearsals as they are by default, with thresholds that a small table passes.
    static func rehearsing(
        _ configure: @escaping @Sendable (inout DatabaseConfiguration) -> Void = { _ in }
    ) -> Setting {
        .configured {
            $0.backup.policy = .dump
            $0.rehearsal.isOn = true
            $0.rehearsal.policy = RehearsalPolicy(lockMilliseconds: 60_000, rewriteBytes: 8192, scanRows: 1000)
            configure(&$0)
        }
    }
}

extension Sample {
    /// A table with people: two thousand of them, of whom some have the same address, and every other one a telephone.
    static let people = Sample(
        "r1",
        up: """
            CREATE TABLE people (id integer PRIMARY KEY, email text, phone text, age integer);
            INSERT INTO people SELECT n, 'p' || n % 900, CASE WHEN n % 2 = 0 THEN '555-' || n END, n % 90
                FROM generate_series(1, 2000) n;
            """, down: "DROP TABLE people;")
}

extension EngineFixture {
    /// Applies `people`, then the sample, and gives the job of the latter, as soon as nothing more becomes of it by itself,
    /// and what its rehearsal found.
    static func rehearse(
        _ sample: Sample, _ setting: Setting = .rehearsing(),
        _ body: @Sendable (EngineFixture, Job, RehearsalReport) async throws -> Void
    ) async throws {
        try await with([.people], setting) { fixture in
            let first = try await fixture.engine.outcome(of: try await fixture.engine.upgrade())
            #expect(first.state == .succeeded, "\(String(describing: first.failure))")
            try fixture.write(sample)
            let queued = try await fixture.engine.upgrade()
            let job = try await fixture.engine.await {
                let now = try await fixture.engine.job(queued.id.number)
                return now.state.isFinal || now.state == .awaitingApproval ? now : nil
            }
            let report = try #require(try await fixture.engine.rehearsal(of: job.id.number))
            try await body(fixture, job, report)
            #expect(fixture.copies == [], "nothing is left of a copy")
        }
    }

    /// What there is of copies at present.
    var copies: [String] { (try? DirectoryTree.entries(of: directory("rehearsals/main"))) ?? [] }
}
