/// An extension. Its members are its own affair.
public struct InstalledExtension: SchemaObject {
    /// Its name.
    public var name: String
    /// The schema that it is in.
    public var schema: String
    /// Its version.
    public var version: String
    /// The versions that the server can make of it.
    public var updates: [String]

    /// `extension name`.
    public var id: ObjectID { ObjectID(.extension, name) }
    /// Makes it, in this version.
    public var creation: [String] { ["CREATE EXTENSION \(name) WITH SCHEMA \(schema) VERSION '\(version)'"] }
    /// Drops it.
    public var removal: [String] { ["DROP EXTENSION \(name)"] }

    /// Updated in place, moved in place; made anew where there is no way from the one version to the other.
    public func change(to desired: Self) -> ObjectChange {
        guard version == desired.version || updates.contains(desired.version) else { return .anew }
        var statements: [String] = []
        if version != desired.version { statements.append("ALTER EXTENSION \(name) UPDATE TO '\(desired.version)'") }
        if schema != desired.schema { statements.append("ALTER EXTENSION \(name) SET SCHEMA \(desired.schema)") }
        return .inPlace(statements)
    }

    /// Equal; what it could become is the server's affair.
    public func isSame(as other: Self) -> Bool {
        (name, schema, version) == (other.name, other.schema, other.version)
    }
}
