/// The revisions of a directory and how they follow each other.
///
/// A value: making one judges the whole graph, and nothing in it changes afterwards.
public struct RevisionGraph: Sendable {
    let index: GraphIndex
    /// The revisions in file order; empty when the graph was made of bare nodes.
    private let contents: [Revision]

    /// A graph of revisions, in the order of their files. Throws everything that is wrong with it.
    public init(_ revisions: [Revision]) throws(RevisionProblems) {
        var builder = GraphBuilder(
            nodes: revisions.map(\.node),
            locate: { node, key in
                let positions = revisions[node].headerPositions
                return (revisions[node].path, positions[key] ?? positions[.revision])
            })
        guard let index = builder.build() else { throw RevisionProblems(builder.problems) }
        self.init(index: index, contents: revisions)
    }

    /// A graph of bare places, in the order of their files. Throws everything that is wrong with it.
    public init(nodes: [RevisionNode]) throws(RevisionProblems) {
        var builder = GraphBuilder(nodes: nodes)
        guard let index = builder.build() else { throw RevisionProblems(builder.problems) }
        self.init(index: index, contents: [])
    }

    init(index: GraphIndex, contents: [Revision]) {
        self.index = index
        self.contents = contents
    }

    /// The graph without revisions.
    public static let empty = RevisionGraph(
        index: GraphIndex(
            nodes: [], numbers: [:], keys: [], edges: GraphEdges(down: [], dependencies: []), order: []),
        contents: [])

    /// How many revisions there are.
    public var count: Int { index.count }

    public var isEmpty: Bool { index.count == 0 }

    /// All revisions, parents and dependencies first.
    public var revisions: [Revision] { contents.isEmpty ? [] : index.order.map { contents[$0] } }

    /// All places, parents and dependencies first.
    public var nodes: [RevisionNode] { index.order.map { index.nodes[$0] } }

    /// The revision with exactly this id.
    public subscript(id: RevisionID) -> Revision? {
        guard !contents.isEmpty, let number = index.node(id) else { return nil }
        return contents[number]
    }

    /// The place of the revision with exactly this id.
    public func node(_ id: RevisionID) -> RevisionNode? { index.node(id).map { index.nodes[$0] } }

    /// Whether there is a revision with exactly this id.
    public func contains(_ id: RevisionID) -> Bool { index.node(id) != nil }

    /// The revisions that no other names as its parent, in file order.
    public var heads: [RevisionID] { index.ids(index.heads) }

    /// The heads on which no other revision depends either: what the version table holds when all is applied.
    public var effectiveHeads: [RevisionID] { index.ids(index.effectiveHeads) }

    /// The revisions without parents, in file order.
    public var bases: [RevisionID] { index.ids(index.bases) }

    /// The revisions that name this one as their parent, in file order.
    public func children(of id: RevisionID) -> [RevisionID] { index.node(id).map { index.ids(index.next[$0]) } ?? [] }

    /// The revisions that this one depends on, labels resolved, less what its ancestors depend on already.
    public func dependencies(of id: RevisionID) -> [RevisionID] {
        guard let node = index.node(id) else { return [] }
        return index.ids(index.normalizedDown[node].filter { !index.down[node].contains($0) })
    }

    /// Everything that has to be applied before this revision, dependencies included, without itself.
    public func ancestors(of id: RevisionID) -> Set<RevisionID> { closure(of: id, along: \.allDown) }

    /// Everything that has to go before this revision can go, dependents included, without itself.
    public func descendants(of id: RevisionID) -> Set<RevisionID> { closure(of: id, along: \.allNext) }

    private func closure(of id: RevisionID, along edges: KeyPath<GraphIndex, Adjacency>) -> Set<RevisionID> {
        guard let node = index.node(id) else { return [] }
        var reached = index[keyPath: edges].closure(of: CollectionOfOne(node))
        reached.remove(node)
        return Set(index.ids(reached))
    }

    /// The labels that reach the revision, sorted.
    public func branchLabels(of id: RevisionID) -> [String] { index.node(id).map { index.labels[$0] } ?? [] }

    /// Whether several revisions name this one as their parent.
    public func isBranchPoint(_ id: RevisionID) -> Bool { index.node(id).map { index.next.degree($0) > 1 } ?? false }

    /// Whether this revision has several parents.
    public func isMergePoint(_ id: RevisionID) -> Bool { index.node(id).map { index.down.degree($0) > 1 } ?? false }

    /// The branch points and their children, both sorted by id.
    public var branchPoints: [(revision: RevisionID, children: [RevisionID])] {
        (0..<index.count).filter { index.next.degree($0) > 1 }
            .map { (index.id($0), index.ids(index.next[$0]).sorted()) }
            .sorted { $0.0 < $1.0 }
    }
}
