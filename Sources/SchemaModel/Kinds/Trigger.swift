/// A trigger of a table or view.
public struct Trigger: SchemaObject {
    /// The relation's qualified name.
    public var relation: String
    /// What the relation is.
    public var relationKind: ObjectKind
    /// Its own name.
    public var trigger: String
    /// The statement that makes it.
    public var definition: String
    /// `ENABLE`, `DISABLE`, `ENABLE REPLICA`, `ENABLE ALWAYS`.
    public var state: String

    /// `trigger relation.name`.
    public var id: ObjectID { ObjectID(.trigger, "\(relation).\(trigger)") }
    /// The relation.
    public var container: ObjectID? { ObjectID(relationKind, relation) }
    /// Makes it.
    public var creation: [String] { [definition] + (state == "ENABLE" ? [] : [enabling]) }
    /// Drops it.
    public var removal: [String] { ["DROP TRIGGER \(trigger) ON \(relation)"] }
    private var enabling: String { "ALTER TABLE \(relation) \(state) TRIGGER \(trigger)" }

    /// Switched on and off in place.
    public func change(to desired: Self) -> ObjectChange {
        definition == desired.definition ? .inPlace([desired.enabling]) : .anew
    }
}

/// An event trigger.
public struct EventTrigger: SchemaObject {
    /// Its name.
    public var name: String
    /// The statement that makes it.
    public var definition: String
    /// As with other triggers.
    public var state: String

    /// `event trigger name`.
    public var id: ObjectID { ObjectID(.eventTrigger, name) }
    /// Makes it.
    public var creation: [String] { [definition] + (state == "ENABLE" ? [] : [enabling]) }
    /// Drops it.
    public var removal: [String] { ["DROP EVENT TRIGGER \(name)"] }
    private var enabling: String { "ALTER EVENT TRIGGER \(name) \(state)" }

    /// Switched on and off in place.
    public func change(to desired: Self) -> ObjectChange {
        definition == desired.definition ? .inPlace([desired.enabling]) : .anew
    }
}
