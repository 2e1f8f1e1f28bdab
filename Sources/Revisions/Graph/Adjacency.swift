/// The edges of a graph in one direction: for each node its neighbours, packed into two arrays.
struct Adjacency: Sendable {
    private var starts: [Int32]
    private var targets: [Int32]

    /// Takes the neighbours of the nodes 0, 1, 2 … in turn.
    init(_ lists: some Collection<[Int]>) {
        starts = [0]
        starts.reserveCapacity(lists.count + 1)
        targets = []
        for list in lists {
            for target in list { targets.append(Int32(target)) }
            starts.append(Int32(targets.count))
        }
    }

    private init(starts: [Int32], targets: [Int32]) {
        self.starts = starts
        self.targets = targets
    }

    var nodeCount: Int { starts.count - 1 }

    /// How many neighbours a node has.
    func degree(_ node: Int) -> Int { Int(starts[node + 1] - starts[node]) }

    /// The neighbours of a node.
    subscript(node: Int) -> Neighbours {
        Neighbours(base: targets[Int(starts[node])..<Int(starts[node + 1])])
    }

    /// The same edges the other way round; neighbours come in ascending order.
    func reversed() -> Adjacency {
        var counts = [Int32](repeating: 0, count: nodeCount + 1)
        for target in targets { counts[Int(target) + 1] += 1 }
        for node in 0..<nodeCount { counts[node + 1] += counts[node] }
        var cursor = counts
        var sources = [Int32](repeating: 0, count: targets.count)
        for node in 0..<nodeCount {
            for index in starts[node]..<starts[node + 1] {
                let target = Int(targets[Int(index)])
                sources[Int(cursor[target])] = Int32(node)
                cursor[target] += 1
            }
        }
        return Adjacency(starts: counts, targets: sources)
    }

    /// The given nodes and everything that can be reached from them.
    func closure(of nodes: some Sequence<Int>) -> NodeSet {
        var reached = NodeSet(capacity: nodeCount)
        var waiting: [Int] = []
        for node in nodes where reached.insert(node) {
            waiting.append(node)
            while let next = waiting.popLast() {
                for neighbour in self[next] where reached.insert(neighbour) { waiting.append(neighbour) }
            }
        }
        return reached
    }
}

/// The neighbours of one node.
struct Neighbours: RandomAccessCollection {
    fileprivate let base: ArraySlice<Int32>

    var startIndex: Int { base.startIndex }
    var endIndex: Int { base.endIndex }
    subscript(position: Int) -> Int { Int(base[position]) }
}
