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

    /// A revision that drops a column with a value in it.
    private static let drop = TestRevision.chain(2).map { revision in
        var changed = revision
        if revision.id == "002" { changed.upgrade = ["ALTER TABLE kept DROP COLUMN phone;"] }
        return changed
    }

    @Test func aFindingThatAsksIsShownApprovedAndGoesOn() async throws {
        var options = Self.options
        options.rehearsal.append("ask = [\"drops-data\"]")
        try await withDaemon(options, start: false) { harness, database in
            try await database.makeEffects()
            try await database.run("CREATE TABLE kept (id int, phone text)")
            try await database.run("INSERT INTO kept VALUES (1, '555')")
            let revisions = Self.drop
            try harness.write(revisions)
            try await harness.start()
            let parked = try await harness.control("upgrade", "head")
            #expect(parked.status == 16, "\(parked)")
            #expect(parked.errors.contains("1 finding of its rehearsal not approved"), "\(parked.errors)")
            #expect(parked.errors.contains("approve --job main-1"), "\(parked.errors)")
            let approved = try await harness.control("approve", "--job", "main-1", "--yes")
            #expect(approved.status == 0, "\(approved)")
            #expect(approved.output.contains("STRONGEST LOCK"), "the report is shown before the question")
            #expect(
                approved.output.contains(
                    "drops column \"phone\" of \"public.kept\" with 1 value (asks for approval)"))
            #expect(approved.output.contains("approved: 1 finding of the rehearsal of main-1"))
            let listed = try await harness.control("approvals")
            #expect(listed.output.contains("rehearsal of main-1"), "\(listed)")
            #expect(try await harness.control("watch", "main-1").status == 0)
        }
    }

    @Test func aRehearsalWithoutAWayBackAndOneThatCannotBeHad() async throws {
        try await withDaemon(Self.options, start: false) { harness, database in
            try await database.makeEffects()
            try harness.write(TestRevision.chain(1))
            try await harness.start()
            let rehearsed = try await harness.control("rehearse", "head", "--no-way-back")
            #expect(rehearsed.status == 0 && !rehearsed.output.contains("taken back"), "\(rehearsed)")
        }
        var options = Self.options
        options.rehearsal.append("max_size = \"1KiB\"")
        try await withDaemon(options, start: false) { harness, database in
            try await database.makeEffects()
            try harness.write(TestRevision.chain(1))
            try await harness.start()
            let rehearsed = try await harness.control("rehearse", "head")
            #expect(rehearsed.status == 43, "\(rehearsed)")
            #expect(rehearsed.errors.contains("max_size"), "\(rehearsed.errors)")
        }
    }

    @Test func whatTheTextLetsOneGuessIsToldWhenAFileArrives() async throws {
        try await withDaemon(start: false) { harness, database in
            try await database.makeEffects()
            try harness.write(TestRevision.chain(1))
            try await harness.start()
            #expect(try await !harness.control("status").output.contains("guess"))
            try harness.write(Self.drop)
            try await harness.daemon.wait(toWrite: "guess: drops column \"phone\" of \"kept\" [drops-data]")
            let status = try await harness.control("status")
            #expect(status.output.contains("drops column \"phone\" of \"kept\" [drops-data]"), "\(status)")
        }
    }
}
