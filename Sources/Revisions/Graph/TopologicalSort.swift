extension GraphIndex {
    /// The wanted nodes, each before its ancestors, walking down one line as long as possible: Alembic's order.
    ///
    /// The walk starts at those `tips` that are wanted. Nil when some wanted node cannot be reached from them through
    /// wanted nodes alone.
    func newestFirst(_ wanted: NodeSet, from tips: some Sequence<Int>) -> [Int]? {
        var walk = DescendingWalk(index: self, wanted: wanted, tips: tips)
        return walk.run()
    }
}

/// Walks down from several heads at once; a head has to wait while it is an ancestor of another one.
private struct DescendingWalk {
    private let index: GraphIndex
    private var todo: NodeSet
    private var left: Int
    /// The nodes to go on from, one a line.
    private var heads: [Int]
    private var isHead: NodeSet
    /// For each head its ancestors and itself; made when there are two heads for the first time.
    private var ancestors: [NodeSet] = []
    private var closures: MergePointClosures?
    private var output: [Int] = []

    init(index: GraphIndex, wanted: NodeSet, tips: some Sequence<Int>) {
        self.index = index
        todo = wanted
        left = wanted.count
        isHead = NodeSet(tips, capacity: index.count)
        isHead.formIntersection(wanted)
        heads = Array(isHead)
        output.reserveCapacity(left)
    }

    mutating func run() -> [Int]? {
        if heads.count > 1 { startComparing() }
        var current = 0
        while !heads.isEmpty {
            let candidate = heads[current]
            if let blocking = headAbove(candidate, at: current) {
                current = blocking
                continue
            }
            if todo.contains(candidate) {
                output.append(candidate)
                todo.remove(candidate)
                left -= 1
            }
            let parents = index.normalizedDown[candidate].filter { todo.contains($0) && !isHead.contains($0) }
            isHead.remove(candidate)
            if let first = parents.first {
                replace(current, with: first)
                for parent in parents.dropFirst() { add(parent) }
            } else {
                heads.remove(at: current)
                if !ancestors.isEmpty { ancestors.remove(at: current) }
                current = max(current - 1, 0)
            }
        }
        return left == 0 ? output : nil
    }

    /// The first other head that has the candidate among its ancestors.
    private func headAbove(_ candidate: Int, at current: Int) -> Int? {
        guard heads.count > 1 else { return nil }
        return ancestors.indices.first { $0 != current && ancestors[$0].contains(candidate) }
    }

    private mutating func replace(_ current: Int, with parent: Int) {
        let candidate = heads[current]
        heads[current] = parent
        isHead.insert(parent)
        guard !ancestors.isEmpty else { return }
        if index.normalizedDown.degree(candidate) == 1 {
            ancestors[current].remove(candidate)
        } else {
            ancestors[current] = ancestors(of: parent)
        }
    }

    private mutating func add(_ parent: Int) {
        heads.append(parent)
        isHead.insert(parent)
        if ancestors.isEmpty {
            startComparing()
        } else {
            ancestors.append(ancestors(of: parent))
        }
    }

    private mutating func startComparing() {
        ancestors = []
        for head in heads { ancestors.append(ancestors(of: head)) }
    }

    private mutating func ancestors(of node: Int) -> NodeSet {
        if closures == nil { closures = MergePointClosures(index: index, heads: heads) }
        return closures?.closure(of: node) ?? NodeSet(capacity: index.count)
    }
}

/// The ancestors of the nodes at which a walk can begin or divide: the first heads, and the parents of merge points.
///
/// Each set is made from those below it, so that the whole costs little more than going through the graph once.
private struct MergePointClosures {
    private let index: GraphIndex
    private var known: [Int: NodeSet] = [:]
    private var isWanted: NodeSet

    init(index: GraphIndex, heads: [Int]) {
        self.index = index
        isWanted = NodeSet(heads, capacity: index.count)
        for node in 0..<index.count where index.normalizedDown.degree(node) > 1 {
            for parent in index.normalizedDown[node] { isWanted.insert(parent) }
        }
    }

    /// The node and its ancestors.
    mutating func closure(of node: Int) -> NodeSet {
        if let set = known[node] { return set }
        // Whatever is wanted below comes first, so that no walk is made twice.
        var below = isWanted
        below.formIntersection(index.normalizedDown.closure(of: CollectionOfOne(node)))
        for wanted in below.sorted(by: { index.rank[$0] < index.rank[$1] }) where known[wanted] == nil {
            known[wanted] = walk(from: wanted)
        }
        let set = known[node] ?? walk(from: node)
        known[node] = set
        return set
    }

    private func walk(from node: Int) -> NodeSet {
        var reached = NodeSet(capacity: index.count)
        var waiting = [node]
        while let next = waiting.popLast() {
            guard !reached.contains(next) else { continue }
            if let set = known[next] {
                reached.formUnion(set)
            } else {
                reached.insert(next)
                waiting.append(contentsOf: index.normalizedDown[next])
            }
        }
        return reached
    }
}
