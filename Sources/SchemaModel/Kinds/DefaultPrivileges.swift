/// What things that a role makes from now on let others do.
public struct DefaultPrivileges: SchemaObject {
    /// Who makes them.
    public var role: String
    /// In which schema; nil for all.
    public var schema: String?
    /// `TABLES`.
    public var objects: String
    /// What is granted.
    public var grants: [Privileges.Grant]
    /// What is granted when nobody said anything.
    public var initial: [Privileges.Grant]

    private var head: String {
        "ALTER DEFAULT PRIVILEGES FOR ROLE \(role)" + (schema.map { " IN SCHEMA \($0)" } ?? "")
    }

    /// By role, schema and kind.
    public var id: ObjectID { ObjectID(.defaultPrivileges, "\(role) \(schema ?? "-") \(objects)") }
    /// The schema.
    public var container: ObjectID? { schema.map { ObjectID(.schema, $0) } }
    /// From the usual to what is granted.
    public var creation: [String] { statements(from: initial, to: grants) }
    /// Back to the usual.
    public var removal: [String] { statements(from: grants, to: initial) }
    /// From the one to the other.
    public func change(to desired: Self) -> ObjectChange { .inPlace(statements(from: grants, to: desired.grants)) }

    private func statements(from old: [Privileges.Grant], to new: [Privileges.Grant]) -> [String] {
        let revoked = GrantGroup.groups(of: old.filter { !new.contains($0) }).map { key, list in
            "\(head) REVOKE \(words(list)) ON \(objects) FROM \(key.role)"
        }
        let granted = GrantGroup.groups(of: new.filter { !old.contains($0) }).map { key, list in
            "\(head) GRANT \(words(list)) ON \(objects) TO \(key.role)" + (key.isGrantable ? " WITH GRANT OPTION" : "")
        }
        return revoked + granted
    }

    private func words(_ grants: [Privileges.Grant]) -> String {
        grants.map(\.privilege).sorted().joined(separator: ", ")
    }
}
