/// A constraint of a table or of a domain.
public struct Constraint: SchemaObject {
    /// The table's or domain's qualified name.
    public var owner: String
    /// Whether a domain has it.
    public var isOfDomain: Bool
    /// Its own name.
    public var constraint: String
    /// As PostgreSQL says it: `CHECK ((n > 0))`.
    public var definition: String
    /// The type of the catalogue: `p`, `u`, `f`, `c`, `x`.
    public var type: String
    /// The type of the domain's owner, or what else the owner is.
    public var ownerKind: ObjectKind
    /// Whether it only follows from a parent's: that one makes and drops it.
    public var isInherited: Bool
    /// Whether its table is a partition.
    public var isOnPartition: Bool
    /// The qualified name of its index, where it has one.
    public var index: String?

    /// `constraint owner.name`.
    public var id: ObjectID { ObjectID(.constraint, "\(owner).\(constraint)") }
    /// The table or domain.
    public var container: ObjectID? { ObjectID(ownerKind, owner) }
    /// Its index has a relation's name.
    public var claims: [String] { index.map { ["relation \($0)"] } ?? [] }
    private var alter: String { "ALTER \(isOfDomain ? "DOMAIN" : "TABLE") \(owner)" }

    /// Adds it.
    public var creation: [String] { isWritten ? ["\(alter) ADD CONSTRAINT \(constraint) \(definition)"] : [] }
    /// Drops it.
    public var removal: [String] { isInherited ? [] : ["\(alter) DROP CONSTRAINT \(constraint)"] }
    /// A partition's keys come with those of the whole; one that is not called as PostgreSQL would call it is made before,
    /// and so are the checks of a table that is to become one.
    private var isWritten: Bool {
        switch type {
        case "p", "u", "x": !isInherited || !hasUsualName
        case "c": !isInherited || isOnPartition
        default: !isInherited
        }
    }

    /// What the checks of the whole do to partitions that are there already.
    public var comesByItself: Bool { type == "c" && isInherited }

    private var hasUsualName: Bool {
        guard let table = owner.split(separator: ".").last?.filter({ $0 != "\"" }) else { return false }
        let name = constraint.filter { $0 != "\"" }
        return name.hasPrefix(table) && name.hasSuffix(type == "p" ? "_pkey" : "_key")
    }

    /// Only what is not yet validated can be validated.
    public func change(to desired: Self) -> ObjectChange {
        if definition == desired.definition + " NOT VALID" {
            return .inPlace(["\(alter) VALIDATE CONSTRAINT \(constraint)"])
        }
        var other = self
        other.isInherited = desired.isInherited
        return other == desired ? .inPlace([]) : .anew
    }
}
