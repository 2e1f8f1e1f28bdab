/// A policy of row security.
public struct Policy: SchemaObject {
    /// The table's qualified name.
    public var table: String
    /// Its own name.
    public var policy: String
    /// Whether it permits, rather than restricts.
    public var isPermissive: Bool
    /// `ALL`, `SELECT`, …
    public var command: String
    /// For whom it is.
    public var roles: [String]
    /// The rows that are seen.
    public var using: String?
    /// The rows that may be written.
    public var check: String?

    /// `policy table.name`.
    public var id: ObjectID { ObjectID(.policy, "\(table).\(policy)") }
    /// The table.
    public var container: ObjectID? { ObjectID(.table, table) }
    /// Makes it.
    public var creation: [String] {
        let kind = isPermissive ? "" : " AS RESTRICTIVE"
        return ["CREATE POLICY \(policy) ON \(table)\(kind) FOR \(command) TO \(roles.joined(separator: ", "))\(rows)"]
    }
    /// Drops it.
    public var removal: [String] { ["DROP POLICY \(policy) ON \(table)"] }
    private var rows: String { (using.map { " USING (\($0))" } ?? "") + (check.map { " WITH CHECK (\($0))" } ?? "") }

    /// Altered where no expression goes and neither command nor kind is another.
    public func change(to desired: Self) -> ObjectChange {
        guard isPermissive == desired.isPermissive, command == desired.command,
            (using == nil) == (desired.using == nil), (check == nil) == (desired.check == nil)
        else { return .anew }
        return .inPlace([
            "ALTER POLICY \(policy) ON \(table) TO \(desired.roles.joined(separator: ", "))\(desired.rows)"
        ])
    }
}
