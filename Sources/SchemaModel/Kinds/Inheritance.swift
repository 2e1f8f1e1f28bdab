/// That a table is a partition of another.
public struct Inheritance: SchemaObject {
    /// The partition's qualified name.
    public var table: String
    /// The partitioned table's.
    public var parent: String
    /// `FOR VALUES IN (1)`.
    public var bound: String

    /// By the partition's name.
    public var id: ObjectID { ObjectID(.inheritance, table) }
    /// The partition.
    public var container: ObjectID? { ObjectID(.table, table) }
    /// Attaches it.
    public var creation: [String] { ["ALTER TABLE \(parent) ATTACH PARTITION \(table) \(bound)"] }
    /// Detaches it.
    public var removal: [String] { ["ALTER TABLE \(parent) DETACH PARTITION \(table)"] }
}
