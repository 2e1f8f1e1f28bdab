/// An extension. Its members are its own affair.
public struct InstalledExtension: SchemaObject {
    /// Its name.
    public var name: String
    /// The schema that it is in.
    public var schema: String
    /// Its version.
    public var version: String

    /// `extension name`.
    public var id: ObjectID { ObjectID(.extension, name) }
    /// Makes it, in this version.
    public var creation: [String] { ["CREATE EXTENSION \(name) WITH SCHEMA \(schema) VERSION '\(version)'"] }
    /// Drops it.
    public var removal: [String] { ["DROP EXTENSION \(name)"] }

    /// Updated in place, moved in place.
    public func change(to desired: Self) -> ObjectChange {
        var statements: [String] = []
        if version != desired.version { statements.append("ALTER EXTENSION \(name) UPDATE TO '\(desired.version)'") }
        if schema != desired.schema { statements.append("ALTER EXTENSION \(name) SET SCHEMA \(desired.schema)") }
        return .inPlace(statements)
    }
}
