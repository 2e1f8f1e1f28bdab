/// What is applied while a plan is being made, and the version table's rows for it: the applied revisions that no
/// other applied revision names as parent or dependency.
struct AppliedState {
    private let index: GraphIndex
    private var rows: [Int]
    private var applied: NodeSet
    /// For each node how many applied nodes stand directly on it.
    private var children: [Int32]

    init(index: GraphIndex, rows: [Int]) {
        self.index = index
        self.rows = rows
        applied = index.allDown.closure(of: rows)
        children = [Int32](repeating: 0, count: index.count)
        for node in applied {
            for parent in index.normalizedDown[node] { children[parent] += 1 }
        }
    }

    func isApplied(_ node: Int) -> Bool { applied.contains(node) }

    /// Whether another applied revision stands on the node, so that it cannot be run down before that one.
    func isBuiltUpon(_ node: Int) -> Bool { children[node] > 0 }

    /// Runs the node up: its row takes the place of its parents' rows.
    mutating func upgrade(_ node: Int) -> GraphStep {
        let parents = index.normalizedDown[node]
        let replaced = parents.filter(rows.contains)
        applied.insert(node)
        for parent in parents { children[parent] += 1 }
        rows.removeAll(where: replaced.contains)
        rows.append(node)
        var changes: [VersionRowChange] = replaced.dropLast().map { .delete(index.id($0)) }
        changes.append(replaced.last.map { .update(from: index.id($0), to: index.id(node)) } ?? .insert(index.id(node)))
        return step(node, .upgrade, changes)
    }

    /// Runs the node down: its row goes back to those parents on which nothing else stands.
    mutating func downgrade(_ node: Int) -> GraphStep {
        let parents = index.normalizedDown[node]
        applied.remove(node)
        for parent in parents { children[parent] -= 1 }
        let uncovered = parents.filter { children[$0] == 0 && !rows.contains($0) }
        rows.removeAll { $0 == node }
        rows += uncovered
        var changes: [VersionRowChange] = uncovered.dropLast().map { .insert(index.id($0)) }
        changes.append(
            uncovered.last.map { .update(from: index.id(node), to: index.id($0)) } ?? .delete(index.id(node)))
        return step(node, .downgrade, changes)
    }

    private func step(_ node: Int, _ direction: Direction, _ changes: [VersionRowChange]) -> GraphStep {
        GraphStep(
            revision: index.id(node), direction: direction, rowChanges: changes,
            rowsAfter: rows.count == 1 ? [index.id(rows[0])] : index.ids(rows).sorted())
    }
}
