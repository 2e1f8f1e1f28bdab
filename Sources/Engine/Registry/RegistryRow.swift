import PostgresClient

/// The one row of the registry that is about the database as a whole.
struct RegistryRow: Sendable {
    let session: any PostgresSession

    /// Why `auto_upgrade` is paused; nil where it is not.
    func pausedBecause() async throws -> String? {
        try await session.query("SELECT auto_upgrade_paused_because AS reason FROM migrated.registry")
            .first?.decode("reason", as: String?.self) ?? nil
    }

    func pause(because reason: String?) async throws {
        _ = try await session.query("UPDATE migrated.registry SET auto_upgrade_paused_because = \(reason)")
    }
}
