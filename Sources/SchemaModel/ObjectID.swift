/// What one object is called: its kind, and its name with all that makes it unique, quoted as PostgreSQL quotes it.
public struct ObjectID: Sendable, Hashable, Codable, Comparable, CustomStringConvertible {
    /// The kind.
    public let kind: ObjectKind
    /// `public.orders`, `public.orders.id`, `public.total(integer)`.
    public let name: String

    /// Makes a name.
    public init(_ kind: ObjectKind, _ name: String) {
        self.kind = kind
        self.name = name
    }

    /// The schema that it is in, where its kind is in one.
    var schema: String? {
        if kind == .schema { return name }
        guard [.owner, .comment, .privileges].contains(kind) == false, name.contains(".") else { return nil }
        let first =
            name.hasPrefix("\"")
            ? "\"" + name.dropFirst().prefix { $0 != "\"" } + "\"" : String(name.prefix { $0 != "." })
        return first
    }

    /// `table public.orders`.
    public var description: String { "\(kind.rawValue) \(name)" }

    /// By kind, then by name.
    public static func < (left: ObjectID, right: ObjectID) -> Bool {
        (left.kind, left.name) < (right.kind, right.name)
    }
}
