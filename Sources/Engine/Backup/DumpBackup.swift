import Digest
import FoundationEssentials
import Host
import Planning
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

    func examine() async throws(Failure) {
        _ = try await tools()
        do {
            try DirectoryTree.make(shelf.path)
        } catch {
            throw Self.failure(error)
        }
        try demandSpace()
    }

    func take(_ request: BackupRequest) async throws -> TakenBackup {
        try await examine()
        let tools = try await tools()
        let temporary: String
        do {
            temporary = try DirectoryTree.makeTemporary(in: shelf.path, prefix: BackupShelf.unfinishedPrefix)
        } catch {
            throw Self.failure(error)
        }
        do {
            return try await take(request, with: tools, in: temporary)
        } catch {
            try? DirectoryTree.remove(temporary)
            throw Self.outcome(error)
        }
    }

    private func take(_ request: BackupRequest, with tools: PostgresTools, in temporary: String) async throws
        -> TakenBackup
    {
        let clock = ContinuousClock()
        let start = clock.now
        let takenAt = now()
        var connection = connection
        connection["application_name"] = Self.session
        var dump = PostgresTools.DumpRequest(
            connection: connection, directory: FilePaths.join(temporary, BackupShelf.dumpName))
        dump.jobs = rules.jobs
        dump.lockTimeout = lockTimeout
        dump.excludedSchemas = ["migrated"]
        let compression = try await dumpWatchingSpace(dump, with: tools)
        try await tools.decode(dump.directory)
        try AtomicFile.write(
            FilePaths.join(temporary, BackupShelf.historyName), Array(try Self.json(request.history)))
        let files = try Self.hash(temporary)
        let manifest = BackupManifest(
            format: 1, name: shelf.unusedName(takenAt: takenAt, rows: request.rows),
            database: database, takenAt: takenAt, elapsedSeconds: (clock.now - start).seconds, job: request.job,
            machineID: machineID,
            server: BackupManifest.Server(
                version: "\(ToolVersion(serverVersion: serverVersion))",
                systemIdentifier: request.identity.systemIdentifier, timeline: request.identity.timeline,
                databaseOID: request.identity.databaseOID, databaseName: request.identity.databaseName,
                walPosition: request.walPosition),
            tool: "pg_dump \(tools.version)", compression: compression, versionRows: request.rows.sorted(),
            size: files.reduce(0) { $0 + $1.size }, files: files)
        let bytes = Array(try Self.json(manifest))
        try AtomicFile.write(FilePaths.join(temporary, BackupShelf.manifestName), bytes)
        try demandSpace()
        try DirectoryTree.synchronise(temporary)
        let path = FilePaths.join(shelf.path, manifest.name)
        try AtomicFile.publish(temporary, as: path)
        return TakenBackup(manifest: manifest, path: path, digest: SHA256Digest.of(bytes))
    }

    func prune(keeping needed: Set<String>) async throws -> [String] {
        let whole = shelf.backups().filter { $0.problem == nil }
        var gone: [String] = []
        for backup in whole.dropFirst(max(1, rules.keep)) where !needed.contains(backup.name) {
            // Unnamed first: what is half removed must not look like a backup.
            let doomed = FilePaths.join(shelf.path, BackupShelf.unfinishedPrefix + backup.name)
            try AtomicFile.publish(FilePaths.join(shelf.path, backup.name), as: doomed)
            try DirectoryTree.remove(doomed)
            gone.append(backup.name)
        }
        return gone
    }

    func removeUnfinished() {
        shelf.removeUnfinished()
    }

    // MARK: Space

    /// Ends the dump as soon as it has used up the space that must stay free, and before the disk is full.
    private func dumpWatchingSpace(_ dump: PostgresTools.DumpRequest, with tools: PostgresTools) async throws -> String
    {
        try await withThrowingTaskGroup(of: String?.self) { group in
            group.addTask { try await tools.dump(dump) }
            group.addTask {
                while !Task.isCancelled {
                    try await Task.sleep(for: .milliseconds(500))
                    try demandSpace()
                }
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next().flatMap { $0 } ?? ""
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

    private static func hash(_ directory: String) throws -> [BackupManifest.File] {
        try DirectoryTree.files(in: directory).map { file in
            var hasher = SHA256Hasher()
            _ = try TextFiles.forEachChunk(of: file.path) { hasher.update($0) }
            let path = file.path.dropFirst(directory.count + 1)
            return BackupManifest.File(path: String(path), size: file.size, sha256: hasher.finalize())
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
