public import Digest
import Revisions

/// What a restore was asked to do: pinned when it is queued, and what its approvals are for.
public struct RestoreRequest: Sendable, Hashable, Codable {
    /// The backup's name.
    public var backup: String
    /// The digest of its manifest, which has the hash of every file.
    public var manifestDigest: SHA256Digest
    /// The name of the new database; nil where the present one is replaced.
    public var into: String?
    /// Whether only definitions are restored, and no data.
    public var isSchemaOnly: Bool
    /// The tables whose data is restored, by their qualified names; all where none is named.
    public var tables: [String]

    /// Makes a request.
    public init(
        backup: String, manifestDigest: SHA256Digest, into: String?, isSchemaOnly: Bool = false, tables: [String] = []
    ) {
        self.backup = backup
        self.manifestDigest = manifestDigest
        self.into = into
        self.isSchemaOnly = isSchemaOnly
        self.tables = tables
    }

    /// Whether the restored database takes the place of the present one.
    public var replaces: Bool { into == nil }

    /// The request as a person types it: what is shown as the job's target.
    public var words: String {
        var words = [backup, into.map { "--into \($0)" } ?? "--replace"]
        if isSchemaOnly { words.append("--only-schema") }
        words += tables.map { "--table \($0)" }
        return words.joined(separator: " ")
    }

    /// What an approval of it is for: this backup, byte for byte, in the place of the database.
    public var source: [UInt8] { Array("restore \(words)\nmanifest \(manifestDigest)\n".utf8) }

    /// The consent that it needs, under the backup's name, as what it is: a way back.
    public var approval: MissingApproval {
        MissingApproval(
            revision: RevisionID(backup), direction: .downgrade, contentDigest: SHA256Digest.of(source), given: 0,
            wanted: 0)
    }
}

/// Which backup a database descends from: what a restore leaves in the registry.
public struct RestoreEntry: Sendable, Hashable, Codable {
    public var backup: String
    public var manifestDigest: SHA256Digest
    public var restoredAt: Timestamp
    /// The job that restored it; nil where that was another database's.
    public var job: JobID?
    /// What the database that it replaced is called now.
    public var keptAs: String?

    /// Makes an entry.
    public init(
        backup: String, manifestDigest: SHA256Digest, restoredAt: Timestamp, job: JobID?, keptAs: String?
    ) {
        self.backup = backup
        self.manifestDigest = manifestDigest
        self.restoredAt = restoredAt
        self.job = job
        self.keptAs = keptAs
    }
}
