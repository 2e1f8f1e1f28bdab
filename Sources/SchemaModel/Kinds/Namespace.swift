/// A schema.
public struct Namespace: SchemaObject {
    /// Its name.
    public var name: String

    /// `schema name`.
    public var id: ObjectID { ObjectID(.schema, name) }
    /// `public` is there in every new database: it may be there already.
    public var creation: [String] { ["CREATE SCHEMA \(name)"] }
    /// Drops it.
    public var removal: [String] { ["DROP SCHEMA \(name)"] }
}
