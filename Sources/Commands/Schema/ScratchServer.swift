import Host
import Planning
import PostgresClient
import SQLText

/// A PostgreSQL server of our own for the time of one command: databases in it are made, filled, read and thrown away.
struct ScratchServer: Sendable {
    private let cluster: EmbeddedCluster

    /// Runs `body` with a server, of the major version given if its programs are here, and removes it afterwards.
    static func run<R: Sendable>(
        _ context: CommandContext, serverVersion: Int?, body: @Sendable (ScratchServer) async throws -> R
    ) async throws -> R {
        do {
            let parent = context.environment["TMPDIR"] ?? "/tmp"
            let directory = try DirectoryTree.makeTemporary(in: parent, prefix: "migrated-schema-")
            var options = EmbeddedCluster.Options.scratch
            options.settings["max_locks_per_transaction"] = "1024"
            let tools: PostgresTools? =
                if let serverVersion {
                    try? await PostgresTools.discover(serverVersion: serverVersion, withServer: true)
                } else {
                    nil
                }
            let cluster = try await EmbeddedCluster.start(directory: directory, tools: tools, options: options)
            do {
                let result = try await body(ScratchServer(cluster: cluster))
                try? await cluster.stopAndRemove()
                return result
            } catch {
                // Shielded: this is the last thing that is done, and it must be.
                await Task { try? await cluster.stopAndRemove() }.value
                throw error
            }
        } catch let error as ToolError {
            throw Failure(
                .toolMissing, "cannot start a throw-away server: \(error.reason)",
                hint: error.hint ?? "install PostgreSQL's server programs")
        } catch let error as FileError {
            throw Failure(.usage, "\(error)", hint: error.hint ?? "set TMPDIR to a directory that can be written")
        }
    }

    /// Runs `body` on a new, empty database in which these roles exist, as the user who owns what is made.
    func withDatabase<R: Sendable>(
        roles: [String] = [], user: String? = nil, body: @Sendable (Connection) async throws -> R
    ) async throws -> R {
        let name = "scratch_" + String(UInt64.random(in: .min ... .max), radix: 36)
        try await session("postgres") { server in
            let known = try await server.query("SELECT rolname::text FROM pg_roles").map {
                try $0.decode(0, as: String.self)
            }
            for role in Set(roles).subtracting(known) where !role.hasPrefix("pg_") {
                try await server.query("CREATE ROLE \(identifier: role)")
            }
            if let user, user != "postgres" {
                if !known.contains(user), !roles.contains(user) {
                    try await server.query("CREATE ROLE \(identifier: user)")
                }
                try await server.query("ALTER ROLE \(identifier: user) SUPERUSER LOGIN")
            }
            try await server.query("CREATE DATABASE \(identifier: name) TEMPLATE template0")
        }
        return try await session(name, user: user, body)
    }

    private func session<R: Sendable>(
        _ database: String, user: String? = nil, _ body: @Sendable (Connection) async throws -> R
    ) async throws -> R {
        var parameters = ConnectionParameters(cluster.connection(database: database))
        if let user { parameters["user"] = user }
        let connection = try await Connection.open(parameters, applicationName: "migratectl")
        do {
            let result = try await body(connection)
            await connection.close()
            return result
        } catch {
            await connection.close()
            throw error
        }
    }
}
