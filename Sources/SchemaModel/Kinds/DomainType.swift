/// A domain. Its checks are constraints of their own.
public struct DomainType: SchemaObject {
    /// Its qualified name.
    public var name: String
    /// The type that it restricts.
    public var base: String
    /// A collation other than the base type's.
    public var collation: String?
    /// The default expression.
    public var defaultExpression: String?
    /// Whether NULL is refused.
    public var isNotNull: Bool

    /// `domain name`.
    public var id: ObjectID { ObjectID(.domain, name) }
    /// The name is a type's.
    public var claims: [String] { ["type \(name)"] }
    /// Makes it.
    public var creation: [String] {
        var text = "CREATE DOMAIN \(name) AS \(base)"
        if let collation { text += " COLLATE \(collation)" }
        if let defaultExpression { text += " DEFAULT \(defaultExpression)" }
        if isNotNull { text += " NOT NULL" }
        return [text]
    }
    /// Drops it.
    public var removal: [String] { ["DROP DOMAIN \(name)"] }

    /// The base stays what it is for ever; the rest is altered.
    public func change(to desired: Self) -> ObjectChange {
        guard base == desired.base, collation == desired.collation else { return .anew }
        var statements: [String] = []
        if defaultExpression != desired.defaultExpression {
            let action = desired.defaultExpression.map { "SET DEFAULT \($0)" } ?? "DROP DEFAULT"
            statements.append("ALTER DOMAIN \(name) \(action)")
        }
        if isNotNull != desired.isNotNull {
            statements.append("ALTER DOMAIN \(name) \(desired.isNotNull ? "SET" : "DROP") NOT NULL")
        }
        return .inPlace(statements)
    }
}
