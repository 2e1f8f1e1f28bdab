import Glibc
import Planning
import PostgresClient
import TestSupport
import Testing

@testable import Engine

/// A real PgBouncer between us and the server, which gives each transaction another session.
@Suite(.timeLimit(.minutes(15))) struct PoolerTests {
    private static let program = "/usr/sbin/pgbouncer"

    /// As it is installed it refuses our settings at the start; told to ignore them, it shows itself by its process ids.
    @Test(
        .enabled(if: access(program, X_OK) == 0, "pgbouncer is not installed"),
        arguments: ["", "ignore_startup_parameters = options,extra_float_digits"])
    func isRefusedWithAHint(_ setting: String) async throws {
        try await TestCluster.shared.withDatabase { database in
            let directory = try TemporaryDirectory()
            let pooler = try await start(before: database, in: directory.path, setting)
            var configuration = EngineFixture.configuration(database, directory)
            configuration.connection["host"] = directory.path
            configuration.connection["port"] = "6432"
            let running = RunningEngine(configuration)
            let failure = try await running.engine.await { () -> Failure? in
                if case .unavailable(.some(let failure), .some) = running.engine.connectedness { return failure }
                return nil
            }
            #expect(failure.code == .poolerRefused, "\(failure.message)")
            #expect(failure.hint?.contains("past the proxy") == true)
            await running.stop()
            pooler.signal(SIGKILL)
            try await pooler.wait()
        }
    }

    private func start(before database: TestDatabase, in directory: String, _ setting: String) async throws
        -> WholeProgram
    {
        let settings = """
            [databases]
            * = host=\(database.cluster.socketDirectory) port=5432 user=postgres
            [pgbouncer]
            listen_port = 6432
            unix_socket_dir = \(directory)
            auth_type = any
            pool_mode = transaction
            \(setting)

            """
        try TestFiles.write(directory + "/pgbouncer.ini", settings)
        chmod(directory, 0o777)
        // It does not run as root.
        let user: uid_t? = geteuid() == 0 ? 65_534 : nil
        let pooler = try await WholeProgram.start(
            [Self.program, directory + "/pgbouncer.ini"], workingDirectory: directory, user: user)
        try await pooler.wait(toWrite: "process up")
        return pooler
    }
}
