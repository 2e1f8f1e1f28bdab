import Control
import Glibc
import Planning
import PostgresClient
import TestSupport
import Testing

/// A password is nowhere to be seen.
@Suite struct SecretsTests {
    private static let words = ["pw-s3cr", "pw-s3cr@t", "pw-s3cr%40t"]

    @Test func aPasswordIsShownNowhere() async throws {
        try await withDaemon(start: false) { harness, database in
            try await database.makeEffects()
            try harness.write(TestRevision.chain(2))
            let plain = DaemonHarness.url(database.parameters)
            let url = plain.replacing("postgres@", with: "postgres:pw-s3cr%40t@")
            var options = DaemonHarness.Options.withDump
            options.daemon = ["log_level = \"trace\""]
            options.backup += ["tools = \"\(harness.directory)/tools\""]
            try harness.configure(urls: ["main": url], options)
            try makeSlowTools(harness, binaries: database.cluster.binaries)
            try await harness.start()

            let upgrade = try await harness.startControl(["upgrade", "head"])
            try await within(.seconds(60), "the slow pg_dump") {
                while access(harness.directory + "/dumping", F_OK) != 0 {
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
            let lines = Self.commandLines()
            #expect(lines.contains { $0.contains("pg_dump") }, "pg_dump runs while this is looked at")
            expectNone(in: lines.joined(separator: "\n"), "the process list")
            try TestFiles.write(harness.directory + "/go", "")
            let outcome = try await upgrade.wait()
            #expect(outcome.status == 0, "\(outcome)")

            let verbs = [
                ["status"], ["status", "--json"], ["doctor"], ["doctor", "--json"], ["log"], ["jobs", "--json"],
                ["job", "main-1", "--json"], ["backups", "--json"],
            ]
            for verb in verbs {
                let answer = try await harness.startControl(verb).wait()
                expectNone(in: answer.output + answer.errors, "\(verb)")
            }
            try await database.run("ALTER ROLE postgres CONNECTION LIMIT -1")
            try harness.configure(urls: ["main": url.replacing("/test_", with: "/no_test_")], options)
            expectNone(in: try await harness.control("reload").description, "reload")
            try await harness.awaitStatus("no connection") { $0.connection == .unavailable }
            expectNone(in: try await harness.control("status").description, "the status of a failure")
            let ended = try await harness.end()
            expectNone(in: ended.output + ended.errors, "the journal")
            for name in TestFiles.names(in: harness.backups + "/main") {
                let manifest = try TestFiles.read("\(harness.backups)/main/\(name)/manifest.json")
                expectNone(in: manifest, "the manifest")
            }
        }
    }

    /// pg_dump that waits for a sign before it dumps, and the real pg_restore.
    private func makeSlowTools(_ harness: DaemonHarness, binaries: String) throws {
        let tools = harness.directory + "/tools"
        try TestFiles.makeDirectory(tools)
        let script = """
            #!/bin/sh
            if [ "$1" != --version ]; then
                : > \(harness.directory)/dumping
                while [ ! -e \(harness.directory)/go ]; do sleep 0.05; done
            fi
            exec \(binaries)/pg_dump "$@"

            """
        try TestFiles.write(tools + "/pg_dump", script, mode: 0o755)
        for name in ["pg_restore"] { #expect(symlink("\(binaries)/\(name)", "\(tools)/\(name)") == 0) }
    }

    private func expectNone(in text: String, _ place: String, sourceLocation: SourceLocation = #_sourceLocation) {
        for word in Self.words {
            #expect(!text.contains(word), "\(word) in \(place): \(text)", sourceLocation: sourceLocation)
        }
    }

    private static func commandLines() -> [String] {
        TestFiles.names(in: "/proc").filter { $0.allSatisfy(\.isNumber) }.compactMap { number in
            (try? TestFiles.read("/proc/\(number)/cmdline"))?.replacing("\0", with: " ")
        }
    }
}
