public import Digest
import Host
import Logging
public import Planning
import PostgresClient

/// Restoring: also where the database, or all that its server had, is gone.
extension DatabaseEngine {
    /// What somebody wants to be restored, and where.
    public struct RestoreWish: Sendable {
        public var backup: String
        /// The name of the new database.
        public var into: String?
        /// Whether it takes the place of the present one.
        public var replaces: Bool
        public var isSchemaOnly: Bool
        public var tables: [String]
        /// The digest of the manifest, where the person vouches for it.
        public var digest: SHA256Digest?

        public init(
            backup: String, into: String?, replaces: Bool, isSchemaOnly: Bool, tables: [String], digest: SHA256Digest?
        ) {
            self.backup = backup
            self.into = into
            self.replaces = replaces
            self.isSchemaOnly = isSchemaOnly
            self.tables = tables
            self.digest = digest
        }

        var isPartial: Bool { isSchemaOnly || !tables.isEmpty }
    }

    /// Queues a restore. Which database it makes, and from which bytes, is pinned.
    ///
    /// - Throws: `Failure` `usage`, `no-such-backup`, `backup-refused`, `queue-full`; `database-unavailable` where there is no
    ///   server to restore to.
    public func enqueueRestore(_ wish: RestoreWish, requestID: String, person: Person) async throws -> Job {
        let requestID = try RequestID.parse(requestID)
        guard !wish.replaces || wish.into == nil && !wish.isPartial else {
            throw Failure(
                .usage, "cannot replace \"\(configuration.name)\" by a part of a backup, or under another name",
                hint: "restore into a new database, and take from that what is needed: --into NAME")
        }
        guard !wish.isSchemaOnly || wish.tables.isEmpty else {
            throw Failure(.usage, "cannot restore only definitions and the data of tables at once")
        }
        let sessions = try await sessions(restoring: wish)
        if let known = try await jobs(sessions).job(requestID: requestID) { return known }
        let backup = try RestorableBackup.find(
            wish.backup, rules: configuration.backup, database: configuration.name,
            registered: try await BackupStore(session: sessions.observer).digest(of: wish.backup), said: wish.digest)
        let request = RestoreRequest(
            backup: wish.backup, manifestDigest: backup.digest, into: try await place(wish, sessions),
            isSchemaOnly: wish.isSchemaOnly, tables: wish.tables)
        try await refuseFullQueue(sessions)
        if request.into == nil { try await inherit(backup, sessions) }
        return try await insert(
            JobStore.Request(
                kind: .restore, target: request.words, restore: request, requestID: requestID, person: person), sessions
        )
    }

    /// The new database's name; nil where the present one is replaced, as an empty one is without being asked.
    private func place(_ wish: RestoreWish, _ sessions: SessionPair) async throws -> String? {
        if wish.replaces { return nil }
        if let into = wish.into {
            guard !into.isEmpty, into.utf8.count <= 63 else {
                throw Failure(
                    .usage, "cannot restore into \"\(into)\": a name has 63 bytes at the most, and one at least")
            }
            return into
        }
        if !wish.isPartial, try await DatabaseContents.isEmpty(sessions.observer) { return nil }
        return MaintenanceSession.fitting(sessions.identity.databaseName, "_restored_\(now().compact)")
    }

    // MARK: Where the database is gone

    /// The sessions; where there is no database to connect to, an empty one is made like the one of the backup, so that the
    /// job has a registry to stand in.
    private func sessions(restoring wish: RestoreWish) async throws -> SessionPair {
        do {
            return try await sessions()
        } catch let failure where failure.code == .databaseUnavailable {
            let backup = try RestorableBackup.find(
                wish.backup, rules: configuration.backup, database: configuration.name, registered: nil,
                said: wish.digest)
            guard try await makePlaceholder(like: backup) else { throw failure }
            return try await sessionsOfNew(or: failure)
        }
    }

    /// The worker may just be failing to connect for the last time.
    private func sessionsOfNew(or failure: Failure) async throws -> SessionPair {
        var failure = failure
        for _ in 0..<3 {
            tryAgain()
            do {
                return try await sessions()
            } catch {
                failure = error
            }
        }
        throw failure
    }

    /// Returns whether there was none, and is one now.
    private func makePlaceholder(like backup: RestorableBackup) async throws -> Bool {
        // Between two names of a restore there is no database of that name, and none must be made.
        guard try RestoreLedger.read(configuration.restoreLedger).map({ $0.step == .named }) ?? true else {
            return false
        }
        guard let name = configuration.connection["dbname"] else { return false }
        let maintenance = try await MaintenanceSession.open(configuration)
        do {
            let isMissing = try await maintenance.number(of: name) == nil
            if isMissing {
                try await maintenance.demandRights(replacing: nil)
                _ = try await RestoredSurroundings(properties: backup.properties, maintenance: maintenance).makeRoles()
                let owner = backup.properties.shape.owner
                let isKnown = try await !maintenance.session.query(
                    "SELECT FROM pg_catalog.pg_roles WHERE rolname = \(owner)"
                ).isEmpty
                try await maintenance.create(name, like: backup.properties.shape, owner: isKnown ? owner : nil)
                logger.notice("\(configuration.name): its database is gone, an empty one was made to restore from")
            }
            await maintenance.close()
            return isMissing
        } catch {
            await maintenance.close()
            throw error
        }
    }

    /// Gives a registry that knows nothing, of a database that has nothing, the history of the backup's side file.
    private func inherit(_ backup: RestorableBackup, _ sessions: SessionPair) async throws {
        guard try await jobs(sessions).latest(limit: 1, onlyOpen: false).isEmpty,
            try await DatabaseContents.isEmpty(sessions.observer)
        else { return }
        let session = try await MaintenanceSession.connect(configuration, to: sessions.identity.databaseName)
        do {
            try await session.transaction { scope in
                try await RegistryInheritance(session: scope).write(backup.history, of: backup.manifest.server)
            }
        } catch {
            await session.close()
            throw error
        }
        await session.close()
    }
}
