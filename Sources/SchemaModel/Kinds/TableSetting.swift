/// A switch of a table that may need other objects of it: row security, the replica identity, the index that it is
/// clustered on.
public struct TableSetting: SchemaObject {
    /// The table's qualified name.
    public var table: String
    /// What is set: `row security`.
    public var setting: String
    /// What comes after ALTER TABLE and the name.
    public var action: String
    /// What sets it back.
    public var opposite: String

    /// By the table's name and the setting.
    public var id: ObjectID { ObjectID(.tableSetting, "\(table) \(setting)") }
    /// The table.
    public var container: ObjectID? { ObjectID(.table, table) }
    /// Sets it.
    public var creation: [String] { ["ALTER TABLE \(table) \(action)"] }
    /// Sets it back.
    public var removal: [String] { ["ALTER TABLE \(table) \(opposite)"] }
    /// Sets it otherwise.
    public func change(to desired: Self) -> ObjectChange { .inPlace(desired.creation) }
}
