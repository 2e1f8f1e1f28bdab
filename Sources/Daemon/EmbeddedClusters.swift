import Host
import Logging
import Planning
import PostgresClient
import Synchronization

/// The PostgreSQL clusters that the daemon itself runs, for development and demonstrations: started when a database is
/// configured in one, never because settings are missing.
final class EmbeddedClusters: Sendable {
    private let running = Mutex<[String: EmbeddedCluster]>([:])
    private let logger: Logger

    init(logger: Logger) {
        self.logger = logger
    }

    /// How to reach a database in the cluster of a directory; both are made where they are not there.
    func connection(directory: String, database: String) async throws -> ConnectionParameters {
        let cluster = try await cluster(directory)
        let maintenance = ConnectionParameters(cluster.connection)
        let connection = try await Connection.open(
            maintenance, applicationName: "migrated", timeout: .seconds(30))
        do {
            let exists = try await connection.query("SELECT FROM pg_catalog.pg_database WHERE datname = \(database)")
            if exists.isEmpty {
                try await connection.query("CREATE DATABASE \(identifier: database)")
            }
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
        return ConnectionParameters(cluster.connection(database: database))
    }

    private func cluster(_ directory: String) async throws -> EmbeddedCluster {
        if let cluster = running.withLock({ $0[directory] }) { return cluster }
        let cluster = try await EmbeddedCluster.start(directory: directory)
        logger.notice("embedded PostgreSQL runs in \(directory), its socket is in \(cluster.socketDirectory)")
        running.withLock { $0[directory] = cluster }
        return cluster
    }

    func stop() async {
        for cluster in running.withLock({ Array($0.values) }) { await cluster.stop() }
        running.withLock { $0 = [:] }
    }
}
