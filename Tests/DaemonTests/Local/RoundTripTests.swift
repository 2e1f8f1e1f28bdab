import Glibc
import Planning
import PostgresClient
import TestSupport
import Testing

/// `migratectl test`: all revisions up, down and up again, in a database that is thrown away.
@Suite struct RoundTripTests {
    private static let chain = [
        revision("001", nil, "CREATE TABLE a (id int);", "DROP TABLE a;"),
        revision("002", "001", "ALTER TABLE a ADD COLUMN b text;", "ALTER TABLE a DROP COLUMN b;"),
    ]

    private static func revision(_ id: String, _ parent: String?, _ up: String, _ down: String?) -> String {
        let head = "-- revision: \(id)\n-- down_revision: \(parent ?? "none")\n\n-- migrated: upgrade\n\(up)\n"
        return head + (down.map { "\n-- migrated: downgrade\n\($0)\n" } ?? "")
    }

    private static func write(_ revisions: [String], _ call: LocalCalls) throws {
        for (index, text) in revisions.enumerated() {
            try TestFiles.write("\(call.harness.migrations)/\(index).sql", text)
        }
    }

    @Test("good revisions are good", arguments: [false, true])
    func good(besideServer: Bool) async throws {
        try await LocalCalls.with([]) { call in
            try Self.write(Self.chain, call)
            let beside = besideServer ? ["--server", call.environment["DATABASE_URL"] ?? ""] : []
            let outcome = try await call.start(["test"] + beside, environment: ["DATABASE_URL": ""]).wait()
            #expect(outcome.status == 0, "\(outcome)")
            #expect(outcome.output.contains("good: 2 revisions, up, down and up again"), "\(outcome)")
            try await Self.expectNoDatabase(call)
        }
    }

    @Test func whatADowngradeLeavesBehindIsShown() async throws {
        try await LocalCalls.with([]) { call in
            let forgetful = Self.revision(
                "003", "002", "CREATE TYPE mood AS ENUM ('good');\nCREATE TABLE c (id int);", "DROP TABLE c;")
            try Self.write(Self.chain + [forgetful], call)
            let outcome = try await call("test")
            #expect(outcome.status == Failure.Code.problemsFound.exitStatus, "\(outcome)")
            #expect(outcome.errors.contains("+ CREATE TYPE public.mood AS ENUM ("), "\(outcome)")
            #expect(outcome.errors.contains("\"mood\" already exists"), "\(outcome)")
        }
    }

    @Test func aSecondWayUpThatLeadsElsewhereIsShown() async throws {
        try await LocalCalls.with([]) { call in
            // The table stays, and keeps its column out of the second making of it.
            let stubborn = Self.revision(
                "003", "002", "CREATE TABLE IF NOT EXISTS c (id int);", "ALTER TABLE c RENAME COLUMN id TO old;")
            try Self.write(Self.chain + [stubborn], call)
            let outcome = try await call("test", "--json")
            #expect(outcome.status == Failure.Code.problemsFound.exitStatus, "\(outcome)")
            #expect(outcome.output.contains("leads elsewhere than the first"), "\(outcome)")
        }
    }

    @Test func whatCannotBeTakenBackIsSaidAndTheRestIsTested() async throws {
        try await LocalCalls.with([]) { call in
            let final = Self.revision("003", "002", "CREATE TABLE c (id int);", nil)
            let later = Self.revision("004", "003", "CREATE TABLE d (id int);", "DROP TABLE d;")
            try Self.write(Self.chain + [final, later], call)
            let outcome = try await call("test")
            #expect(outcome.status == 0, "\(outcome)")
            #expect(outcome.output.contains("without a downgrade: 003"), "\(outcome)")
            #expect(outcome.output.contains("4 revisions, of which 1 can be taken back"), "\(outcome)")
        }
    }

    @Test func whatPostgreSQLRefusesIsTheOutcome() async throws {
        try await LocalCalls.with([]) { call in
            try Self.write(Self.chain + [Self.revision("003", "002", "DROP TABLE missing;", nil)], call)
            let outcome = try await call("test")
            #expect(outcome.status == Failure.Code.statementFailed.exitStatus, "\(outcome)")
            #expect(outcome.errors.contains("2.sql:5:1"), "\(outcome)")
        }
    }

    @Test("nothing runs on after", arguments: [SIGINT, SIGKILL], [false, true])
    func interruption(_ signal: Int32, besideServer: Bool) async throws {
        try await LocalCalls.with([]) { call in
            let mark = "\(call.harness.directory)/mark"
            let slow = Self.revision(
                "003", "002", "COPY (SELECT 1) TO PROGRAM 'touch \(mark)';\nSELECT pg_sleep(600);", nil)
            chmod(call.harness.directory, 0o777)
            try Self.write(Self.chain + [slow], call)
            let beside = besideServer ? ["--server", call.environment["DATABASE_URL"] ?? ""] : []
            let test = try await call.start(["test"] + beside)
            try await within(.seconds(60), "the slow statement\n\(test.errors)") {
                while access(mark, F_OK) != 0, test.isRunning { try await Task.sleep(for: .milliseconds(20)) }
            }
            test.signal(signal)
            _ = try await test.wait()
            try await call.expectNothingLeft()
            try await Self.expectNoDatabase(call)
        }
    }

    private static func expectNoDatabase(_ call: LocalCalls) async throws {
        try await call.database.awaitRow(
            "SELECT WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname LIKE 'migrated_test_%')")
    }
}
