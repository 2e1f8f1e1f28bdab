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
    /// The qualified name of the index of a partitioned table that its index is a part of.
    public var whole: String?
    /// Whether it is a partitioned table's key, and has parts that its making would not make, or lacks some.
    public var isOfParts: Bool
    /// Whether it is what the making of the whole's key makes.
    public var isMadeByWhole: Bool
    /// The statement that makes its index, where it has one.
    public var indexDefinition: String?
    /// ` DEFERRABLE INITIALLY DEFERRED`, or empty.
    public var deferral: String

    /// `constraint owner.name`.
    public var id: ObjectID { ObjectID(isOfDomain ? .domainConstraint : .constraint, "\(owner).\(constraint)") }
    /// The table or domain.
    public var container: ObjectID? { ownerID }
    /// The table or domain.
    var ownerID: ObjectID { ObjectID(ownerKind, owner) }
    /// That its index is a part of another.
    public var parts: [any SchemaObject] {
        guard let index, let whole else { return [] }
        return [IndexAttachment(part: id, index: index, whole: whole)]
    }
    /// Its index has a relation's name.
    public var claims: [String] { index.map { ["relation \($0)"] } ?? [] }
    private var isKey: Bool { ["p", "u", "x"].contains(type) }

    /// Adds it; what a key of partitions shall consist of is attached to it.
    public var creation: [String] {
        guard isWritten else { return [] }
        return [
            "ALTER \(isOfDomain ? "DOMAIN" : isOfParts ? "TABLE ONLY" : "TABLE") \(owner) ADD CONSTRAINT \(constraint) \(definition)"
        ]
    }
    /// Drops it.
    public var removal: [String] { ["\(alter) DROP CONSTRAINT \(constraint)"] }
    /// Looks through what is there already.
    var validation: String { "\(alter) VALIDATE CONSTRAINT \(constraint)" }
    private var alter: String { "ALTER \(isOfDomain ? "DOMAIN" : "TABLE") \(owner)" }

    /// Keys are made of an index that is there, and what has to be looked through is first said and then validated.
    public func creationStages(in surroundings: Surroundings) -> [DDLStage] {
        let isLookedThrough = type == "c" && surroundings.isInUse || surroundings.isOfDomainInUse
        guard isWritten, surroundings.isBusy || isLookedThrough else { return [DDLStage(creation)] }
        switch type {
        case "c", "f":
            guard !definition.hasSuffix(" NOT VALID"), !definition.hasSuffix(" NOT ENFORCED") else {
                return [DDLStage(creation)]
            }
            return [
                DDLStage(["\(alter) ADD CONSTRAINT \(constraint) \(definition) NOT VALID"]),
                DDLStage(
                    [validation], mode: .validation,
                    remark: isOfDomain
                        ? "no table that holds \(owner) can be written while they are looked through" : nil),
            ]
        case "p", "u":
            guard let index, let indexDefinition, !definition.contains(" WITHOUT OVERLAPS") else {
                return [DDLStage(creation, remark: "builds an index while \(owner) cannot be written")]
            }
            let name = Name.last(of: index)
            let building = surroundings.isReplacement ? Name.suffixed(name, "_new") : name
            let statement = indexDefinition.replacing(
                " INDEX \(name) ", with: " INDEX CONCURRENTLY \(building) ", maxReplacements: 1)
            return [DDLStage([statement], mode: .standalone), DDLStage([adoption(of: building)])]
        default:
            return [DDLStage(creation, remark: "builds an index while \(owner) cannot be written")]
        }
    }

    /// Makes the key of an index that is there.
    func adoption(of index: String) -> String {
        "\(alter) ADD CONSTRAINT \(constraint) \(type == "p" ? "PRIMARY KEY" : "UNIQUE") USING INDEX \(index)\(deferral)"
    }

    /// What is there already is looked through while others write.
    public func changeStages(to desired: Self, _ statements: [String], in surroundings: Surroundings) -> [DDLStage] {
        [DDLStage(statements, mode: isOfDomain ? .transaction : .validation)]
    }

    /// A foreign key of the whole comes to its partitions by itself. Keys are made and attached; and so are the checks of a
    /// table that is to become a partition.
    private var isWritten: Bool { !isInherited || isKey || type == "c" && isOnPartition }

    /// What the checks of the whole do to partitions that are there already.
    public var comesByItself: Bool { type == "c" && isInherited }

    /// Only what is not yet validated can be validated.
    public func change(to desired: Self) -> ObjectChange {
        if definition == desired.definition + " NOT VALID" {
            return .inPlace([validation])
        }
        var other = self
        other.isInherited = desired.isInherited
        other.whole = desired.whole
        other.isOfParts = desired.isOfParts
        other.isMadeByWhole = desired.isMadeByWhole
        other.indexDefinition = desired.indexDefinition
        return other == desired ? .inPlace([]) : .anew
    }

    /// Equal, whatever its index is a part of.
    public func isSame(as other: Self) -> Bool {
        var (left, right) = (self, other)
        if isKey { left.isInherited = right.isInherited }
        left.whole = right.whole
        left.isOfParts = right.isOfParts
        left.isMadeByWhole = right.isMadeByWhole
        return left == right
    }
}
