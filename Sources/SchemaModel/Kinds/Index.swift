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
    /// The statements that set its columns' statistics targets.
    public var settings: [String] = []

    /// `index name`.
    public var id: ObjectID { ObjectID(.index, name) }
    /// The relation.
    public var container: ObjectID? { ObjectID(relationKind, relation) }
    /// The name is a relation's.
    public var claims: [String] { ["relation \(name)"] }
    /// Makes it.
    public var creation: [String] { [definition] + settings }
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
        guard surroundings.isBusy, !isInherited else { return [DDLStage(creation)] }
        return [DDLStage([concurrently] + settings, mode: .standalone)]
    }

    /// Dropped without a lock that stops others.
    public func removalStages(in surroundings: Surroundings) -> [DDLStage] {
        guard surroundings.isBusy, !isInherited else { return [DDLStage(removal)] }
        return [DDLStage(["DROP INDEX CONCURRENTLY \(name)"], mode: .standalone)]
    }

    /// Drops it; a partition's goes with the whole's.
    public var removal: [String] { isInherited ? [] : ["DROP INDEX \(name)"] }
}
