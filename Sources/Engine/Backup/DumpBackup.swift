import Digest
import FoundationEssentials
import Host
import Liveness
import Planning
import PostgresClient
import Revisions

/// Backups by pg_dump in its directory format. They appear under their name whole, hashed and decoded, or not at all.
struct DumpBackup: BackupProvider {
    let database: String
    let rules: BackupRules
    /// The connection, as libpq's keywords.
    let connection: [String: String]
    /// Such as 150018.
    let serverVersion: Int
    let machineID: String
    /// How long a dump may wait for a table's lock before it fails.
    let lockTimeout: Duration
    /// Reads the clock; backups are named after it.
    let now: @Sendable () -> Timestamp

    /// What the dump's sessions are called on the server.
    static let session = "migrated backup"

    var shelf: BackupShelf { BackupShelf(directory: rules.directory, database: database) }

    func examine() async throws(Failure) { _ = try await prepare() }

    /// Finds the programs, makes the shelf, and sees that there is room.
    private func prepare() async throws(Failure) -> PostgresTools {
        let tools = try await tools()
        do {
            try DirectoryTree.make(shelf.path)
        } catch {
            throw Self.failure(error)
        }
        try demandSpace()
        return tools
    }

    func take(_ request: BackupRequest) async throws -> TakenBackup {
        let tools = try await prepare()
        let temporary: String
        do {
            temporary = try DirectoryTree.makeTemporary(in: shelf.path, prefix: BackupShelf.unfinishedPrefix)
        } catch {
            throw Self.failure(error)
        }
        do {
            return try await take(request, with: tools, in: temporary)
        } catch {
            try? await DirectoryTree.removeAside(temporary)
            throw Self.outcome(error)
        }
    }

    private func take(_ request: BackupRequest, with tools: PostgresTools, in temporary: String) async throws
        -> TakenBackup
    {
        let clock = ContinuousClock()
        let start = clock.now
        let takenAt = now()
        let source = try await BackupSource.open(connection)
        let reading = BackupReading(temporary, jobs: rules.jobs, unpacks: true)
        do {
            try await dump(source, request, with: tools, in: temporary, readBy: reading)
        } catch {
            await source.close()
            throw error
        }
        await source.close()
        let dumpSeconds = (clock.now - start).seconds
        async let synchronised: Void = DirectoryTree.synchroniseAside(temporary)
        async let contents = tools.contents(of: FilePaths.join(temporary, BackupShelf.dumpName))
        let files = try await reading.files()
        let tables = try files.tables(
            in: FilePaths.join(temporary, BackupShelf.dumpName), contents: try await contents, names: source.tables)
        try await synchronised
        var manifest = manifest(request, source, tools, takenAt, files: files.map(\.hashed), tables: tables)
        manifest.dumpSeconds = dumpSeconds
        manifest.elapsedSeconds = (clock.now - start).seconds
        let bytes = Array(try Self.json(manifest))
        guard bytes.count <= BackupShelf.manifestLimit else { throw tooMany(manifest.files) }
        try AtomicFile.write(FilePaths.join(temporary, BackupShelf.manifestName), bytes)
        try BackupSeal(keyFile: rules.keyFile).put(on: bytes, in: temporary)
        try demandSpace()
        try await DirectoryTree.synchroniseAside(temporary)
        let path = FilePaths.join(shelf.path, manifest.name)
        try AtomicFile.publish(temporary, as: path)
        return TakenBackup(manifest: manifest, path: path, digest: SHA256Digest.of(bytes))
    }

    /// What the manifest says of the moment and of the bytes.
    private func manifest(
        _ request: BackupRequest, _ source: BackupSource, _ tools: PostgresTools, _ takenAt: Timestamp,
        files: [BackupManifest.File], tables: [BackupManifest.Table]
    ) -> BackupManifest {
        BackupManifest(
            format: 1, name: shelf.unusedName(takenAt: takenAt, rows: request.rows), database: database,
            takenAt: takenAt, elapsedSeconds: 0, job: request.job, machineID: machineID,
            server: BackupManifest.Server(
                version: "\(ToolVersion(serverVersion: serverVersion))",
                systemIdentifier: request.identity.systemIdentifier, timeline: request.identity.timeline,
                databaseOID: request.identity.databaseOID, databaseName: request.identity.databaseName,
                walPosition: source.walPosition, snapshot: source.transactions),
            tool: "pg_dump \(tools.version)", compression: "gzip:1", versionRows: request.rows.sorted(),
            size: files.reduce(0) { $0 + $1.size },
            files: files, tables: tables, restorePoint: request.restorePoint)
    }

    private func dump(
        _ source: BackupSource, _ request: BackupRequest, with tools: PostgresTools, in temporary: String,
        readBy reading: BackupReading
    ) async throws {
        var connection = connection
        connection["application_name"] = Self.session
        var dump = PostgresTools.DumpRequest(
            connection: connection, directory: FilePaths.join(temporary, BackupShelf.dumpName))
        dump.jobs = rules.jobs
        dump.lockTimeout = lockTimeout
        dump.excludedSchemas = ["migrated"]
        dump.snapshot = source.name
        let sides = [
            (BackupShelf.historyName, try Self.json(request.history)),
            (BackupShelf.propertiesName, try Self.json(source.properties)),
            (BackupShelf.globalsName, Data(source.properties.globals.utf8)),
        ]
        for (name, bytes) in sides { try AtomicFile.write(FilePaths.join(temporary, name), Array(bytes)) }
        try await dumpWatchingSpace(dump, with: tools, readBy: reading)
    }

    func beyond(keeping needed: Set<String>) -> [String] {
        let kept = shelf.backups().compactMap { entry -> Retention.Kept? in
            guard entry.problem == nil, let manifest = entry.manifest else { return nil }
            return Retention.Kept(name: entry.name, takenAt: manifest.takenAt, size: manifest.size)
        }
        return Retention(rules: rules, now: now()).doomed(kept, needed: needed)
    }

    func remove(_ name: String) async throws {
        // Unnamed first: what is half removed must not look like a backup.
        let place = FilePaths.join(shelf.path, BackupShelf.unfinishedPrefix + name)
        try AtomicFile.publish(FilePaths.join(shelf.path, name), as: place)
        try await DirectoryTree.removeAside(place)
    }

    func removeUnfinished() async {
        await shelf.removeUnfinished()
    }

    /// Large objects have a file each.
    private func tooMany(_ files: [BackupManifest.File]) -> Failure {
        Failure(
            .backupFailed,
            "cannot back up \"\(database)\": a manifest of \(files.count) files would be too long to read",
            hint: "keep large objects in tables, or take restore points: policy in [database.\(database).backup]")
    }

    // MARK: Space

    /// How long nobody looks for what was written meanwhile. To be told of each write would cost more.
    private static let pause = Duration.milliseconds(100)

    /// Dumps, packs behind the dump, and reads behind the packing; ends it all as soon as the space is used up that must stay
    /// free, and before the disk is full.
    private func dumpWatchingSpace(
        _ dump: PostgresTools.DumpRequest, with tools: PostgresTools, readBy reading: BackupReading
    ) async throws {
        let packing = DumpPacking(dump.directory, jobs: rules.jobs)
        let read: @Sendable () async throws -> Void = { try await reading.advance(in: BackupShelf.dumpName) }
        let packed: @Sendable () async throws -> Void = {
            try await Self.looking(every: Self.pause, packing.advance) { try await tools.dump(dump) }
            try await packing.finish()
        }
        try await Self.looking(every: .milliseconds(500), demandSpace) {
            try await Self.looking(every: Self.pause, read, while: packed)
        }
    }

    /// Does something, and looks now and then while that lasts; what a look throws ends it, and is told even where the look
    /// was the last.
    static func looking(
        every pause: Duration, _ look: @escaping @Sendable () async throws -> Void,
        while body: @escaping @Sendable () async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(operation: body)
            group.addTask {
                while true {
                    try await look()
                    try await Vigil.waiting { try await Task.sleep(for: pause) }
                }
            }
            try await group.next()
            group.cancelAll()
            // A look that is under way when the body ends has its say as well: a piece of a file that it could not write, or a
            // file that it could not remove, would pass for done.
            do { try await group.next() } catch is CancellationError {}
        }
    }

    private func demandSpace() throws(Failure) {
        let free: Int64
        do {
            free = try FreeSpace.available(shelf.path)
        } catch {
            throw Self.failure(error)
        }
        guard free >= rules.minimumFree else {
            throw Failure(
                .noSpace,
                "cannot back up \"\(database)\": \(free >> 20) MiB are free in \"\(shelf.path)\", \(rules.minimumFree >> 20) MiB must stay free",
                hint: "make room, keep fewer backups, or lower min_free in [database.\(database).backup]")
        }
    }

    // MARK: Pieces

    private func tools() async throws(Failure) -> PostgresTools {
        do {
            return try await PostgresTools.discover(serverVersion: serverVersion, preferred: rules.tools)
        } catch {
            throw Self.failure(error)
        }
    }

    private static func json(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(value)
    }

    /// What an adapter threw, as the failure of a backup.
    private static func outcome(_ error: any Error) -> any Error {
        switch error {
        case let error as ToolError where error.cause == .cancelled: CancellationError()
        case let error as ToolError: failure(error)
        case let error as FileError: failure(error)
        case let error as ConnectionError:
            Failure(.backupFailed, "cannot take a backup: \(error.message)", hint: error.hint)
        case let error as ServerError:
            Failure(.backupFailed, "cannot take a backup: \(error.message)", hint: error.hint)
        default: error
        }
    }

    private static func failure(_ error: ToolError) -> Failure {
        let code: Failure.Code =
            switch error.cause {
            case .missing, .notStarted, .versionMismatch: .toolMissing
            case .noSpace: .noSpace
            default: .backupFailed
            }
        return Failure(code, "\(error)", hint: error.hint, notes: error.standardError)
    }

    private static func failure(_ error: FileError) -> Failure {
        Failure(error.isOutOfSpace ? .noSpace : .backupFailed, "\(error)", hint: error.hint)
    }
}
