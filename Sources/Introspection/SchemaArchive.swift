import FoundationEssentials
public import SchemaModel

/// A schema as text that can be kept, and read back by a later version of this program. Equal schemas are equal text.
public struct SchemaArchive: Sendable, Codable, Equatable {
    /// The objects by kind, in order; parts are in what they are parts of.
    public private(set) var objects: [String: [String]]
    /// What needs what, by kind and name.
    private var needs: [String: [String]]
    /// What comes after what.
    private var waits: [String: [String]]

    /// The kinds that are never kept: what others hold, and what holds passwords.
    private static let leftOut: Set<ObjectKind> = [.column, .columnDefault, .indexAttachment, .userMapping]

    /// Makes the archive of a schema.
    public init(_ schema: DatabaseSchema) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        func text(_ object: any SchemaObject) throws -> String {
            String(decoding: try encoder.encode(object), as: UTF8.self)
        }
        objects = [:]
        for (id, object) in schema.objects.sorted(by: { $0.key < $1.key }) where !Self.leftOut.contains(id.kind) {
            objects[id.kind.rawValue, default: []].append(try text(object))
        }
        needs = Self.text(of: schema.needs)
        waits = Self.text(of: schema.waits)
    }

    /// The schema. Objects of kinds that this program does not know are left out.
    public func schema() throws -> DatabaseSchema {
        let decoder = JSONDecoder()
        func object<Object: SchemaObject>(_ type: Object.Type, _ text: String) throws -> any SchemaObject {
            try decoder.decode(type, from: Data(text.utf8))
        }
        var schema = DatabaseSchema()
        for (name, texts) in objects {
            guard let kind = ObjectKind(rawValue: name) else { continue }
            for text in texts { schema.insert(try object(kind.type, text)) }
        }
        for (id, others) in needs {
            guard let id = Self.id(id) else { continue }
            for other in others { if let other = Self.id(other) { schema.addNeed(of: id, for: other) } }
        }
        for (id, others) in waits {
            guard let id = Self.id(id) else { continue }
            for other in others { if let other = Self.id(other) { schema.addWait(of: id, for: other) } }
        }
        return schema
    }

    private static func text(of edges: [ObjectID: Set<ObjectID>]) -> [String: [String]] {
        Dictionary(
            uniqueKeysWithValues: edges.map {
                ("\($0.kind.rawValue)\t\($0.name)", $1.sorted().map { "\($0.kind.rawValue)\t\($0.name)" })
            })
    }

    private static func id(_ text: String) -> ObjectID? {
        let parts = text.split(separator: "\t", maxSplits: 1)
        guard parts.count == 2, let kind = ObjectKind(rawValue: String(parts[0])) else { return nil }
        return ObjectID(kind, String(parts[1]))
    }
}
