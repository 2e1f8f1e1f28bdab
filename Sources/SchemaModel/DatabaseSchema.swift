/// What a database looks like: its objects, and which of them stand on which.
public struct DatabaseSchema: Sendable {
    /// Each object by what it is called, parts among them.
    public private(set) var objects: [ObjectID: any SchemaObject] = [:]
    /// What each object needs.
    public private(set) var needs: [ObjectID: Set<ObjectID>] = [:]
    /// What each object has to come after, without standing on it.
    public private(set) var waits: [ObjectID: Set<ObjectID>] = [:]
    /// What is there and is not understood, as people call it; never a part of a difference.
    public var strangers: [String] = []

    /// An empty schema.
    public init() {}

    /// Adds an object with its parts. A part needs what it is a part of.
    public mutating func insert(_ object: any SchemaObject) {
        objects[object.id] = object
        if let container = object.container { addNeed(of: object.id, for: container) }
        for part in object.parts { insert(part) }
    }

    /// Says that an object needs another.
    public mutating func addNeed(of object: ObjectID, for other: ObjectID) {
        guard object != other else { return }
        needs[object, default: []].insert(other)
    }

    /// Says that an object is made after another.
    public mutating func addWait(of object: ObjectID, for other: ObjectID) {
        guard object != other else { return }
        waits[object, default: []].insert(other)
    }

    /// Removes objects, with all of which they are the containers.
    public mutating func leaveOut(where isLeftOut: (ObjectID) -> Bool) {
        objects = objects.filter { id, _ in
            var next: ObjectID? = id
            while let each = next {
                if isLeftOut(each) { return false }
                next = objects[each]?.container
            }
            return true
        }
    }

    /// Makes an object what it is in another schema, or removes it with that, unless it is no longer what it was `since`.
    public mutating func restore(_ id: ObjectID, from other: DatabaseSchema, unlessChangedSince since: DatabaseSchema) {
        let isUntouched =
            switch (objects[id], since.objects[id]) {
            case (nil, nil): true
            case (let now?, let then?): now.isSame(asAny: then)
            default: false
            }
        guard isUntouched else { return }
        if let object = other.objects[id] {
            // A table's parts are looked at each for itself.
            guard var table = object as? Table, let present = objects[id] as? Table else { return insert(object) }
            table.columns = present.columns
            insert(table)
        } else {
            objects[id] = nil
        }
    }

    /// Leaves out what another schema has nothing to say about at all: of whom things are, and who may do what.
    public func comparable(with other: DatabaseSchema) -> DatabaseSchema {
        let spoken = Set(other.objects.keys.map(\.kind))
        let silent = Set([ObjectKind.owner, .privileges, .defaultPrivileges]).subtracting(spoken)
        var result = self
        result.leaveOut { silent.contains($0.kind) }
        return result
    }

    /// Who needs each object.
    var needers: [ObjectID: [ObjectID]] {
        var result: [ObjectID: [ObjectID]] = [:]
        for (object, others) in needs {
            for other in others { result[other, default: []].append(object) }
        }
        return result
    }
}
