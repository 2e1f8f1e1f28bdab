public import Digest
import Host
import Logging
public import Planning

/// Looks through a backup as a restore would: whether somebody vouches for it, whether its bytes are those that were written,
/// whether they can be decoded, and whether a server takes them. Needs no database.
struct BackupVerification: Sendable {
    let configuration: DatabaseConfiguration
    let backup: RestorableBackup
    let tell: @Sendable (String) async throws -> Void

    /// - Throws: `Failure` `backup-refused` with what is wrong; `tool-missing`.
    func run(restores: Bool) async throws -> String {
        let start = ContinuousClock.now
        let manifest = backup.manifest
        try await tell("reading \(Plural.count(manifest.files.count, "file")), \(manifest.readableSize)")
        let rows = try await read()
        var parts = [
            "\(Plural.count(manifest.files.count, "file")) as written",
            "\(rows) rows of \(Plural.count(manifest.tables?.count ?? 0, "table")) decoded",
        ]
        if restores {
            try await tell("restoring it into a server of its own")
            parts.append("restored in \(Self.tenths(try await restore())) s")
        }
        let elapsed = Self.tenths((ContinuousClock.now - start).seconds)
        return "\(manifest.name) is good: \(parts.joined(separator: ", ")); \(elapsed) s in all"
    }

    private static func tenths(_ seconds: Double) -> Double { Double(Int(seconds * 10)) / 10 }

    /// Compares the hash of each file, decodes each, and returns how many rows there are: each table's are as many as the
    /// manifest says.
    private func read() async throws -> Int64 {
        let files = try await backup.files(jobs: configuration.backup.jobs, unpacks: true)
        let tools = try await PostgresTools.discover(serverVersion: 0, preferred: configuration.backup.tools)
        let found: [[BackupReading.File].TableFile]
        do {
            let contents = try await tools.contents(of: backup.archive)
            found = try files.tableFiles(in: backup.archive, contents: contents)
        } catch let error as ToolError {
            if error.cause == .cancelled { throw CancellationError() }
            throw refusal("\(error)")
        } catch let error as FileError {
            throw refusal("\(error)")
        }
        let rows = Dictionary(found.map { ($0.path, $0.rows) }) { first, _ in first }
        for table in backup.manifest.tables ?? [] {
            guard let file = table.file else { continue }
            guard rows[file] == table.rows else {
                throw refusal("\"\(file)\" has not the rows that the manifest says")
            }
        }
        return found.reduce(0) { $0 + $1.rows }
    }

    /// How its directories are called, in those of the rehearsals. Nobody has the lock while it goes on, and who brings back
    /// what a daemon has left must tell what is this daemon's own.
    static let prefixOfAll = "verify-"
    static let prefix = prefixOfAll + RequestID.random().prefix(8) + "-"

    /// How long a server took to take it all.
    private func restore() async throws -> Double {
        let major = Int(backup.manifest.server.version.prefix { $0.isNumber }) ?? 0
        let tools = try await PostgresTools.discover(
            serverVersion: major * 10_000, preferred: configuration.backup.tools, withServer: true)
        guard tools.version.major == major else {
            throw Failure(
                .toolMissing,
                "cannot restore \"\(backup.manifest.name)\" into a server: PostgreSQL \(major) is not installed",
                hint: "install it, or leave that out: --no-restore")
        }
        let parent = FilePaths.join(configuration.rehearsal.directory, configuration.name)
        try DirectoryTree.makePassable(parent)
        do {
            let scratch = try await ScratchDatabase.make(
                backup.properties.shape, in: try DirectoryTree.makeTemporary(in: parent, prefix: Self.prefix),
                unit: configuration.rehearsal.unit, templates: configuration.rehearsal.templates, with: tools)
            let start = ContinuousClock.now
            do {
                try await scratch.restore(backup.archive, of: backup.manifest, jobs: configuration.rehearsal.jobs)
            } catch {
                await scratch.remove()
                throw error
            }
            let elapsed = (ContinuousClock.now - start).seconds
            await scratch.remove()
            return elapsed
        } catch {
            if Task.isCancelled { throw CancellationError() }
            throw refusal("a server does not take it: \(NoCopy(error).reason)")
        }
    }

    private func refusal(_ reason: String) -> Failure {
        Failure(.backupRefused, "cannot verify backup \"\(backup.manifest.name)\": \(reason)")
    }
}

extension DatabaseEngine {
    /// Looks through a backup, and says what was found. `tell` hears what is looked at.
    ///
    /// - Throws: `Failure` `no-such-backup`; `backup-refused` with what is wrong.
    public func verifyBackup(
        _ name: String, restores: Bool, said: SHA256Digest?, tell: @escaping @Sendable (String) async throws -> Void
    ) async throws -> String {
        var registered: SHA256Digest?
        if case .connected(let sessions, _) = connection {
            registered = try? await BackupStore(session: sessions.observer).digest(of: name)
        }
        let backup = try RestorableBackup.find(
            name, rules: configuration.backup, database: configuration.name, registered: registered, said: said)
        let summary = try await BackupVerification(configuration: configuration, backup: backup, tell: tell)
            .run(restores: restores)
        if restores { noteVerification() }
        return summary
    }

    /// When a backup was last restored only to see whether it can be, on this host.
    public var lastVerification: Timestamp? {
        configuration.verificationMark.flatMap { try? TextFiles.readText($0) }.flatMap { Timestamp(parsing: $0) }
    }

    private func noteVerification() {
        guard let mark = configuration.verificationMark else { return }
        do {
            try DirectoryTree.make(FilePaths.split(mark).parent)
            try AtomicFile.write(mark, text: "\(now())")
        } catch {
            logger.warning("cannot note that a backup of \"\(configuration.name)\" was restored: \(error)")
        }
    }
}
