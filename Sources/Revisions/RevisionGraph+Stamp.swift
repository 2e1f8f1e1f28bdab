/// What a stamp does to the version table.
public struct StampPlan: Sendable, Hashable {
    /// To be written in this order, in one transaction.
    public var rowChanges: [VersionRowChange]
    /// The version table's rows afterwards, sorted.
    public var rowsAfter: [RevisionID]

    /// Without anything said: a stamp that leaves an empty table as it is.
    public init(rowChanges: [VersionRowChange] = [], rowsAfter: [RevisionID] = []) {
        self.rowChanges = rowChanges
        self.rowsAfter = rowsAfter
    }
}

extension RevisionGraph {
    /// The targets of a stamp in words that mean the same when more revisions have come: names have become ids.
    public func pinned(_ targets: [RevisionTarget]) throws(RevisionError) -> [RevisionTarget] {
        var pinned: [RevisionTarget] = []
        for target in targets {
            let ids = index.ids(try resolver.nodes([target.text]))
            let prefix = target.branch.map { "\($0)@" } ?? ""
            pinned += ids.isEmpty ? [target] : ids.map { RevisionTarget(prefix + $0.rawValue) }
        }
        return pinned
    }

    /// Says that the targets are applied without running anything: the rows of each target's lineage move to it, and a
    /// target of another lineage gets a row of its own. `base` takes the rows away.
    ///
    /// With `purge` all rows go first, whatever they are: the way out when the table names a revision without a file.
    public func stamp(
        to targets: [RevisionTarget], from rows: [RevisionID], purge: Bool = false
    ) throws(RevisionError) -> StampPlan {
        if let relative = targets.first(where: { $0.steps != nil }) {
            throw RevisionError(
                .noSuchRevision, "cannot stamp \"\(relative.text)\": a stamp takes no relative revisions",
                hint: "name the revision itself")
        }
        var changes: [VersionRowChange] = []
        if purge {
            var seen: Set<RevisionID> = []
            changes = rows.filter { seen.insert($0).inserted }.map { .delete($0) }
        }
        var table = StampedTable(index: index, rows: purge ? [] : try numbers(ofRows: rows))
        let texts = targets.isEmpty ? ["base"] : targets.map(\.text)
        var moved: [Int] = []
        for text in texts {
            let lineage = try resolver.filter(table.rows, byLineageOf: text, throughDependencies: true)
            moved += lineage.filter { !moved.contains($0) }
        }
        let destinations = try resolver.nodes(texts)
        if destinations.isEmpty { table.clear(moved) }
        for destination in destinations where !moved.contains(destination) { table.move(moved, to: destination) }
        return StampPlan(rowChanges: changes + table.changes, rowsAfter: index.ids(table.rows).sorted())
    }
}

/// The version table while it is being stamped.
private struct StampedTable {
    let index: GraphIndex
    private(set) var rows: [Int]
    private(set) var changes: [VersionRowChange] = []

    init(index: GraphIndex, rows: [Int]) {
        self.index = index
        self.rows = rows
    }

    mutating func clear(_ nodes: [Int]) {
        for node in nodes {
            rows.removeAll { $0 == node }
            changes.append(.delete(index.id(node)))
        }
    }

    /// Moves the rows of a lineage to one node, up or down; a node of no row's lineage gets a row of its own.
    mutating func move(_ lineage: [Int], to node: Int) {
        let above = index.allNext.closure(of: CollectionOfOne(node))
        let below = index.allDown.closure(of: CollectionOfOne(node))
        let isDown = lineage.contains(where: above.contains)
        let isUp = !isDown && lineage.contains(where: below.contains)
        let present = isDown || isUp ? lineage.filter(rows.contains) : []
        // A lineage that has moved to an earlier target already stays there; this target gets a row beside it.
        let taken = isUp && present.count < lineage.count ? [] : present
        rows.removeAll(where: taken.contains)
        if rows.contains(node) {
            changes += taken.map { .delete(index.id($0)) }
            return
        }
        rows.append(node)
        changes += taken.dropLast().map { .delete(index.id($0)) }
        changes.append(taken.last.map { .update(from: index.id($0), to: index.id(node)) } ?? .insert(index.id(node)))
    }
}
