/// A composite type that stands by itself.
public struct CompositeType: SchemaObject {
    /// One attribute.
    public struct Attribute: Codable, Hashable, Sendable {
        /// Its name.
        public var name: String
        /// Its type.
        public var type: String
        /// A collation other than the type's.
        public var collation: String?

        var definition: String { "\(name) \(type)" + (collation.map { " COLLATE \($0)" } ?? "") }
    }

    /// Its qualified name.
    public var name: String
    /// Its attributes in their order.
    public var attributes: [Attribute]

    /// `composite name`.
    public var id: ObjectID { ObjectID(.composite, name) }
    /// The name is a type's and a relation's.
    public var claims: [String] { ["type \(name)", "relation \(name)"] }
    /// Makes it.
    public var creation: [String] {
        ["CREATE TYPE \(name) AS (\(attributes.map(\.definition).joined(separator: ", ")))"]
    }
    /// Drops it.
    public var removal: [String] { ["DROP TYPE \(name)"] }

    private func kept(in other: Self) -> [Attribute] {
        let names = Set(other.attributes.map(\.name))
        return attributes.filter { names.contains($0.name) }
    }

    /// Values are read attribute by attribute in their order: the same of both come first.
    public func alignment(to desired: Self) -> [String] {
        let (mine, theirs) = (kept(in: desired), desired.kept(in: self))
        guard theirs == Array(desired.attributes.prefix(theirs.count)), mine.map(\.name) == theirs.map(\.name) else {
            return []
        }
        let actions = actions(to: desired)
        return actions.isEmpty ? [] : [actions.joined(separator: ", ")]
    }

    /// Attributes that go, and types that others take the place of.
    public func troubles(to desired: Self) -> [String] {
        let names = Set(desired.attributes.map(\.name))
        let gone = attributes.filter { !names.contains($0.name) }.map {
            "drops the attribute \($0.name) of \(name) with its values"
        }
        let isAligned = kept(in: desired).map(\.name) == desired.attributes.prefix(kept(in: desired).count).map(\.name)
        return gone + (isAligned ? [] : ["the values of \(name) keep their places, not their names"])
    }

    private func actions(to desired: Self) -> [String] {
        let (mine, theirs) = (Set(attributes.map(\.name)), Set(desired.attributes.map(\.name)))
        return attributes.filter { !theirs.contains($0.name) }.map { "DROP ATTRIBUTE \($0.name) CASCADE" }
            + desired.attributes.filter { !mine.contains($0.name) }.map { "ADD ATTRIBUTE \($0.definition) CASCADE" }
    }

    /// What goes is said.
    public func changeStages(to desired: Self, _ statements: [String], in surroundings: Surroundings) -> [DDLStage] {
        let troubles = troubles(to: desired)
        return [DDLStage(statements, remark: troubles.isEmpty ? nil : troubles.joined(separator: "; "))]
    }

    /// Attributes come, go and change in place where their order allows it; types only while no column uses them, so a
    /// change of type makes it anew.
    public func change(to desired: Self) -> ObjectChange {
        let kept = kept(in: desired)
        guard kept == Array(desired.attributes.prefix(kept.count)) else { return .anew }
        return .inPlace(["ALTER TYPE \(name) \(actions(to: desired).joined(separator: ", "))"], remaking: [.routine])
    }
}
