/// A sound graph with its nodes numbered in file order, and everything that the algebra looks up.
///
/// Four kinds of edge lead down from a revision:
///
/// - `down`: its parents as the header names them;
/// - `allDown`: these and what it depends on;
/// - `normalizedDown`: these without the dependencies that an ancestor declares as well. Its closure is the same; it
///   is what decides about rows of the version table;
/// - `next` and `allNext` are `down` and `allDown` the other way round.
final class GraphIndex: Sendable {
    let nodes: [RevisionNode]
    /// Every id and every label.
    let numbers: [String: Int]
    /// Ids in file order, then labels in file order: what a partial name is compared with.
    let keys: [String]
    let down: Adjacency
    let allDown: Adjacency
    let normalizedDown: Adjacency
    let next: Adjacency
    let allNext: Adjacency
    /// All nodes, parents and dependencies first.
    let order: [Int]
    /// The place of each node in `order`.
    let rank: [Int]
    /// The labels that reach each node.
    let labels: BranchLabels

    init(nodes: [RevisionNode], numbers: [String: Int], keys: [String], edges: GraphEdges, order: [Int]) {
        self.nodes = nodes
        self.numbers = numbers
        self.keys = keys
        self.order = order
        var rank = [Int](repeating: 0, count: nodes.count)
        for (place, node) in order.enumerated() { rank[node] = place }
        self.rank = rank
        down = Adjacency(edges.down)
        allDown = Adjacency(edges.allDown)
        next = down.reversed()
        allNext = allDown.reversed()
        normalizedDown = edges.normalizedDown(down: down, rank: rank)
        labels = BranchLabels(nodes: nodes, order: order, down: down, next: next, allNext: allNext)
    }

    var count: Int { nodes.count }

    func id(_ node: Int) -> RevisionID { nodes[node].id }

    func ids(_ nodes: some Sequence<Int>) -> [RevisionID] { nodes.map(id) }

    /// The node with exactly this id.
    func node(_ id: RevisionID) -> Int? {
        guard let number = numbers[id.rawValue], nodes[number].id == id else { return nil }
        return number
    }

    /// The revisions that no other names as its parent, in file order.
    var heads: [Int] { (0..<count).filter { next.degree($0) == 0 } }

    /// The revisions that no other names as its parent or depends on, in file order.
    var effectiveHeads: [Int] { (0..<count).filter { allNext.degree($0) == 0 } }

    /// The revisions without parents, in file order.
    var bases: [Int] { (0..<count).filter { down.degree($0) == 0 } }

    /// Everything on the way up and down from these nodes, themselves included.
    func lineage(of nodes: [Int], throughDependencies: Bool) -> NodeSet {
        var set = (throughDependencies ? allDown : down).closure(of: nodes)
        set.formUnion((throughDependencies ? allNext : next).closure(of: nodes))
        return set
    }
}

/// The edges as they were read, before they are packed.
struct GraphEdges {
    var down: [[Int]]
    /// What each node depends on, labels resolved.
    var dependencies: [[Int]]

    /// Parents and dependencies, each once.
    var allDown: [[Int]] { zip(down, dependencies).map { Self.united($0, $1) } }

    private static func united(_ parents: [Int], _ dependencies: [Int]) -> [Int] {
        var all = parents
        for dependency in dependencies where !all.contains(dependency) { all.append(dependency) }
        return all
    }

    /// Parents and those dependencies that no ancestor (by parents) declares as well.
    func normalizedDown(down packed: Adjacency, rank: [Int]) -> Adjacency {
        var dependents: [Int: [Int]] = [:]
        for (node, targets) in dependencies.enumerated() {
            for target in targets { dependents[target, default: []].append(node) }
        }
        let lists = dependencies.indices.map { node in
            let own = dependencies[node].filter { dependency in
                let others = dependents[dependency, default: []].filter { rank[$0] < rank[node] }
                return others.isEmpty || !Self.reaches(from: node, anyOf: others, along: packed, rank: rank)
            }
            return Self.united(down[node], own)
        }
        return Adjacency(lists)
    }

    /// Whether one of the targets is a strict ancestor of the node. Never looks below the lowest target.
    private static func reaches(from node: Int, anyOf targets: [Int], along down: Adjacency, rank: [Int]) -> Bool {
        let wanted = Set(targets)
        let floor = targets.map { rank[$0] }.min() ?? 0
        var seen: Set<Int> = []
        var waiting = Array(down[node])
        while let next = waiting.popLast() {
            if wanted.contains(next) { return true }
            guard rank[next] > floor, seen.insert(next).inserted else { continue }
            waiting.append(contentsOf: down[next])
        }
        return false
    }
}
