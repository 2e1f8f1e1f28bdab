/// A materialized view.
public struct MaterializedView: SchemaObject {
    /// Its qualified name.
    public var name: String
    /// The query, as PostgreSQL prints it, without a semicolon.
    public var query: String
    /// `fillfactor=70`.
    public var options: [String]
    /// The access method, where it is not the usual one.
    public var accessMethod: String?
    /// Whether it holds rows.
    public var isPopulated: Bool

    /// `materialized view name`.
    public var id: ObjectID { ObjectID(.materializedView, name) }
    /// The name is a relation's and a type's.
    public var claims: [String] { ["relation \(name)", "type \(name)"] }
    /// Makes it.
    public var creation: [String] {
        let using = accessMethod.map { " USING \($0)" } ?? ""
        let with = options.isEmpty ? "" : " WITH (\(options.joined(separator: ", ")))"
        return ["CREATE MATERIALIZED VIEW \(name)\(using)\(with) AS\n\(query)\(isPopulated ? "" : "\n WITH NO DATA")"]
    }
    /// Drops it.
    public var removal: [String] { ["DROP MATERIALIZED VIEW \(name)"] }

    /// Options are set in place; another query makes it anew.
    public func change(to desired: Self) -> ObjectChange {
        guard query == desired.query, accessMethod == desired.accessMethod else { return .anew }
        let actions = StorageOptions.actions(from: options, to: desired.options)
        return .inPlace(actions.map { "ALTER MATERIALIZED VIEW \(name) \($0)" })
    }

    /// Equal; whether it holds rows is no part of the schema.
    public func isSame(as other: Self) -> Bool {
        var copy = self
        copy.isPopulated = other.isPopulated
        return copy == other
    }
}
