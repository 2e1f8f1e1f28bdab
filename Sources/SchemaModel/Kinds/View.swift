/// A view.
public struct View: SchemaObject {
    /// Its qualified name.
    public var name: String
    /// The query, as PostgreSQL prints it.
    public var query: String
    /// `security_barrier=true`.
    public var options: [String]
    /// Each column with its type.
    public var columns: [String]
    /// Its columns' defaults: column and expression.
    public var defaults: [[String]]

    /// `view name`.
    public var id: ObjectID { ObjectID(.view, name) }
    /// The name is a relation's and a type's.
    public var claims: [String] { ["relation \(name)", "type \(name)"] }
    /// Makes it.
    public var creation: [String] { [statement("CREATE VIEW")] + defaultSettings }
    /// Drops it.
    public var removal: [String] { ["DROP VIEW \(name)"] }

    private var defaultSettings: [String] {
        defaults.map { "ALTER VIEW \(name) ALTER COLUMN \($0[0]) SET DEFAULT \($0[1])" }
    }

    private func statement(_ verb: String) -> String {
        let with = options.isEmpty ? "" : " WITH (\(options.joined(separator: ", ")))"
        return "\(verb) \(name)\(with) AS\n\(query)"
    }

    /// Replaced where its columns stay, if only more of them come at the end.
    public func change(to desired: Self) -> ObjectChange {
        guard columns == Array(desired.columns.prefix(columns.count)), defaults.allSatisfy(desired.defaults.contains)
        else { return .anew }
        return .inPlace([desired.statement("CREATE OR REPLACE VIEW")] + desired.defaultSettings)
    }
}
