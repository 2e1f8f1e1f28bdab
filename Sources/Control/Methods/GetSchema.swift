/// What a database looks like, in a form in which two of them can be compared.
public enum GetSchema: ControlMethod {
    public static let name = "GetSchema"

    public struct Parameters: Sendable, Codable {
        public var database: String?

        public init(database: String? = nil) {
            self.database = database
        }
    }

    public struct Reply: Sendable, Codable {
        /// The statements of `pg_dump --schema-only`, without comments, the registry and the version table.
        public var schema: String
        /// Indexes that PostgreSQL does not use because their making was never finished.
        public var invalidIndexes: [String]

        public init(schema: String, invalidIndexes: [String]) {
            self.schema = schema
            self.invalidIndexes = invalidIndexes
        }
    }
}
