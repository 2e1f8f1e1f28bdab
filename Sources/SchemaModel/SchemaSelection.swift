/// What of a database is compared.
public struct SchemaSelection: Sendable, Equatable {
    /// The schemas that are looked at, `*` standing for anything; empty for all.
    public var schemas: [String]
    /// Names that are left out: `public.tmp_*`.
    public var ignored: [String]
    /// Kinds that are left out.
    public var ignoredKinds: Set<ObjectKind>

    /// Everything, unless something is said.
    public init(schemas: [String] = [], ignored: [String] = [], ignoredKinds: Set<ObjectKind> = []) {
        self.schemas = schemas
        self.ignored = ignored
        self.ignoredKinds = ignoredKinds
    }

    /// What remains of a schema.
    public func applied(to schema: DatabaseSchema) -> DatabaseSchema {
        guard self != SchemaSelection() else { return schema }
        var schema = schema
        schema.leaveOut { id in
            ignoredKinds.contains(id.kind) || ignored.contains { Self.matches($0, id.name) } || !isInSchemas(id)
        }
        return schema
    }

    private func isInSchemas(_ id: ObjectID) -> Bool {
        guard !schemas.isEmpty, let name = id.schema else { return true }
        return schemas.contains { Self.matches($0, name) }
    }

    /// Whether a text fits a pattern in which `*` stands for anything.
    static func matches(_ pattern: String, _ text: String) -> Bool {
        let pieces = pattern.split(separator: "*", omittingEmptySubsequences: false)
        guard pieces.count > 1, let first = pieces.first, let last = pieces.last else { return pattern == text }
        guard text.hasPrefix(first), text.dropFirst(first.count).hasSuffix(last) else { return false }
        var rest = text.dropFirst(first.count).dropLast(last.count)
        for piece in pieces.dropFirst().dropLast() where !piece.isEmpty {
            guard let range = rest.firstRange(of: piece) else { return false }
            rest = rest[range.upperBound...]
        }
        return true
    }
}
