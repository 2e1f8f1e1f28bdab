import PostgresClient
import TestSupport
import Testing

/// Somebody changes the database behind the daemon's back: every place that tells of it says what differs, object by object.
@Suite(.timeLimit(.minutes(15))) struct DriftTests {
    private static let byHand = "CREATE TABLE by_hand (n int); ALTER TABLE effect ADD COLUMN extra text"
    private static let objects = ["create table public.by_hand", "create column public.effect.extra"]

    private func withDrift(
        policy: String, _ body: @Sendable (DaemonHarness, TestDatabase) async throws -> Void
    ) async throws {
        var options = DaemonHarness.Options()
        options.database += ["drift = { policy = \"\(policy)\" }"]
        try await withDaemon(options, start: false) { harness, database in
            try await database.makeEffects()
            try harness.write(TestRevision.chain(2))
            try await harness.start()
            #expect(try await harness.control("upgrade", "001").status == 0)
            #expect(try await harness.control("drift").status == 0)
            try await Self.execute(Self.byHand, on: database)
            try await body(harness, database)
        }
    }

    private static func execute(_ sql: String, on database: TestDatabase) async throws {
        let session = try await database.connectAsSuperuser()
        try await session.script(sql)
        await session.close()
    }

    @Test("journal, status, metrics and the verb name each object; what adopts it makes it official")
    func told() async throws {
        try await withDrift(policy: "tell") { harness, database in
            let drift = try await harness.control("drift")
            #expect(drift.status == 2)
            #expect(drift.output.hasPrefix("+ table public.by_hand\n"), "\(drift)")
            #expect(drift.output.contains("\n+ column public.effect.extra\n"), "\(drift)")
            let status = try await harness.control("status").output
            let metrics = try await harness.control("metrics").output
            let journal = try harness.daemon.errors
            for object in Self.objects {
                #expect(journal.contains("drift: \(object)"), "\(journal.suffix(2000))")
                #expect(status.contains("drift: \(object)"), "\(status)")
                let words = object.split(separator: " ")
                let sample = "change=\"\(words[0])\",kind=\"\(words[1])\",object=\"\(words[2])\"} 1"
                #expect(metrics.contains(sample), "\(metrics)")
            }
            #expect(metrics.contains("migrated_drifted_objects{database=\"main\"} 4"))

            // The revision that makes it official, stamped: nothing differs, and it can be taken back and done again.
            #expect(try await harness.control("upgrade").status == 0)
            #expect(try await harness.control("drift").status == 2)
            let adopted = try await harness.control("drift", "--adopt", "--rev-id", "003", "-m", "by hand")
            #expect(adopted.status == 0, "\(adopted)")
            #expect(try await harness.control("stamp", "003").status == 0)
            let after = try await harness.control("drift")
            #expect(after.status == 0, "\(after)")
            #expect(
                try await harness.control("metrics").output.contains("migrated_drifted_objects{database=\"main\"} 0"))
            #expect(try await harness.control("downgrade", "002").status == 0)
            try await database.awaitRow("SELECT WHERE to_regclass('by_hand') IS NULL")
            #expect(try await harness.control("upgrade", "003").status == 0)
            #expect(try await harness.control("drift").status == 0)
        }
    }

    @Test("an upgrade is refused, and begins when the drift is taken back")
    func refused() async throws {
        try await withDrift(policy: "refuse") { harness, database in
            let upgrade = try await harness.control("upgrade")
            #expect(upgrade.status != 0)
            for object in Self.objects { #expect(upgrade.errors.contains(object), "\(upgrade)") }
            let undo = try await harness.control("drift", "--undo")
            try await Self.execute(undo.output, on: database)
            #expect(try await harness.control("upgrade").status == 0)
            #expect(try await harness.control("drift").status == 0)
        }
    }

    @Test("an upgrade is parked until somebody accepts the drift")
    func parked() async throws {
        try await withDrift(policy: "ask") { harness, database in
            let upgrade = try await harness.control("upgrade")
            #expect(upgrade.status == 16, "\(upgrade)")
            #expect(try await harness.control("drift", "--accept", "--yes").status == 0)
            let waited = try await harness.control("wait", "--for", "head", "--timeout", "60s")
            #expect(waited.status == 0, "\(waited)")
            #expect(try await harness.control("drift").status == 0)
        }
    }
}
