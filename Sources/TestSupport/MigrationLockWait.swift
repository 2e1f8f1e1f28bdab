public import PostgresClient

extension Connection {
    /// Waits until nobody holds the migration lock of this database, for half a minute at the most; who holds it then is for
    /// the caller to see. A job gives it back a moment after its end, when the schema that it left is read.
    public func awaitMigrationLock() async throws {
        let key: Int64 = 0x6d69_6772_6174_6564
        do {
            try await transaction(TransactionOptions(settings: ["lock_timeout": "30s"])) { scope in
                _ = try await scope.query("SELECT pg_advisory_xact_lock(\(key))")
            }
        } catch let error as ServerError where error.sqlState == "55P03" {}
    }
}
