import Control
import Glibc
import Planning
import PostgresClient
import TestSupport
import Testing

/// One daemon and several databases, some of which cannot be reached.
@Suite struct SeveralDatabasesTests {
    @Test func oneThatCannotBeReachedHurtsNoOther() async throws {
        try await withHarness { harness in
            let good = try await TestCluster.shared.makeDatabase()
            let nowhere = harness.directory + "/nowhere"
            try harness.configure(urls: [
                "good": DaemonHarness.url(good.parameters),
                "lost": "postgresql://postgres:s3cret@/lost?host=\(nowhere)",
            ])
            try await good.makeEffects()
            try harness.write(TestRevision.chain(2))
            try await harness.start()

            // Each pause is drawn from a window twice as long as the one before, of which the first ends with a second. On a
            // slow machine an attempt or two may be over before they are seen.
            var longest: Int64 = 0
            var seen: Timestamp?
            while longest < 2_500_000 {
                let last = seen
                let status = try await harness.awaitStatus("another attempt", of: "lost") {
                    $0.connection == .unavailable && $0.nextAttemptAt != nil && $0.nextAttemptAt != last
                }
                let next = try #require(status.nextAttemptAt)
                if let last { longest = max(longest, next.microseconds - last.microseconds) }
                seen = next
                #expect(status.failure?.code == .databaseUnavailable)
            }

            let job = try await harness.queue(database: "good")
            #expect(job.id.description == "good-1")
            #expect(try await harness.follow(job).state == .succeeded)
            try await Aftermath.of(good).expect(["upgrade 001", "upgrade 002"], at: ["002"])

            for verb in [["status"], ["jobs"], ["log"], ["backups"], ["current"]] {
                let answer = try await harness.startControl(verb).wait()
                #expect(answer.status == 0, "\(verb): \(answer)")
                #expect(!answer.output.contains("s3cret"))
            }
            #expect(try await harness.control("status").output.contains("lost"))
            let lost = try await harness.control("-d", "lost", "upgrade", "head")
            #expect(lost.status == Failure.Code.databaseUnavailable.exitStatus, "\(lost)")
            try await harness.end()
            try await good.drop()
        }
    }

    @Test func theDatabaseIsChosenByName() async throws {
        try await withHarness { harness in
            let databases = [try await TestCluster.shared.makeDatabase(), try await TestCluster.shared.makeDatabase()]
            try harness.configure(["one": databases[0], "two": databases[1]])
            for database in databases { try await database.makeEffects() }
            try harness.write(TestRevision.chain(1))
            try await harness.start()
            for verb in [["upgrade", "head"], ["history"], ["plan", "head"], ["backup"], ["pause", "--reason", "x"]] {
                let answer = try await harness.startControl(verb).wait()
                #expect(answer.status == Failure.Code.noSuchDatabase.exitStatus, "\(verb): \(answer)")
                #expect(answer.errors.contains("one, two"), "\(verb): \(answer)")
            }
            let unknown = try await harness.control("-d", "three", "upgrade", "head")
            #expect(unknown.status == Failure.Code.noSuchDatabase.exitStatus)
            #expect(unknown.errors.contains("one, two"), "\(unknown)")

            let upgrade = try await harness.control("-d", "two", "upgrade", "head")
            #expect(upgrade.status == 0, "\(upgrade)")
            try await Aftermath.of(databases[1]).expect(["upgrade 001"], at: ["001"])
            #expect(try await harness.status("one").current.isEmpty)
            try await harness.end()
            for database in databases { try await database.drop() }
        }
    }
}
