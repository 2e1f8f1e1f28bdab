import Digest
import FoundationEssentials
import Host
import Planning
import PostgresClient
import Revisions

/// A backup on this host that somebody vouches for: the registry that knows it, this host's own key, or a person who says
/// its digest. A backup is not only data: its definitions run code, so a foreign one is not restored by its name alone.
struct RestorableBackup: Sendable {
    let path: String
    let manifest: BackupManifest
    /// Of the manifest's bytes.
    let digest: SHA256Digest
    let properties: DatabaseProperties
    let history: [HistoryEntry]

    var archive: String { FilePaths.join(path, BackupShelf.dumpName) }

    /// - Parameters:
    ///   - registered: The digest of the backup's manifest by the registry, where there is one that knows it.
    ///   - said: The digest that a person vouches for.
    /// - Throws: `Failure` `no-such-backup`, `backup-refused`.
    static func find(
        _ name: String, rules: BackupRules, database: String, registered: SHA256Digest?, said: SHA256Digest? = nil
    ) throws -> RestorableBackup {
        let shelf = BackupShelf(directory: rules.directory, database: database)
        let path = FilePaths.join(shelf.path, name)
        guard !name.hasPrefix("."), !name.contains("/"), TextFiles.isDirectory(path) else {
            throw Failure(
                .noSuchBackup, "cannot find backup \"\(name)\": it is not in \"\(shelf.path)\"",
                hint: "list them: migratectl backups")
        }
        do {
            let bytes = try TextFiles.readBytes(
                FilePaths.join(path, BackupShelf.manifestName), limit: BackupShelf.manifestLimit)
            let digest = SHA256Digest.of(bytes)
            let isOurs = try BackupSeal(keyFile: rules.keyFile).vouches(for: bytes, in: path)
            guard isOurs || registered == digest || said == digest else {
                throw Failure(
                    .backupRefused,
                    "cannot trust backup \"\(name)\": neither this host nor the registry knows its manifest",
                    hint: "where it is known to be good, say which one is meant: --digest \(digest)")
            }
            let manifest = try JSONDecoder().decode(BackupManifest.self, from: Data(bytes))
            guard manifest.format == 1, manifest.name == name else {
                throw Failure(.backupRefused, "cannot read backup \"\(name)\": its manifest is another one's, or newer")
            }
            return RestorableBackup(
                path: path, manifest: manifest, digest: digest,
                properties: try side(BackupShelf.propertiesName, of: manifest, in: path),
                history: try side(BackupShelf.historyName, of: manifest, in: path))
        } catch let error as FileError {
            throw Failure(.backupRefused, "cannot read backup \"\(name)\": \(error)", hint: error.hint)
        } catch let error as DecodingError {
            throw Failure(
                .backupRefused, "cannot read backup \"\(name)\": its manifest is damaged", notes: ["\(error)"])
        }
    }

    /// A side file that has the hash that the manifest says.
    private static func side<Value: Decodable>(
        _ file: String, of manifest: BackupManifest, in path: String
    ) throws -> Value {
        let bytes = try TextFiles.readBytes(FilePaths.join(path, file), limit: BackupShelf.manifestLimit)
        guard manifest.files.first(where: { $0.path == file })?.sha256 == SHA256Digest.of(bytes) else {
            throw refusal(manifest.name, file)
        }
        return try JSONDecoder().decode(Value.self, from: Data(bytes))
    }

    private static func refusal(_ name: String, _ file: String) -> Failure {
        Failure(
            .backupRefused, "cannot trust backup \"\(name)\": its file \"\(file)\" is not what was written",
            hint: "take another one: migratectl backups")
    }

    /// Reads every file, so many at once, and compares its hash with the manifest's.
    ///
    /// - Throws: `Failure` `backup-refused` with the first file that differs, is missing, or should not be there.
    func checkHashes(jobs: Int) async throws { _ = try await files(jobs: jobs, unpacks: false) }

    /// The same, and decodes what is packed, where that is wanted; returns what was read.
    func files(jobs: Int, unpacks: Bool) async throws -> [BackupReading.File] {
        let own: Set<String> = [BackupShelf.manifestName, BackupSeal.name]
        let found: [BackupReading.File]
        do {
            found = try await BackupReading(path, jobs: jobs, unpacks: unpacks).files()
                .filter { !own.contains($0.hashed.path) }
        } catch let error as FileError {
            throw Failure(.backupRefused, "cannot read backup \"\(manifest.name)\": \(error)", hint: error.hint)
        }
        let (wanted, present) = (Set(manifest.files), Set(found.map(\.hashed)))
        if let other = wanted.symmetricDifference(present).min(by: { $0.path < $1.path }) {
            throw Self.refusal(manifest.name, other.path)
        }
        return found
    }
}
