import Control
import Daemon
import Planning
import PostgresClient
import TestSupport
import Testing
import Varlink

/// Connection strings that nobody can connect with, and databases that nobody can connect to yet.
@Suite struct ConnectingTests {
    @Test(
        "a bad one is a problem of the settings, with its place",
        arguments: [
            ("postgresql://me:secret@db:99999/app", "the port is not a number from 1 to 65535"),
            ("host=db nonsense=1", "nonsense"),
            ("postgresql://me:s%zzcret@db/app", "%"),
        ])
    func check(_ url: String, _ reason: String) async throws {
        try await withHarness { harness in
            try harness.configure(urls: ["main": url])
            let outcome = try await harness.launch(arguments: ["--check"]).wait()
            #expect(outcome.status == Failure.Code.settingsInvalid.exitStatus, "\(outcome)")
            #expect(outcome.errors.contains("migrated.toml:6:"), "\(outcome)")
            #expect(outcome.errors.contains("database.main.url: ") && outcome.errors.contains(reason), "\(outcome)")
            #expect(!outcome.errors.contains("cret"), "\(outcome)")
        }
    }

    /// A session that ends in the middle of an answer is no fault of the program: whoever asks again is answered.
    @Test func aSessionThatIsLostWhileACallIsAnsweredIsCalledThat() {
        let lost = ConnectionError(kind: .lost, message: "lost the connection")
        let failure = Failure(VarlinkError(translating: lost))
        #expect(failure.code == .databaseUnavailable && failure.hint == "call again in a moment")
    }

    @Test func aCallThatNamesItDoesNotWaitForTheNextAttempt() async throws {
        try await TestCluster.shared.withDatabase { database in
            let hidden = database.name + "_hidden"
            @Sendable func rename(_ old: String, _ new: String) async throws {
                let admin = try await database.cluster.connect()
                try await admin.query("ALTER DATABASE \(identifier: old) RENAME TO \(identifier: new)")
                await admin.close()
            }
            try await rename(database.name, hidden)
            try await withHarness { harness in
                try harness.configure(["main": database])
                try await harness.start()
                // Each is an attempt of its own; the pauses between those that nobody asks for grow to half a minute and more.
                for _ in 0..<8 {
                    let outcome = try await harness.control("-d", "main", "current")
                    #expect(outcome.status == Failure.Code.databaseUnavailable.exitStatus, "\(outcome)")
                }
                try await rename(hidden, database.name)
                let outcome = try await harness.control("-d", "main", "status")
                #expect(outcome.output.contains("main  connected"), "\(outcome)")
            }
        }
    }
}
