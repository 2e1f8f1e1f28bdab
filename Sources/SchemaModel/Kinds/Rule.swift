/// A rule, other than the one that a view is.
public struct Rule: SchemaObject {
    /// The relation's qualified name.
    public var relation: String
    /// What the relation is.
    public var relationKind: ObjectKind
    /// Its own name.
    public var rule: String
    /// The statement that makes it.
    public var definition: String
    /// As with triggers.
    public var state: String

    /// `rule relation.name`.
    public var id: ObjectID { ObjectID(.rule, "\(relation).\(rule)") }
    /// The relation.
    public var container: ObjectID? { ObjectID(relationKind, relation) }
    /// Makes it.
    public var creation: [String] { [definition] + (state == "ENABLE" ? [] : [enabling]) }
    /// Drops it.
    public var removal: [String] { ["DROP RULE \(rule) ON \(relation)"] }
    private var enabling: String { "ALTER TABLE \(relation) \(state) RULE \(rule)" }

    /// Switched on and off in place.
    public func change(to desired: Self) -> ObjectChange {
        definition == desired.definition ? .inPlace([desired.enabling]) : .anew
    }
}
