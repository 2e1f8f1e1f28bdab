/// Which labels reach which node.
///
/// A label covers the revision that carries it and all descendants by parentage. If none of these is a merge point or
/// is needed by more than one other revision, the label also covers the ancestors, back to the previous branch point
/// or merge point: the label then names the whole branch, wherever on it the label was written.
struct BranchLabels: Sendable {
    private var sets: [[String]]
    private var setOfNode: [Int32]

    init(nodes: [RevisionNode], order: [Int], down: Adjacency, next: Adjacency, allNext: Adjacency) {
        sets = [[]]
        setOfNode = [Int32](repeating: 0, count: nodes.count)
        var direct: [Int: Set<String>] = [:]
        for (node, content) in nodes.enumerated() where !content.branchLabels.isEmpty {
            direct[node, default: []].formUnion(content.branchLabels)
            for ancestor in Self.branchBelow(node, down: down, next: next, allNext: allNext) {
                direct[ancestor, default: []].formUnion(content.branchLabels)
            }
        }
        if direct.isEmpty { return }
        var known: [[String]: Int32] = [[]: 0]
        for node in order {
            let parents = down[node]
            let first = parents.first.map { setOfNode[$0] } ?? 0
            if direct[node] == nil, parents.allSatisfy({ setOfNode[$0] == first }) {
                setOfNode[node] = first
                continue
            }
            var union = direct[node] ?? []
            for parent in parents { union.formUnion(sets[Int(setOfNode[parent])]) }
            let sorted = union.sorted()
            if let number = known[sorted] {
                setOfNode[node] = number
            } else {
                setOfNode[node] = Int32(sets.count)
                known[sorted] = Int32(sets.count)
                sets.append(sorted)
            }
        }
    }

    /// The labels that reach the node, sorted.
    subscript(node: Int) -> [String] { sets[Int(setOfNode[node])] }

    /// The ancestors that a label written at `node` reaches.
    private static func branchBelow(_ node: Int, down: Adjacency, next: Adjacency, allNext: Adjacency) -> [Int] {
        func isPlain(_ node: Int) -> Bool { down.degree(node) <= 1 && allNext.degree(node) <= 1 }
        var cursor: Int? = node
        while let here = cursor {
            guard isPlain(here) else { return [] }
            cursor = next[here].first
        }
        var ancestors: [Int] = []
        cursor = down[node].first
        while let here = cursor, isPlain(here) {
            ancestors.append(here)
            cursor = down[here].first
        }
        return ancestors
    }
}
