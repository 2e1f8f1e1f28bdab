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

    /// Removes an object with all of which it is the container.
    public mutating func leaveOut(_ id: ObjectID) {
        objects = objects.filter { !isPart($0.key, of: id) }
    }

    private func isPart(_ id: ObjectID, of whole: ObjectID) -> Bool {
        var next: ObjectID? = id
        while let each = next {
            if each == whole { return true }
            next = objects[each]?.container
        }
        return false
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
