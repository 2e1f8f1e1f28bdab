public import Digest
public import Planning
public import Revisions

/// What a backup says of itself, so that it can be listed and restored when the database is gone.
public struct BackupManifest: Sendable, Hashable, Codable {
    /// The form of the manifest. Programs refuse what they do not know.
    public var format: Int
    public var name: String
    public var database: String
    public var takenAt: Timestamp
    /// How long dump, verification and hashing took, in seconds.
    public var elapsedSeconds: Double
    /// How long the dump alone took; nil in older backups.
    public var dumpSeconds: Double?
    public var job: JobID
    public var machineID: String
    public var server: Server
    /// What wrote it, such as `pg_dump 15.18`.
    public var tool: String
    /// How it is compressed, such as `gzip:1`.
    public var compression: String
    public var versionRows: [RevisionID]
    /// Bytes of all files.
    public var size: Int64
    /// Every file but the manifest and its seal, by its path inside the backup.
    public var files: [File]
    /// The rows of each table that has data in the dump, counted while it was decoded; nil in older backups.
    public var tables: [Table]?
    /// The restore point that was made with it, where one was.
    public var restorePoint: String?

    /// A table with data in it.
    public struct Table: Sendable, Hashable, Codable {
        public var schema: String
        public var name: String
        public var rows: Int64
        /// The file with its data, by its path from the backup's directory; nil in older backups.
        public var file: String?
    }

    /// The server that was backed up, and where it stood.
    public struct Server: Sendable, Hashable, Codable {
        public var version: String
        public var systemIdentifier: String
        public var timeline: Int64
        public var databaseOID: Int64
        /// The database's name on the server, which need not be its name in the settings.
        public var databaseName: String
        /// Where the write-ahead log was when the dump began.
        public var walPosition: String?
        /// Which transactions the dump has seen, as PostgreSQL writes a snapshot; nil in older backups.
        public var snapshot: String?
    }

    /// A file of the backup, by its path from the backup's directory.
    public struct File: Sendable, Hashable, Codable {
        public var path: String
        public var size: Int64
        public var sha256: SHA256Digest
    }
}
