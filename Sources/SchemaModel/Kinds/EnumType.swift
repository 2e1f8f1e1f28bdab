import SQLText

/// An enum.
public struct EnumType: SchemaObject {
    /// Its qualified name.
    public var name: String
    /// Its values in their order.
    public var labels: [String]

    /// `enum name`.
    public var id: ObjectID { ObjectID(.enumeration, name) }
    /// The name is a type's.
    public var claims: [String] { ["type \(name)"] }
    /// Makes it.
    public var creation: [String] {
        ["CREATE TYPE \(name) AS ENUM (\(labels.map { SQLIdentifier.quoteLiteral($0) }.joined(separator: ", ")))"]
    }
    /// Drops it.
    public var removal: [String] { ["DROP TYPE \(name)"] }

    /// A row may hold a value that goes.
    public func troubles(to desired: Self) -> [String] {
        let gone = labels.filter { !desired.labels.contains($0) }.map { SQLIdentifier.quoteLiteral($0) }
        return gone.isEmpty ? [] : ["fails where a row holds \(gone.joined(separator: " or "))"]
    }

    /// Values are added in place; a value that goes, or another order, needs another type.
    public func change(to desired: Self) -> ObjectChange {
        let kept = Set(labels)
        guard desired.labels.filter(kept.contains) == labels else { return .anew }
        var statements: [String] = []
        for (index, label) in desired.labels.enumerated() where !kept.contains(label) {
            let place: String
            if index > 0 {
                place = " AFTER \(SQLIdentifier.quoteLiteral(desired.labels[index - 1]))"
            } else if let first = labels.first {
                place = " BEFORE \(SQLIdentifier.quoteLiteral(first))"
            } else {
                place = ""
            }
            statements.append("ALTER TYPE \(name) ADD VALUE \(SQLIdentifier.quoteLiteral(label))\(place)")
        }
        return .inPlace(statements)
    }
}
