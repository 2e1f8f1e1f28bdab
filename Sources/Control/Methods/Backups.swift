public import Planning
public import Revisions

/// Queues a backup.
public enum Backup: ControlMethod {
    public static let name = "Backup"

    public struct Parameters: Sendable, Codable {
        public var database: String?
        public var requestId: String

        public init(database: String? = nil, requestId: String) {
            self.database = database
            self.requestId = requestId
        }
    }

    public typealias Reply = JobReply
}

/// The backups on this host, newest first, as their manifests describe them.
public enum ListBackups: ControlMethod {
    public static let name = "ListBackups"

    public struct Parameters: Sendable, Codable {
        public var database: String?

        public init(database: String? = nil) {
            self.database = database
        }
    }

    public struct Reply: Sendable, Codable {
        public var backups: [BackupSummary]

        public init(backups: [BackupSummary]) {
            self.backups = backups
        }
    }
}

/// A backup, by its manifest.
public struct BackupSummary: Sendable, Hashable, Codable {
    /// Such as `main-20261122T101500Z-002_add_status`.
    public var name: String
    public var database: String
    public var path: String
    public var takenAt: Timestamp
    /// How long dump, hashing and verification took, in seconds.
    public var elapsedSeconds: Double
    /// Bytes on disk.
    public var size: Int64
    public var versionRows: [RevisionID]
    /// The job that it was taken for.
    public var job: JobID?
    public var isVerified: Bool
    /// Why the manifest or the files are not what they should be.
    public var problem: String?

    public init(
        name: String, database: String, path: String, takenAt: Timestamp, elapsedSeconds: Double, size: Int64,
        versionRows: [RevisionID], job: JobID?, isVerified: Bool, problem: String? = nil
    ) {
        self.name = name
        self.database = database
        self.path = path
        self.takenAt = takenAt
        self.elapsedSeconds = elapsedSeconds
        self.size = size
        self.versionRows = versionRows
        self.job = job
        self.isVerified = isVerified
        self.problem = problem
    }
}
