import Digest
import Introspection
import Liveness
import Planning
import PostgresClient
import SchemaModel

/// Compares a database with the schema that its last upgrade left, and keeps what upgrades leave.
struct DriftWatch: Sendable {
    let configuration: DatabaseConfiguration
    let sessions: SessionPair
    let now: @Sendable () -> Timestamp

    /// One look at a database.
    struct Look: Sendable {
        /// The schema as it is.
        var schema: DatabaseSchema
        /// The schema as it was left; as it is, where nothing was kept.
        var kept: DatabaseSchema
        var report: DriftReport
    }

    private var store: SchemaStore { SchemaStore(session: sessions.observer) }

    /// Looks: one snapshot of the catalogue. Where nothing comparable was kept, what is there is taken for what it should be,
    /// and kept, unless somebody works on the schema, or will go on with it, and keeps what that leaves.
    func look() async throws -> Look {
        try await awaitKeeping()
        let (schema, stamp) = try await read(sessions.observer)
        let archive = try SchemaArchive(schema)
        let fingerprint = try Self.fingerprint(archive)
        guard let kept = try await comparable() else {
            if try await !isLocked, try await !isMidway { try await keep(archive, fingerprint, stamp) }
            return Look(schema: schema, kept: schema, report: report(nil, schema, keptAt: now()))
        }
        guard kept.fingerprint != fingerprint, let text = try await store.latestArchive() else {
            return Look(schema: schema, kept: schema, report: report(nil, schema, keptAt: kept.keptAt))
        }
        let old = try RegistryJSON.decode(SchemaArchive.self, from: text).schema()
        return Look(
            schema: schema, kept: old,
            report: report(SchemaModel.SchemaDifference(from: old, to: schema), schema, keptAt: kept.keptAt, back: old))
    }

    /// Looks before a job, with the lock held, and no closer than needed: nil where the catalogue is, row by row, what it was
    /// when the last job had ended, or where nothing was kept with which it could be compared.
    func lookBeforeJob() async throws -> Look? {
        guard let kept = try await comparable() else { return nil }
        if let stamp = kept.stamp, stamp == (try await introspector.stamp(sessions.observer)) { return nil }
        return try await look()
    }

    /// Keeps the schema as it is after a job, read in the session that holds the lock. What had drifted before and was not
    /// touched stays what it was meant to be. `onSnapshot` is called when what is done from then on is no longer the job's.
    func keep(after before: Look?, onSnapshot: @Sendable () -> Void) async throws {
        var (schema, stamp): (DatabaseSchema, String?) = try await read(sessions.worker, onSnapshot: onSnapshot)
        if let before, before.report.isDrifted {
            for change in before.report.changes {
                guard let kind = ObjectKind(rawValue: change.kind) else { continue }
                schema.restore(ObjectID(kind, change.name), from: before.kept, unlessChangedSince: before.schema)
            }
            // What is kept is not what is there.
            stamp = nil
        }
        let archive = try SchemaArchive(schema)
        try await keep(archive, try Self.fingerprint(archive), stamp)
    }

    /// Keeps the schema as it is, because a person says that it is known.
    func accept(by person: Person) async throws {
        let (schema, stamp) = try await read(sessions.observer)
        let archive = try SchemaArchive(schema)
        try await keep(archive, try Self.fingerprint(archive), stamp, acceptedBy: person)
    }

    // MARK: Pieces

    private var introspector: Introspector {
        var introspector = Introspector(versionTable: configuration.versionTable.table)
        introspector.namesEveryOwner = true
        return introspector
    }

    private func read(
        _ session: Connection, onSnapshot: @Sendable () -> Void = {}
    ) async throws -> (schema: DatabaseSchema, stamp: String) {
        let (schema, stamp) = try await introspector.readStamped(session, onSnapshot: onSnapshot)
        return (configuration.drift.selection.applied(to: schema), stamp)
    }

    private var isLocked: Bool {
        get async throws { try await MigrationLock(session: sessions.observer).holder() != nil }
    }

    /// What a job leaves is kept a moment after its end, by whoever ran it.
    private func awaitKeeping() async throws {
        let jobs = JobStore(database: configuration.name, session: sessions.observer)
        for _ in 0..<600 {
            guard try await comparable() == nil, try await isLocked,
                try await !jobs.open().contains(where: \.state.isRunning)
            else { return }
            try await Vigil.waiting { try await Task.sleep(for: .milliseconds(50)) }
        }
    }

    /// The newest that was kept, if nothing was applied since, be it half a revision, and the server still speaks alike.
    private func comparable() async throws -> SchemaStore.Kept? {
        guard let kept = try await store.latest(), kept.serverMajor == serverMajor,
            kept.historyNumber == (try await historyNumber()), try await !isMidway
        else { return nil }
        return kept
    }

    /// Whether a revision without a transaction has run some of its statements, or is about to.
    private var isMidway: Bool {
        get async throws { try await StandaloneStore(session: sessions.observer).isMidway() }
    }

    private var serverMajor: Int { sessions.observer.serverVersion / 10000 }

    private func historyNumber() async throws -> Int64 {
        try await HistoryStore(database: configuration.name, session: sessions.observer).lastNumber()
    }

    private func keep(
        _ archive: SchemaArchive, _ fingerprint: String, _ stamp: String?, acceptedBy person: Person? = nil
    ) async throws {
        try await store.keep(
            try RegistryJSON.encode(archive), fingerprint: fingerprint, stamp: stamp,
            historyNumber: try await historyNumber(), serverMajor: serverMajor, acceptedBy: person)
    }

    private static func fingerprint(_ archive: SchemaArchive) throws -> String {
        SHA256Digest.of(try RegistryJSON.encode(archive.objects)).description
    }

    private func report(
        _ difference: SchemaModel.SchemaDifference?, _ schema: DatabaseSchema, keptAt: Timestamp,
        back: DatabaseSchema? = nil
    ) -> DriftReport {
        let changes = difference?.entries.map {
            DriftReport.Change(kind: $0.id.kind.rawValue, name: $0.id.name, change: $0.fate.rawValue)
        }
        func sql(_ difference: SchemaModel.SchemaDifference?) -> String {
            difference.map { DDLWriter.statements(of: $0).map { $0 + ";\n" }.joined() } ?? ""
        }
        return DriftReport(
            lookedAt: now(), keptAt: keptAt, changes: changes ?? [], notCompared: schema.strangers,
            upgrade: sql(difference), downgrade: sql(back.map { SchemaModel.SchemaDifference(from: schema, to: $0) }))
    }
}
