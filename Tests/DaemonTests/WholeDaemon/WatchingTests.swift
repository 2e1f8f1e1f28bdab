import Control
import Glibc
import Planning
import PostgresClient
import Revisions
import TestSupport
import Testing

/// The directory of revisions, as it changes under the daemon.
@Suite struct WatchingTests {
    @Test func filesComeChangeAndGo() async throws {
        try await withChain(1) { harness, _ in
            try await harness.awaitStatus("one revision") { $0.revisionCount == 1 }
            let second = TestRevision("002", after: "001")
            try second.write(to: harness.migrations)
            try await harness.awaitStatus("a new file") { $0.heads.map(\.rawValue) == ["002"] }
            let client = harness.client()
            let before = try await client.call(GetRevision.self, .init(revision: "002")).upgradeDigest
            try TestRevision("002", after: "001", upgrade: ["SELECT 1;"]).write(to: harness.migrations)
            try await within(.seconds(60), "a changed file") {
                while try await client.call(GetRevision.self, .init(revision: "002")).upgradeDigest == before {
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
            let renamed = harness.migrations + "/renamed.sql"
            #expect(rename(harness.migrations + "/002.sql", renamed) == 0)
            try await within(.seconds(60), "a renamed file") {
                while try await client.call(GetRevision.self, .init(revision: "002")).revision.path != renamed {
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
            unlink(renamed)
            try await harness.awaitStatus("a removed file") { $0.heads.map(\.rawValue) == ["001"] }
            client.close()
        }
    }

    @Test func theDirectoryGoesAndComesAgain() async throws {
        try await withChain(2) { harness, _ in
            try await harness.awaitStatus("two revisions") { $0.revisionCount == 2 }
            let away = harness.directory + "/away"
            #expect(rename(harness.migrations, away) == 0)
            let lost = try await harness.awaitStatus("no directory") { !$0.problems.isEmpty }
            #expect(lost.revisionCount == 2, "the last good graph stays in force")
            let refused = try await harness.control("upgrade", "head")
            #expect(refused.status == Failure.Code.revisionsInvalid.exitStatus, "\(refused)")

            try TestFiles.makeDirectory(harness.migrations)
            try harness.write(TestRevision.chain(3))
            try await harness.awaitStatus("a new directory") { $0.problems.isEmpty && $0.revisionCount == 3 }
            try TestRevision("004", after: "003").write(to: harness.migrations)
            try await harness.awaitStatus("a file in it") { $0.revisionCount == 4 }
        }
    }

    @Test func aDeploySwapsALink() async throws {
        try await withDaemon(start: false) { harness, _ in
            for (release, count) in [("one", 1), ("two", 3)] {
                let path = harness.directory + "/\(release)"
                try TestFiles.makeDirectory(path)
                for revision in TestRevision.chain(count) { try revision.write(to: path) }
            }
            rmdir(harness.migrations)
            #expect(symlink("one", harness.migrations) == 0)
            try await harness.start()
            try await harness.awaitStatus("the first release") { $0.revisionCount == 1 }
            #expect(symlink("two", harness.migrations + ".new") == 0)
            #expect(rename(harness.migrations + ".new", harness.migrations) == 0)
            try await harness.awaitStatus("the second release") { $0.revisionCount == 3 }
            try TestRevision("004", after: "003").write(to: harness.directory + "/two")
            try await harness.awaitStatus("a file in the second release") { $0.revisionCount == 4 }
        }
    }

    /// Every kind of broken file, and where its problem is to be seen.
    private static let broken: [(name: String, text: String, place: String)] = [
        ("a_no_header.sql", "SELECT 1;\n", ":1:1"),
        ("b_no_id.sql", "-- down_revision: none\n\n-- migrated: upgrade\nSELECT 1;\n", ":"),
        (
            "c_unknown_key.sql",
            "-- revision: c1\n-- down_revision: 001\n-- colour: red\n\n-- migrated: upgrade\nSELECT 1;\n", ":3:"
        ),
        ("d_no_section.sql", "-- revision: d1\n-- down_revision: 001\n\n", ":"),
        ("e_open_quote.sql", "-- revision: e1\n-- down_revision: 001\n\n-- migrated: upgrade\nSELECT 'open;\n", ":5:8"),
        (
            "f_commit.sql", "-- revision: f1\n-- down_revision: 001\n\n-- migrated: upgrade\nSELECT 1;\nCOMMIT;\n",
            ":6:1"
        ),
        (
            "g_concurrently.sql",
            "-- revision: g1\n-- down_revision: 001\n\n-- migrated: upgrade\nCREATE INDEX CONCURRENTLY ON effect (number);\n",
            ":5:1"
        ),
        ("h_no_parent.sql", "-- revision: h1\n-- down_revision: gone\n\n-- migrated: upgrade\nSELECT 1;\n", ":2:"),
        ("i_twice.sql", "-- revision: 001\n-- down_revision: none\n\n-- migrated: upgrade\nSELECT 1;\n", ":1:"),
        ("j_meta.sql", "-- revision: j1\n-- down_revision: 001\n\n-- migrated: upgrade\n\\d effect\n", ":5:1"),
        ("k_cycle.sql", "-- revision: k1\n-- down_revision: k1\n\n-- migrated: upgrade\nSELECT 1;\n", ":2:"),
        ("l_bad_id.sql", "-- revision: l@1\n-- down_revision: 001\n\n-- migrated: upgrade\nSELECT 1;\n", ":1:"),
    ]

    @Test func everyKindOfBrokenFileIsToldWithItsPlace() async throws {
        try await withChain(1) { harness, database in
            try await harness.awaitStatus("one revision") { $0.revisionCount == 1 }
            for file in Self.broken { try TestFiles.write("\(harness.migrations)/\(file.name)", file.text) }
            let status = try await harness.awaitStatus("all problems") { status in
                Self.broken.allSatisfy { file in
                    status.problems.contains { "\($0.location?.description ?? "") \($0.message)".contains(file.name) }
                }
            }
            #expect(status.revisionCount == 1)
            let shown = try await harness.control("status", "--json")
            #expect(shown.status == 0)
            let places = status.problems.map { $0.location?.description ?? "" }
            for file in Self.broken {
                #expect(places.contains { $0.contains("\(file.name)\(file.place)") }, "\(file.name) in \(places)")
                #expect(shown.output.contains(file.name))
            }
            let people = try await harness.control("status")
            #expect(people.output.contains("e_open_quote.sql:5:8"), "\(people)")
            #expect(try await harness.control("history").status == 0)
            #expect(try await harness.control("upgrade", "head").status == Failure.Code.revisionsInvalid.exitStatus)
            #expect(try harness.daemon.errors.contains("f_commit.sql:6:1"))

            for file in Self.broken { unlink("\(harness.migrations)/\(file.name)") }
            try await harness.awaitStatus("no problem") { $0.problems.isEmpty }
            #expect(try await harness.control("upgrade", "head").status == 0)
            try await Aftermath.of(database).expect(["upgrade 001"], at: ["001"])
        }
    }

    @Test func aNewApprovedHeadIsQueuedByItself() async throws {
        var options = DaemonHarness.Options()
        options.database = ["auto_upgrade = true", "approvals = 1"]
        try await withChain(1, options) { harness, database in
            try await harness.awaitStatus("what lacks an approval") { $0.unapprovedCount == 1 }
            #expect(try await harness.control("jobs", "--json").output.contains("\"jobs\":[]"))
            #expect(try await harness.control("approve", "head", "--yes").status == 0)
            try await harness.awaitStatus("the head") { $0.current.map(\.rawValue) == ["001"] && $0.runningJob == nil }
            // A downgrade pauses it; a person lets it go on.
            #expect(try await harness.control("downgrade", "base", "--approve", "--yes").status == 0)
            let paused = try await harness.awaitStatus("the pause") { $0.pausedBecause != nil }
            #expect(paused.current.isEmpty)
            #expect(try await harness.control("resume").status == 0)
            try await harness.awaitStatus("the head again") {
                $0.current.map(\.rawValue) == ["001"] && $0.runningJob == nil
            }
            try await Aftermath.of(database).expect(["upgrade 001", "downgrade 001", "upgrade 001"], at: ["001"])
        }
    }
}
