import FoundationEssentials
import TestSupport
import Testing

/// Figures for programs that watch: OpenMetrics text, on the socket and in a file.
@Suite struct MetricsTests {
    @Test("they tell of revisions, jobs, backups and the daemon, in a form that can be read by machines")
    func figures() async throws {
        try await withDaemon(.withDump, start: false) { harness, database in
            try await database.makeEffects()
            var chain = TestRevision.chain(3)
            chain[2].upgrade = ["SELECT 1 / 0;"]
            try harness.write(chain)
            try await harness.start(environment: ["WATCHDOG_USEC": "60000000"])
            #expect(try await harness.control("upgrade", "002").status == 0)
            #expect(try await harness.control("upgrade", "003").status != 0)
            let metrics = try Metrics(try await harness.control("metrics").output)
            #expect(metrics["migrated_database_up{database=\"main\"}"] == 1)
            #expect(metrics["migrated_revisions{database=\"main\"}"] == 3)
            #expect(metrics["migrated_revisions_pending{database=\"main\"}"] == 1)
            let upgrades = "database=\"main\",kind=\"upgrade\""
            #expect(metrics["migrated_jobs{\(upgrades),state=\"succeeded\"}"] == 1)
            #expect(metrics["migrated_jobs{\(upgrades),state=\"failed\"}"] == 1)
            #expect(metrics["migrated_job_duration_seconds_count{\(upgrades),state=\"succeeded\"}"] == 1)
            #expect(metrics["migrated_job_duration_seconds_sum{\(upgrades),state=\"succeeded\"}"] ?? 0 > 0)
            #expect(metrics["migrated_backups{database=\"main\"}"] == 2)
            #expect(metrics["migrated_last_backup_size_bytes{database=\"main\"}"] ?? 0 > 0)
            let now = Date().timeIntervalSince1970
            let taken = try #require(metrics["migrated_last_backup_timestamp_seconds{database=\"main\"}"])
            #expect(abs(now - taken) < 100)
            #expect(metrics["migrated_waits_total{database=\"main\",event=\"step-retried\"}"] == 0)
            #expect(metrics["migrated_watchdog_margin_seconds"] ?? 0 > 30)
            #expect(metrics["migrated_jobs{database=\"main\",kind=\"downgrade\",state=\"failed\"}"] == 0)
            let restored = "migrated_last_verified_restore_timestamp_seconds{database=\"main\"}"
            #expect(metrics[restored] == nil)
            let backup = try #require(TestFiles.names(in: harness.backups + "/main").first { $0.hasPrefix("main-") })
            let verified = try await harness.control("verify", backup)
            #expect(verified.status == 0, "\(verified)")
            let then = try #require(try Metrics(try await harness.control("metrics").output)[restored])
            #expect(abs(now - then) < 100)
        }
    }

    @Test("a file for node_exporter appears whole, for everybody to read")
    func file() async throws {
        try await withDaemon { harness, _ in
            let path = harness.directory + "/migrated.prom"
            #expect(try await harness.control("metrics", "--output", path).status == 0)
            let text = try String(contentsOf: URL(filePath: path), encoding: .utf8)
            #expect(try Metrics(text)["migrated_database_up{database=\"main\"}"] == 1)
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o644)
        }
    }
}

/// A strict reader of the OpenMetrics text format, as far as it is used: every sample belongs to the family above it.
private struct Metrics {
    private var samples: [String: Double] = [:]

    subscript(name: String) -> Double? { samples[name] }

    struct Malformed: Error { var line: String }

    init(_ text: String) throws {
        guard text.hasSuffix("# EOF\n") else { throw Malformed(line: "no end") }
        var family = ""
        var seen: Set<String> = []
        for line in text.split(separator: "\n").dropLast() {
            let words = line.split(separator: " ", maxSplits: 3)
            if words[0] == "#" {
                if words[1] == "TYPE" {
                    family = String(words[2])
                    guard seen.insert(family).inserted else { throw Malformed(line: String(line)) }
                }
                guard words[2] == family, words.count == 4 else { throw Malformed(line: String(line)) }
                continue
            }
            guard let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...]),
                line.hasPrefix(family), samples.updateValue(value, forKey: String(line[..<space])) == nil
            else { throw Malformed(line: String(line)) }
        }
    }
}
