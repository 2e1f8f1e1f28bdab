import Control
import Glibc
import Planning
import PostgresClient
import TestSupport
import Testing

/// A statement that runs outside of a transaction and is cut off in its middle, where somebody else holds it up.
struct CutOff: Sendable, CustomTestStringConvertible {
    /// Whose end cuts it off.
    enum Victim: CaseIterable, Sendable {
        case backend, daemon, both
        /// The backend's, and that of the next one, which looks at what was left.
        case backendTwice
    }

    /// What the revision before it does: the table `t_001` has a thousand rows by then.
    var setUp: [String] = []
    var statement: String
    /// What another session does, and takes back afterwards. Concurrent work waits for whoever has written to the table.
    var obstacle = "BEGIN; INSERT INTO t_001 VALUES (0)"
    /// Gives a row once the statement is in its middle.
    var middle = "SELECT FROM pg_index WHERE indexrelid = to_regclass('i') AND NOT indisvalid"

    var testDescription: String { statement }

    /// A statement that only waits for a lock, and has done nothing until it has it.
    static func waiting(_ statement: String, setUp: [String] = [], obstacle: String) -> CutOff {
        let verb = statement.split(separator: " ").prefix(2).joined(separator: " ")
        return CutOff(
            setUp: setUp, statement: statement, obstacle: obstacle,
            middle: """
                SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'migrated worker'
                    AND wait_event_type = 'Lock' AND query LIKE '\(verb)%'
                """)
    }

    /// Cuts the statement off, and gives the job that it belonged to.
    func perform(
        _ victim: Victim, _ check: @escaping @Sendable (DaemonHarness, TestDatabase, Job) async throws -> Void
    ) async throws {
        try await withDaemon(start: false) { harness, database in
            try await database.makeEffects()
            var chain = TestRevision.chain(2) { $0 == 1 }
            chain[0].upgrade = ["INSERT INTO t_001 SELECT generate_series(1, 1000);"] + setUp
            chain[1].upgrade = [statement]
            try harness.write(chain)
            try await harness.start()
            #expect(try await harness.follow(try await harness.queue(to: "001")).state == .succeeded)
            let other = try await database.connectAsSuperuser()
            try await other.script(obstacle)
            let job = try await harness.queue()
            try await database.awaitRow(Query(raw: middle))
            let moment: String = try await other.query("SELECT clock_timestamp()::text AS at").scalar()
            if victim != .daemon { try await database.endWorker() }
            if victim == .backendTwice {
                try await database.awaitRow(
                    """
                    SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
                        AND application_name = 'migrated worker' AND backend_start > \(moment)::timestamptz
                    """)
                try await database.endWorker()
            }
            if victim == .daemon || victim == .both {
                try await harness.end(SIGKILL)
                try await harness.start()
            }
            try await other.script("ROLLBACK")
            await other.close()
            try await check(harness, database, job)
        }
    }
}

extension TestDatabase {
    /// Ends the worker's session, as an administrator may at any time.
    func endWorker() async throws {
        try await run(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = 'migrated worker'
            """)
    }
}
