public import Planning
public import SchemaModel

/// How closely a database is watched between upgrades.
public struct DriftRules: Sendable, Equatable {
    /// What becomes of an upgrade of a database that has drifted.
    public var policy: DriftPolicy
    /// How often it is looked at; nil for when somebody asks.
    public var interval: Duration?
    /// What is compared.
    public var selection: SchemaSelection

    public init(
        policy: DriftPolicy = .tell, interval: Duration? = .seconds(3600),
        selection: SchemaSelection = SchemaSelection()
    ) {
        self.policy = policy
        self.interval = interval
        self.selection = selection
    }
}
