import SQLText

/// The name of Alembic's version table; without a schema it is where the session's search path leads.
public struct VersionTableName: Sendable, Hashable, Codable {
    public var schema: String?
    public var table: String

    /// What Alembic calls it where nothing else is said.
    public static let usual = "alembic_version"

    public init(schema: String? = nil, table: String = Self.usual) {
        self.schema = schema
        self.table = table
    }

    /// The name as SQL has it.
    public var quoted: String {
        // The usual one needs no quotes, and has none in what Alembic writes.
        let name = table == Self.usual ? table : SQLIdentifier.quote(table)
        return schema.map { SQLIdentifier.quote($0) + "." + name } ?? name
    }

    /// The statement that makes the table as Alembic does, where it is not there.
    public var creation: String {
        let key = table == Self.usual ? "\(table)_pkc" : SQLIdentifier.quote(table + "_pkc")
        return """
            CREATE TABLE IF NOT EXISTS \(quoted) (
                version_num VARCHAR(32) NOT NULL,
                CONSTRAINT \(key) PRIMARY KEY (version_num)
            )
            """
    }
}
