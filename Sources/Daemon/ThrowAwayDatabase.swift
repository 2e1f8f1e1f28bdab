import Configuration
import Host
import Planning
import PostgresClient

/// Where a database is made that is thrown away afterwards.
enum ThrowAwayPlace: Sendable, Hashable {
    /// In a cluster of its own, in this directory.
    case cluster(directory: String)
    /// On a server, beside the database that this URL leads to.
    case server(url: String)
}

/// A database for a single errand: new and empty at the start, gone at the end, however that comes.
struct ThrowAwayDatabase: Sendable {
    /// How it is reached.
    let connection: ConnectionParameters
    private let remove: @Sendable () async -> Void

    /// Makes it, so that what the settings say of the real one can be done in it.
    static func make(at place: ThrowAwayPlace, for database: DatabaseSettings) async throws -> ThrowAwayDatabase {
        switch place {
        case .cluster(let directory): try await inCluster(directory, database)
        case .server(let url): try await beside(url, database)
        }
    }

    func destroy() async { await remove() }

    private static func inCluster(_ directory: String, _ database: DatabaseSettings) async throws -> ThrowAwayDatabase {
        let cluster = try await EmbeddedCluster.start(directory: directory, options: .scratch)
        do {
            let name = "scratch"
            try await run(on: ConnectionParameters(cluster.connection)) { connection in
                // The roles of the settings are the server's; here they have yet to be made.
                for role in Set([database.role, database.registryRole].compactMap { $0 }) where role != "postgres" {
                    try await connection.query("CREATE ROLE \(identifier: role)")
                }
                try await create(name, for: database, on: connection)
            }
            return ThrowAwayDatabase(connection: ConnectionParameters(cluster.connection(database: name))) {
                try? await cluster.stopAndRemove()
            }
        } catch {
            try? await cluster.stopAndRemove()
            throw error
        }
    }

    private static func beside(_ url: String, _ database: DatabaseSettings) async throws -> ThrowAwayDatabase {
        let server: ConnectionParameters
        do {
            server = try ConnectionParameters(url: url)
        } catch {
            throw Failure(
                .usage, "cannot take the server's url: \(error)", hint: "write it as postgresql://USER@HOST/DATABASE")
        }
        let name = "migrated_test_" + String(UInt64.random(in: .min ... .max), radix: 36)
        try await run(on: server) { try await create(name, for: database, on: $0) }
        return ThrowAwayDatabase(connection: server.with(database: name)) {
            // Shielded: this is the last thing that is done, and it must be.
            await Task {
                try? await run(on: server) {
                    try await $0.query("DROP DATABASE IF EXISTS \(identifier: name) WITH (FORCE)")
                }
            }.value
        }
    }

    private static func create(
        _ name: String, for database: DatabaseSettings, on connection: Connection
    ) async throws {
        do {
            // The template that nobody has added anything to.
            try await connection.query("CREATE DATABASE \(identifier: name) TEMPLATE template0")
            if let owner = database.role {
                try await connection.query("ALTER DATABASE \(identifier: name) OWNER TO \(identifier: owner)")
            }
            if let role = database.registryRole {
                try await connection.query("GRANT CREATE ON DATABASE \(identifier: name) TO \(identifier: role)")
            }
        } catch let error as ServerError {
            throw Failure(
                .permissionDenied, "cannot make a throw-away database: \(error.message)",
                hint: "grant it: ALTER ROLE … CREATEDB, or leave --server out")
        }
    }

    private static func run(
        on parameters: ConnectionParameters, _ body: (Connection) async throws -> Void
    ) async throws {
        let connection: Connection
        do {
            connection = try await Connection.open(parameters, applicationName: "migrated", timeout: .seconds(30))
        } catch let error as ConnectionError {
            throw Failure(.databaseUnavailable, "cannot reach the server: \(error.message)", hint: error.hint)
        }
        do {
            try await body(connection)
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
    }
}
