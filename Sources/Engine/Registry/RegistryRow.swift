import Planning
import PostgresClient

/// The one row of the registry that is about the database as a whole.
struct RegistryRow: Sendable {
    let session: any PostgresSession

    /// Why `auto_upgrade` is paused; nil where it is not.
    func pausedBecause() async throws -> String? {
        try await session.query("SELECT auto_upgrade_paused_because AS reason FROM migrated.registry")
            .first?.decode("reason", as: String?.self) ?? nil
    }

    /// All that the status says of it.
    func standing(database: String) async throws -> (pausedBecause: String?, descent: RestoreEntry?) {
        let row = try await session.query(
            "SELECT auto_upgrade_paused_because AS reason, \(raw: RestoreStore.descentColumns) FROM migrated.registry"
        ).first
        guard let row else { return (nil, nil) }
        return (try row.decode("reason"), try RestoreStore.descent(row, database: database))
    }

    func pause(because reason: String?) async throws {
        _ = try await session.query("UPDATE migrated.registry SET auto_upgrade_paused_because = \(reason)")
    }
}
