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
    /// The statement that makes its index, where it has one.
    public var indexDefinition: String?
    /// ` DEFERRABLE INITIALLY DEFERRED`, or empty.
    public var deferral: String

    /// `constraint owner.name`.
    public var id: ObjectID { ObjectID(isOfDomain ? .domainConstraint : .constraint, "\(owner).\(constraint)") }
    /// The table or domain.
    public var container: ObjectID? { ObjectID(ownerKind, owner) }
    /// Its index has a relation's name.
    public var claims: [String] { index.map { ["relation \($0)"] } ?? [] }
    private var alter: String { "ALTER \(isOfDomain ? "DOMAIN" : "TABLE") \(owner)" }

    /// Adds it.
    public var creation: [String] { isWritten ? ["\(alter) ADD CONSTRAINT \(constraint) \(definition)"] : [] }
    /// Drops it.
    public var removal: [String] { isInherited ? [] : ["\(alter) DROP CONSTRAINT \(constraint)"] }

    /// Keys are made of an index that is there, and what has to be looked through is first said and then validated.
    public func creationStages(in surroundings: Surroundings) -> [DDLStage] {
        guard surroundings.isBusy, isWritten else { return [DDLStage(creation)] }
        switch type {
        case "c", "f":
            guard !definition.hasSuffix(" NOT VALID") else { return [DDLStage(creation)] }
            return [
                DDLStage(["\(alter) ADD CONSTRAINT \(constraint) \(definition) NOT VALID"]),
                DDLStage(["\(alter) VALIDATE CONSTRAINT \(constraint)"], mode: .validation),
            ]
        case "p", "u":
            guard let index, let indexDefinition else { return [DDLStage(creation)] }
            let name = Name.last(of: index)
            let building = surroundings.isReplacement ? Name.suffixed(name, "_new") : name
            let statement = indexDefinition.replacing(
                " INDEX \(name) ", with: " INDEX CONCURRENTLY \(building) ", maxReplacements: 1)
            let word = type == "p" ? "PRIMARY KEY" : "UNIQUE"
            return [
                DDLStage([statement], mode: .standalone),
                DDLStage(["\(alter) ADD CONSTRAINT \(constraint) \(word) USING INDEX \(building)\(deferral)"]),
            ]
        default:
            return [DDLStage(creation, remark: "builds an index while \(owner) cannot be written")]
        }
    }

    /// What is there already is looked through while others write.
    public func changeStages(to desired: Self, _ statements: [String], in surroundings: Surroundings) -> [DDLStage] {
        [DDLStage(statements, mode: isOfDomain ? .transaction : .validation)]
    }

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
        other.indexDefinition = desired.indexDefinition
        return other == desired ? .inPlace([]) : .anew
    }
}
