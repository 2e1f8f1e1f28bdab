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
    /// The qualified name of the index of a partitioned table that this one is a part of.
    public var whole: String?
    /// Whether it is a partitioned table's, and has parts or lacks some.
    public var isOfParts: Bool
    /// Whether it can be used; one whose concurrent making failed cannot.
    public var isValid: Bool
    /// The statements that set its columns' statistics targets.
    public var settings: [String] = []

    /// `index name`.
    public var id: ObjectID { ObjectID(.index, name) }
    /// The relation.
    public var container: ObjectID? { relationID }
    /// The relation.
    var relationID: ObjectID { ObjectID(relationKind, relation) }
    /// That it is a part of another.
    public var parts: [any SchemaObject] { whole.map { [IndexAttachment(part: id, index: name, whole: $0)] } ?? [] }
    /// The name is a relation's.
    public var claims: [String] { ["relation \(name)"] }
    /// It goes with the whole's.
    public var isInherited: Bool { whole != nil }
    /// Makes it; what it shall consist of is attached to it.
    public var creation: [String] {
        [isOfParts ? definition.replacing(" ON ", with: " ON ONLY ", maxReplacements: 1) : definition] + settings
    }
    private var concurrently: String {
        definition.replacing(" INDEX ", with: " INDEX CONCURRENTLY ", maxReplacements: 1)
    }

    /// What builds it beside another of its name, which goes when this one is whole.
    var replacement: [String] {
        let own = Name.last(of: name)
        let building = Name.suffixed(own, "_new")
        let qualified = Name.schema(of: name) + "." + building
        return [
            concurrently.replacing(
                " INDEX CONCURRENTLY \(own) ", with: " INDEX CONCURRENTLY \(building) ", maxReplacements: 1),
            "DROP INDEX CONCURRENTLY \(name)", "ALTER INDEX \(qualified) RENAME TO \(own)",
        ] + settings
    }

    /// Built beside what is written meanwhile.
    public func creationStages(in surroundings: Surroundings) -> [DDLStage] {
        guard surroundings.isBusy else { return [DDLStage(creation)] }
        return [DDLStage([concurrently] + settings, mode: .standalone)]
    }

    /// Dropped without a lock that stops others.
    public func removalStages(in surroundings: Surroundings) -> [DDLStage] {
        guard surroundings.isBusy else { return [DDLStage(removal)] }
        return [DDLStage(["DROP INDEX CONCURRENTLY \(name)"], mode: .standalone)]
    }

    /// Drops it.
    public var removal: [String] { ["DROP INDEX \(name)"] }

    /// Equal, whatever it is a part of.
    public func isSame(as other: Self) -> Bool {
        var (left, right) = (self, other)
        left.whole = right.whole
        left.isOfParts = right.isOfParts
        return left == right
    }
}
