import PostgresClient

/// A database as it once was, from which it can be made again and again: under the same name, and with the same number, so
/// that registries and backups that tell it by these find it unchanged.
public struct KeptDatabase: Sendable {
    private let original: TestDatabase
    private let number: Int64

    private var name: String { "kept_" + original.name }

    /// Keeps a database to which nobody is connected any more, and drops it.
    public init(_ database: TestDatabase) async throws {
        original = database
        let admin = try await database.cluster.connect()
        number = try await admin.query("SELECT oid::bigint FROM pg_database WHERE datname = \(database.name)")
            .scalar(as: Int64.self)
        try await admin.query("CREATE DATABASE \(identifier: name) TEMPLATE \(identifier: database.name)")
        await admin.close()
        try await database.drop()
    }

    /// Makes it again, gives it to the body, and drops it. There is one at a time.
    public func withDatabase<R: Sendable>(_ body: @Sendable (TestDatabase) async throws -> R) async throws -> R {
        let admin = try await original.cluster.connect()
        try await admin.query(
            "CREATE DATABASE \(identifier: original.name) TEMPLATE \(identifier: name) OID \(raw: "\(number)")")
        await admin.close()
        let result: Result<R, any Error>
        do {
            result = .success(try await body(original))
        } catch {
            result = .failure(error)
        }
        try await original.drop()
        return try result.get()
    }

    /// Drops what is kept.
    public func drop() async throws {
        let admin = try await original.cluster.connect()
        try await admin.query("DROP DATABASE \(identifier: name)")
        await admin.close()
    }
}
