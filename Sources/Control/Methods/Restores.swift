public import Digest

/// Queues a restore: a new database from a backup, or one in the place of the present one.
public enum Restore: ControlMethod {
    public static let name = "Restore"

    public struct Parameters: Sendable, Codable {
        public var database: String?
        public var backup: String
        /// The name of the new database.
        public var into: String?
        /// Whether it takes the place of the present one, which is kept under another name.
        public var replace: Bool?
        /// Whether definitions are restored only, and no data.
        public var onlySchema: Bool?
        /// The tables whose data is restored; all without it.
        public var tables: [String]?
        /// The digest of the manifest, where the caller vouches for a backup that this host does not know.
        public var digest: SHA256Digest?
        public var requestId: String

        public init(
            database: String? = nil, backup: String, into: String? = nil, replace: Bool? = nil, onlySchema: Bool? = nil,
            tables: [String]? = nil, digest: SHA256Digest? = nil, requestId: String
        ) {
            self.database = database
            self.backup = backup
            self.into = into
            self.replace = replace
            self.onlySchema = onlySchema
            self.tables = tables
            self.digest = digest
            self.requestId = requestId
        }
    }

    public typealias Reply = JobReply
}

/// Looks through a backup: hashes, a full decode, and a restore into a server of its own. Changes nothing.
public enum VerifyBackup: ControlMethod {
    public static let name = "VerifyBackup"
    public static let isStreaming = true

    public struct Parameters: Sendable, Codable {
        public var database: String?
        public var backup: String
        /// Whether the restore is left out.
        public var noRestore: Bool?
        /// As for a restore.
        public var digest: SHA256Digest?

        public init(
            database: String? = nil, backup: String, noRestore: Bool? = nil, digest: SHA256Digest? = nil
        ) {
            self.database = database
            self.backup = backup
            self.noRestore = noRestore
            self.digest = digest
        }
    }

    public struct Reply: Sendable, Codable {
        /// What was found, or is looked at now.
        public var message: String
        /// Whether this is the last of it.
        public var isDone: Bool

        public init(message: String, isDone: Bool) {
            self.message = message
            self.isDone = isDone
        }
    }
}
