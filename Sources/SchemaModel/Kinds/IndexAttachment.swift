/// That the index of a partition, a key's or one of its own, is a part of the index of the whole.
public struct IndexAttachment: SchemaObject {
    /// What the partition has: an index or a constraint.
    public var part: ObjectID
    /// The qualified name of its index.
    public var index: String
    /// The qualified name of the whole's index.
    public var whole: String

    /// By the index's name.
    public var id: ObjectID { ObjectID(.indexAttachment, index) }
    /// What the partition has.
    public var container: ObjectID? { part }
    /// Makes it a part of the whole's; where it is one already, nothing happens.
    public var creation: [String] { ["ALTER INDEX \(whole) ATTACH PARTITION \(index)"] }
    /// There is no statement: it ends with the whole's index, or when the partition is detached.
    public var removal: [String] { [] }
}
