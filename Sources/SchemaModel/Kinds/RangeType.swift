/// A range type.
public struct RangeType: SchemaObject {
    /// Its qualified name.
    public var name: String
    /// What stands in the brackets of CREATE TYPE … AS RANGE.
    public var options: String

    /// `range name`.
    public var id: ObjectID { ObjectID(.range, name) }
    /// The name is a type's.
    public var claims: [String] { ["type \(name)"] }
    /// Makes it.
    public var creation: [String] { ["CREATE TYPE \(name) AS RANGE (\(options))"] }
    /// Drops it.
    public var removal: [String] { ["DROP TYPE \(name)"] }
}
