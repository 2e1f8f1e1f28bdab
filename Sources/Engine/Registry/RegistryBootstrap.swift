import Planning
import PostgresClient
import SQLText

/// Creates the registry on first use, brings an older one up to date, and refuses one that belongs elsewhere.
struct RegistryBootstrap: Sendable {
    let database: String
    let session: Connection
    let identity: ServerIdentity
    /// Who shall own what is created.
    var owner: String?

    /// What became of the registry.
    enum Outcome: Sendable, Hashable {
        case ready
        /// Another runner holds the lock, and the registry has to be made or changed: try again.
        case busy
    }

    /// - Throws: `Failure` `registry-mismatch` for the registry of another server, database or configuration;
    ///   `registry-too-new`; `permission-denied` where the user may not create a schema.
    func ensure() async throws -> Outcome {
        switch try await version() {
        case .some(let version) where version == RegistrySchema.version:
            try await checkIdentity()
            return .ready
        case .some(let version) where version > RegistrySchema.version:
            throw Failure(
                .registryTooNew,
                "cannot use the registry of \"\(database)\": it has version \(version), this program knows \(RegistrySchema.version)",
                hint: "install the newer version of migrated here as well")
        case let older:
            return try await migrate(from: older ?? 0)
        }
    }

    /// Whether there is a registry.
    func isThere() async throws -> Bool {
        try await session.query("SELECT pg_catalog.to_regclass('migrated.registry') IS NOT NULL AS there")
            .first?.decode("there") ?? false
    }

    private func version() async throws -> Int? {
        guard try await isThere() else { return nil }
        return try await session.query("SELECT version FROM migrated.registry").first?.decode("version")
    }

    private func migrate(from version: Int) async throws -> Outcome {
        do {
            return try await session.transaction { scope in
                let locked = try await scope.query(
                    "SELECT pg_catalog.pg_try_advisory_xact_lock(\(MigrationLock.key)) AS locked"
                ).first?.decode("locked", as: Bool.self)
                guard locked == true else { return .busy }
                if let owner { try await scope.execute("SET LOCAL ROLE \(SQLIdentifier.quote(owner))") }
                for statements in RegistrySchema.versions[version...] {
                    for statement in statements { try await scope.execute(statement) }
                }
                _ = try await scope.query(
                    """
                    INSERT INTO migrated.registry (version, database_name, system_identifier, database_oid)
                    VALUES (\(RegistrySchema.version)::int, \(database), \(identity.systemIdentifier),
                        \(identity.databaseOID)::bigint)
                    ON CONFLICT (only_row) DO UPDATE SET version = excluded.version
                    """)
                return .ready
            }
        } catch let error as ServerError where error.sqlState == "42501" {
            throw Failure(
                .permissionDenied, "cannot create the registry in \"\(database)\": \(error.message)",
                hint: "grant it: GRANT CREATE ON DATABASE … TO the user that migrated connects as")
        } catch let error as ServerError where ["42P06", "42P07", "23505", "55P03"].contains(error.sqlState) {
            return .busy
        }
    }

    private func checkIdentity() async throws {
        guard
            let row = try await session.query(
                "SELECT database_name, system_identifier, database_oid FROM migrated.registry"
            ).first
        else {
            throw Failure(.registryMismatch, "cannot use the registry of \"\(database)\": it is empty")
        }
        let name: String = try row.decode("database_name")
        let system: String = try row.decode("system_identifier")
        let oid: Int64 = try row.decode("database_oid")
        guard system == identity.systemIdentifier, oid == identity.databaseOID else {
            throw Failure(
                .registryMismatch,
                "cannot use the registry of \"\(database)\": it was made on another server or in another database",
                hint: "this looks like a clone or a restored copy; adopt it: migratectl -d \(database) doctor --adopt",
                notes: [
                    "registry: system identifier \(system), database oid \(oid)",
                    "server: system identifier \(identity.systemIdentifier), database oid \(identity.databaseOID)",
                ])
        }
        if name == Self.nobodysName { return try await rename() }
        guard name == database || database == Self.nobodysName else {
            throw Failure(
                .registryMismatch,
                "cannot use the registry of \"\(database)\": it was made for a database configured as \"\(name)\"",
                hint: "name the section [database.\(name)], or adopt it: migratectl -d \(database) doctor --adopt")
        }
    }

    /// What a database is called that only `DATABASE_URL` names. Nobody has chosen it: it fits every registry, and a registry
    /// that was made under it goes with the first name that somebody chooses.
    static let nobodysName = "default"

    private func rename() async throws {
        guard database != Self.nobodysName else { return }
        _ = try await session.query("UPDATE migrated.registry SET database_name = \(database)")
    }

    /// Makes the registry of a clone or a restored copy this database's own.
    func adopt() async throws {
        _ = try await session.query(
            """
            UPDATE migrated.registry SET database_name = \(database), system_identifier = \(identity.systemIdentifier),
                database_oid = \(identity.databaseOID)::bigint
            """)
    }
}
