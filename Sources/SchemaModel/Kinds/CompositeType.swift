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

    /// Attributes come, go and change in place where their order allows it; types only while no column uses them, so a
    /// change of type makes it anew.
    public func change(to desired: Self) -> ObjectChange {
        let names = desired.attributes.map(\.name)
        let kept = attributes.filter { names.contains($0.name) }
        let old = Set(attributes.map(\.name))
        guard kept == Array(desired.attributes.prefix(kept.count)) else { return .anew }
        let dropped = attributes.filter { !names.contains($0.name) }.map { "DROP ATTRIBUTE \($0.name) CASCADE" }
        let added = desired.attributes.filter { !old.contains($0.name) }.map {
            "ADD ATTRIBUTE \($0.definition) CASCADE"
        }
        return .inPlace(["ALTER TYPE \(name) \((dropped + added).joined(separator: ", "))"], remaking: [.routine])
    }
}
