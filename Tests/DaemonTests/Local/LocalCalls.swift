import Glibc
import PostgresClient
import TestSupport
import Testing

/// A project without a service: revisions, a database's URL, and calls of `migratectl --local` in between.
struct LocalCalls: Sendable {
    let harness: DaemonHarness
    let database: TestDatabase

    /// Where private directories are made: nothing may be left in it.
    var temporary: String { harness.directory + "/tmp" }

    /// Gives a body a project with these revisions, and sees to it that nothing is left of any call.
    static func with<R: Sendable>(
        _ revisions: [TestRevision], _ body: @Sendable (LocalCalls) async throws -> R
    ) async throws -> R {
        try await withDaemon(start: false) { harness, database in
            try await database.makeEffects()
            try harness.write(revisions)
            let calls = LocalCalls(harness: harness, database: database)
            try TestFiles.makeDirectory(calls.temporary)
            // PostgreSQL's own user must be able to pass, and to write there what it is given.
            chmod(calls.temporary, 0o777)
            let result = try await body(calls)
            try await calls.expectNothingLeft()
            return result
        }
    }

    var environment: [String: String] {
        [
            "DATABASE_URL": DaemonHarness.url(database.parameters), "MIGRATED_STATE_DIRECTORY": harness.state,
            "TMPDIR": temporary, "PATH": "/usr/bin:/bin",
        ]
    }

    /// Runs `migratectl --local` to its end.
    func callAsFunction(
        _ arguments: String..., environment: [String: String] = [:], user: uid_t? = nil
    ) async throws -> WholeProgram.Outcome {
        try await start(arguments, environment: environment, user: user).wait(upTo: .seconds(100))
    }

    /// Starts `migratectl --local`.
    func start(
        _ arguments: [String], environment: [String: String] = [:], user: uid_t? = nil
    ) async throws -> WholeProgram {
        try await harness.startControl(
            arguments + ["--local"], environment: self.environment.merging(environment) { $1 }, user: user)
    }

    /// Settings with a database "app" that needs neither approvals nor backups, and more lines for it. Returns the
    /// environment that names them, without a URL.
    func settings(_ lines: String...) throws -> [String: String] {
        var options = DaemonHarness.Options()
        options.database += lines
        try harness.configure(["app": database], options)
        return ["MIGRATED_SETTINGS": harness.settingsFile, "DATABASE_URL": ""]
    }

    /// No directory and no session: whoever was started is gone.
    func expectNothingLeft() async throws {
        try await within(.seconds(30), "the end of \(TestFiles.names(in: temporary))") {
            while !TestFiles.names(in: temporary).isEmpty { try await Task.sleep(for: .milliseconds(20)) }
        }
        try await database.awaitRow(
            """
            SELECT WHERE NOT EXISTS (SELECT FROM pg_stat_activity
                WHERE datname = current_database() AND application_name LIKE 'migrated%')
            """)
    }
}
