/// A difference as people read it: each object under what it is a part of.
public struct DifferenceTree: Sendable {
    /// One object, changed or with changed parts.
    public struct Node: Sendable {
        /// What it is called.
        public let id: ObjectID
        /// What happens to it; nil where only its parts change.
        public let fate: SchemaDifference.Fate?
        /// What alters it, as SQL.
        public let alterations: [String]
        /// What cannot be had back afterwards.
        public let loss: String?
        /// Its changed parts.
        public let children: [Node]
    }

    /// The objects that are parts of nothing.
    public let roots: [Node]

    /// Arranges a difference. What comes and goes with its whole is not told apart.
    public init(_ difference: SchemaDifference) {
        var children: [ObjectID: Set<ObjectID>] = [:]
        var roots: Set<ObjectID> = []
        for entry in difference.entries {
            var id = entry.id
            while let container = difference.container(of: id) {
                children[container, default: []].insert(id)
                id = container
            }
            roots.insert(id)
        }
        self.roots = roots.sorted().map { Self.node($0, difference, children) }
    }

    private static func node(
        _ id: ObjectID, _ difference: SchemaDifference, _ children: [ObjectID: Set<ObjectID>]
    ) -> Node {
        let fate = difference.fates[id]
        let isGone = fate == .drop || fate == .remake
        let isWhole = fate == .drop || fate == .create
        return Node(
            id: id, fate: fate, alterations: fate == .alter ? difference.alterations[id, default: []] : [],
            loss: isGone ? difference.old.objects[id]?.loss : nil,
            children: children[id, default: []].sorted()
                .filter { !isWhole || !difference.isMadeWithWhole($0) }
                .map { node($0, difference, children) })
    }
}
