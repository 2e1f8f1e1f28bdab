/// Who may do what with something, where that is not what its kind gives by itself.
public struct Privileges: SchemaObject {
    /// One privilege of one role.
    public struct Grant: Codable, Hashable, Sendable {
        /// The role, `PUBLIC`, or empty for the owner.
        public var role: String
        /// `SELECT`.
        public var privilege: String
        /// Whether the role may give it on.
        public var isGrantable: Bool
    }

    /// What it is about.
    public var subject: ObjectID
    /// As GRANT names it: `TABLE public.orders`.
    public var target: String
    /// The column's name, for a column's.
    public var column: String?
    /// The owner.
    public var owner: String
    /// What is granted.
    public var grants: [Grant]
    /// What is granted when nobody said anything.
    public var initial: [Grant]

    /// Of a column's: the table's. What is revoked there is revoked for the columns too.
    public var ofTable: ObjectID? { column == nil ? nil : ObjectID(.privileges, target) }

    /// Whether it grants just what is granted when nobody said anything.
    public var isUsual: Bool { Set(grants) == Set(initial) }

    /// By what it is about.
    public var id: ObjectID { ObjectID(.privileges, target + (column.map { ".\($0)" } ?? "")) }
    /// What it is about.
    public var container: ObjectID? { subject }
    /// From the usual to what is granted.
    public var creation: [String] { statements(from: initial, to: grants) }
    /// Back to the usual.
    public var removal: [String] { statements(from: grants, to: initial) }
    /// From the one to the other.
    public func change(to desired: Self) -> ObjectChange {
        .inPlace(desired.statements(from: grants(underOwner: desired.owner), to: desired.grants))
    }

    /// Equal; whose it is, is another object's affair.
    public func isSame(as other: Self) -> Bool { Set(grants(underOwner: other.owner)) == Set(other.grants) }

    /// What PostgreSQL makes of the grants when the owner becomes another: what that one was granted is the owner's now.
    private func grants(underOwner new: String) -> [Grant] {
        guard owner != new else { return grants }
        var seen: Set<Grant> = []
        return grants.map { $0.role == new ? Grant(role: "", privilege: $0.privilege, isGrantable: false) : $0 }
            .filter { seen.insert($0).inserted }
    }

    private func statements(from old: [Grant], to new: [Grant]) -> [String] {
        let kept = Set(new)
        let had = Set(old)
        let names = Set(new.map { [$0.role, $0.privilege] })
        var statements: [String] = []
        for (key, list) in GrantGroup.groups(of: old.filter { !kept.contains($0) }) {
            let gone = list.filter { !names.contains([$0.role, $0.privilege]) }
            let lessened = list.filter { names.contains([$0.role, $0.privilege]) && $0.isGrantable }
            if !gone.isEmpty { statements.append("REVOKE \(words(gone)) ON \(target) FROM \(spelled(key.role))") }
            if !lessened.isEmpty {
                statements.append("REVOKE GRANT OPTION FOR \(words(lessened)) ON \(target) FROM \(spelled(key.role))")
            }
        }
        for (key, list) in GrantGroup.groups(of: new.filter { !had.contains($0) }) {
            let isLess = list.filter { each in
                !each.isGrantable
                    && had.contains(Grant(role: each.role, privilege: each.privilege, isGrantable: true))
            }
            let given = list.filter { !isLess.contains($0) }
            guard !given.isEmpty else { continue }
            let option = key.isGrantable ? " WITH GRANT OPTION" : ""
            statements.append("GRANT \(words(given)) ON \(target) TO \(spelled(key.role))\(option)")
        }
        return statements
    }

    private func spelled(_ role: String) -> String { role.isEmpty ? owner : role }

    private func words(_ grants: [Grant]) -> String {
        grants.map { $0.privilege + (column.map { " (\($0))" } ?? "") }.sorted().joined(separator: ", ")
    }
}

/// Privileges that one statement grants.
struct GrantGroup: Hashable, Comparable {
    var role: String
    var isGrantable: Bool

    static func < (left: Self, right: Self) -> Bool {
        left.role == right.role ? !left.isGrantable && right.isGrantable : left.role < right.role
    }

    static func groups(of grants: [Privileges.Grant]) -> [(key: GrantGroup, value: [Privileges.Grant])] {
        Dictionary(grouping: grants) { GrantGroup(role: $0.role, isGrantable: $0.isGrantable) }
            .sorted { $0.key < $1.key }
    }
}
