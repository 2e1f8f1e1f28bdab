import Digest
import Planning
import Revisions

/// What takes backups, proves that they can be read, and keeps as many as it should.
protocol BackupProvider: Sendable {
    /// Whether a backup could be taken now: programs, directory, space. Cheap; run before a job waits for the lock.
    func examine() async throws(Failure)

    /// Takes a backup, or leaves nothing behind.
    ///
    /// - Throws: `Failure` `backup-failed`, `tool-missing`, `no-space`; `CancellationError`.
    func take(_ request: BackupRequest) async throws -> TakenBackup

    /// The names of the oldest verified backups beyond what is to be kept, never the newest nor one that is needed.
    func beyond(keeping needed: Set<String>) -> [String]

    /// Removes a backup.
    ///
    /// - Throws: `FileError`.
    func remove(_ name: String) async throws

    /// Removes what backups that were never finished, or never quite removed, left behind.
    func removeUnfinished() async
}

/// What is to be backed up, and what the manifest shall say of it.
struct BackupRequest: Sendable {
    var database: String
    var job: JobID
    var rows: [RevisionID]
    var identity: ServerIdentity
    var history: [HistoryEntry]
    var restorePoint: String?
}

/// A backup that was taken and has been verified.
struct TakenBackup: Sendable {
    var manifest: BackupManifest
    var path: String
    /// The digest of the manifest's own bytes.
    var digest: SHA256Digest

    /// `112 MiB in 3.4 s`
    var sentence: String { "\(manifest.readableSize) in \(Double(Int(manifest.elapsedSeconds * 10)) / 10) s" }
}

extension BackupManifest {
    /// `112 MiB`
    var readableSize: String {
        switch size {
        case ..<10_240: "\(size) bytes"
        case ..<10_485_760: "\(size >> 10) KiB"
        default: "\(size >> 20) MiB"
        }
    }
}
