/// Something that goes while its like comes: perhaps the same under another name.
public struct LikelyRename: Sendable, Equatable {
    /// What goes.
    public let old: ObjectID
    /// What it may be called from now on, without what it is a part of.
    public let newName: String
}

extension SchemaDifference {
    /// Tables of one schema with the same columns, and columns of one table and type, where there is just one such pair.
    public var likelyRenames: [LikelyRename] {
        let gone = entries.filter { $0.fate == .drop }.compactMap { old.objects[$0.id] }
        let come = entries.filter { $0.fate == .create }.compactMap { new.objects[$0.id] }
        let tables = pairs(gone, come, of: Table.self, name: \.name) { left, right in
            Name.schema(of: left.name) == Name.schema(of: right.name) && !left.columns.isEmpty
                && left.columns.map { [$0.column, $0.type] } == right.columns.map { [$0.column, $0.type] }
        }
        let columns = pairs(gone, come, of: Column.self, name: \.column) { left, right in
            left.table == right.table && left.type == right.type
        }
        return tables + columns
    }

    private func pairs<Object: SchemaObject>(
        _ gone: [any SchemaObject], _ come: [any SchemaObject], of type: Object.Type, name: (Object) -> String,
        where isAlike: (Object, Object) -> Bool
    ) -> [LikelyRename] {
        let (left, right) = (gone.compactMap { $0 as? Object }, come.compactMap { $0 as? Object })
        return left.compactMap { object in
            let twins = right.filter { isAlike(object, $0) }
            guard let twin = twins.first, twins.count == 1, left.filter({ isAlike($0, twin) }).count == 1 else {
                return nil
            }
            return LikelyRename(old: object.id, newName: Name.last(of: name(twin)))
        }
    }
}
