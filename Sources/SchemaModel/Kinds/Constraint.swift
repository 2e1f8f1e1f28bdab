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
    /// A partition's keys are made before it is attached, so that their indexes have their names.
    private var isWritten: Bool { !isInherited || index != nil && type != "f" }

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
