public import Revisions

/// Hands a database back: the registry is removed, and nothing else.
public enum Release: ControlMethod {
    public static let name = "Release"

    public struct Parameters: Sendable, Codable {
        public var database: String?

        public init(database: String? = nil) {
            self.database = database
        }
    }

    public struct Reply: Sendable, Codable {
        /// The version table, which stays.
        public var versionTable: String
        /// Its rows.
        public var rows: [RevisionID]

        public init(versionTable: String, rows: [RevisionID]) {
            self.versionTable = versionTable
            self.rows = rows
        }
    }
}
