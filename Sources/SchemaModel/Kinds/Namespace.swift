/// A schema.
public struct Namespace: SchemaObject {
    /// Its name.
    public var name: String

    /// `schema name`.
    public var id: ObjectID { ObjectID(.schema, name) }
    /// Makes it.
    public var creation: [String] { ["CREATE SCHEMA \(name)"] }
    /// Drops it.
    public var removal: [String] { ["DROP SCHEMA \(name)"] }
}
