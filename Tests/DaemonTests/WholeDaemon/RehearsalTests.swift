import Control
import Glibc
import Planning
import PostgresClient
import TestSupport
import Testing

/// Rehearsals by the real daemon.
@Suite struct RehearsalTests {
    /// A revision that takes its time for as long as the table "obstacle" had a row when the backup was taken.
    private static let slow = TestRevision.chain(1).map { revision in
        var slow = revision
        slow.upgrade = ["DO $$ BEGIN IF EXISTS (SELECT FROM obstacle) THEN PERFORM pg_sleep(600); END IF; END $$;"]
        return slow
    }

    private static var options: DaemonHarness.Options {
        var options = DaemonHarness.Options.withDump
        options.rehearsal = ["policy = \"on\""]
        return options
    }

    @Test func aDaemonThatIsKilledWhileRehearsingLeavesNoServerAndNoCopy() async throws {
        try await withDaemon(Self.options, start: false) { harness, database in
            try await database.makeEffects()
            try await database.run("CREATE TABLE obstacle (id int)")
            try await database.run("INSERT INTO obstacle VALUES (1)")
            try harness.write(Self.slow)
            try await harness.start()
            let job = try await harness.queue()
            try await database.awaitRow("SELECT FROM migrated.job_event WHERE message LIKE 'carrying out %'")
            let place = harness.state + "/rehearsals/main"
            let copy = try #require(TestFiles.names(in: place).first)
            let server = try #require(
                try TestFiles.read("\(place)/\(copy)/data/postmaster.pid").split(separator: "\n").first)
            try await harness.end(SIGKILL)
            try await within(.seconds(60), "the end of the copy's server") {
                // One that is dead may still wait for somebody to collect it.
                while let state = try? TestFiles.read("/proc/\(server)/stat"), !state.contains(") Z") {
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
            try await database.run("DELETE FROM obstacle")
            try await harness.start()
            #expect(try await harness.follow(job).state == .succeeded)
            #expect(TestFiles.names(in: place).isEmpty)
        }
    }

    @Test func theReportIsShownAsATableAndAsJSON() async throws {
        try await withDaemon(Self.options, start: false) { harness, database in
            try await database.makeEffects()
            try harness.write(TestRevision.chain(2))
            try await harness.start()
            let rehearsed = try await harness.control("rehearse", "head")
            #expect(rehearsed.status == 0, "\(rehearsed)")
            #expect(
                rehearsed.output.contains("STRONGEST LOCK") && rehearsed.output.contains("taken back and applied again")
            )
            let shown = try await harness.control("job", "main-1", "--json")
            #expect(shown.output.contains("\"outcome\":\"completed\"") && shown.output.contains("\"walBytes\""))
        }
    }
}
