/// An index that is no constraint's.
public struct Index: SchemaObject {
    /// Its qualified name.
    public var name: String
    /// The table's or materialized view's name.
    public var relation: String
    /// What the relation is.
    public var relationKind: ObjectKind
    /// The statement that makes it.
    public var definition: String
    /// Whether it follows from the index of a partitioned table.
    public var isInherited: Bool
    /// Whether it can be used; one whose concurrent making failed cannot.
    public var isValid: Bool

    /// `index name`.
    public var id: ObjectID { ObjectID(.index, name) }
    /// The relation.
    public var container: ObjectID? { ObjectID(relationKind, relation) }
    /// The name is a relation's.
    public var claims: [String] { ["relation \(name)"] }
    /// Makes it.
    public var creation: [String] { [definition] }
    /// Drops it; a partition's goes with the whole's.
    public var removal: [String] { isInherited ? [] : ["DROP INDEX \(name)"] }
}
