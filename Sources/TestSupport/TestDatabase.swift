public import PostgresClient

/// A database of a test's own.
public struct TestDatabase: Sendable {
    /// Its name.
    public let name: String
    /// How to reach it.
    public let parameters: ConnectionParameters
    /// The cluster that it is in.
    public let cluster: TestCluster

    /// Opens a session.
    public func connect(
        applicationName: String = "tests", onNotice: (@Sendable (ServerNotice) -> Void)? = nil
    ) async throws -> Connection {
        try await Connection.open(
            parameters, applicationName: applicationName, timeout: .seconds(30), onNotice: onNotice)
    }

    /// Opens a session as the superuser.
    public func connectAsSuperuser() async throws -> Connection {
        try await cluster.connect(database: name)
    }

    /// Drops it; those who are connected are thrown out.
    public func drop() async throws {
        let admin = try await cluster.connect()
        try await admin.query("DROP DATABASE IF EXISTS \(identifier: name) WITH (FORCE)")
        await admin.close()
    }
}
