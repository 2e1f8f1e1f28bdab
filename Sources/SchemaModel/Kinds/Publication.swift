/// A publication for logical replication.
public struct Publication: SchemaObject {
    /// Its name.
    public var name: String
    /// `FOR ALL TABLES`, whatever comes.
    public var isOfAllTables: Bool
    /// `TABLE public.orders (id) WHERE (…)`, `TABLES IN SCHEMA public`.
    public var members: [String]
    /// `publish = 'insert'`.
    public var options: [String]

    /// `publication name`.
    public var id: ObjectID { ObjectID(.publication, name) }
    /// Makes it.
    public var creation: [String] {
        let what = isOfAllTables ? " FOR ALL TABLES" : members.isEmpty ? "" : " FOR \(members.joined(separator: ", "))"
        return ["CREATE PUBLICATION \(name)\(what) WITH (\(options.joined(separator: ", ")))"]
    }
    /// Drops it.
    public var removal: [String] { ["DROP PUBLICATION \(name)"] }

    /// Altered where subscribers could follow; one of all tables cannot become one of some.
    public func change(to desired: Self) -> ObjectChange {
        guard isOfAllTables == desired.isOfAllTables, members.isEmpty == desired.members.isEmpty else { return .anew }
        var statements: [String] = []
        if members != desired.members {
            statements.append("ALTER PUBLICATION \(name) SET \(desired.members.joined(separator: ", "))")
        }
        if options != desired.options {
            statements.append("ALTER PUBLICATION \(name) SET (\(desired.options.joined(separator: ", ")))")
        }
        return .inPlace(statements)
    }
}
