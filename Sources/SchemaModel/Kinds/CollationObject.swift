/// A collation.
public struct CollationObject: SchemaObject {
    /// Its qualified name.
    public var name: String
    /// What stands in the brackets of CREATE COLLATION.
    public var options: String

    /// `collation name`.
    public var id: ObjectID { ObjectID(.collation, name) }
    /// Makes it.
    public var creation: [String] { ["CREATE COLLATION \(name) (\(options))"] }
    /// Drops it.
    public var removal: [String] { ["DROP COLLATION \(name)"] }
}
