extension RevisionGraph {
    /// What has to be run to get there from what the version table says: all missing ancestors, dependencies included,
    /// and never a sibling. Empty when the target is applied already.
    public func upgrade(to target: RevisionTarget, from rows: [RevisionID]) throws(RevisionError) -> [GraphStep] {
        try upgrade(to: [target], from: rows)
    }

    /// The same for several targets together.
    public func upgrade(to targets: [RevisionTarget], from rows: [RevisionID]) throws(RevisionError) -> [GraphStep] {
        // What is wrong with the request is said before what is wrong with the table.
        let known = rows.filter(contains)
        var wanted: [Int] = []
        for target in targets {
            if target.isBareStepUp, Set(rows).count > 1 { throw ambiguousStart(target, Set(rows).sorted()) }
            let nodes = try upgradeTargets(target, from: try numbers(ofRows: known))
            wanted += nodes.filter { !wanted.contains($0) }
        }
        let current = try numbers(ofRows: rows)
        try checkDistinct(wanted, "the target", hint: "name only the newer one")
        try checkDistinct(
            current, "the version table's row",
            hint: "correct the version table: migratectl stamp --purge REVISION, with the newest of each branch")
        var needed = index.allDown.closure(of: wanted)
        needed.subtract(index.allDown.closure(of: current))
        guard let order = index.newestFirst(needed, from: wanted) else { throw unreachable(targets.map(\.text)) }
        var state = AppliedState(index: index, rows: current)
        return order.reversed().map { state.upgrade($0) }
    }

    /// The nodes that a target of an upgrade means.
    func upgradeTargets(
        _ target: RevisionTarget, from current: [Int], staysAtEnd: Bool = false
    ) throws(RevisionError) -> [Int] {
        guard let steps = target.steps else { return try resolver.nodes([target.text]) }
        let place: Place
        if let symbol = target.symbol {
            let name = steps > 0 ? symbol : target.branch.map { "\($0)@\(symbol)" } ?? symbol
            place = try resolver.walk(
                from: try resolver.node(name), steps: steps, branch: steps > 0 ? target.branch : nil,
                staysAtEnd: staysAtEnd)
        } else {
            guard steps > 0 else {
                throw RevisionError(
                    .relativeOutOfRange, "cannot upgrade to \"\(target.text)\": an upgrade goes up",
                    hint: "write +N, or use downgrade")
            }
            let starts = try starts(ofStepsUp: target, from: current)
            guard starts.count < 2 else { throw ambiguousStart(target, index.ids(starts)) }
            place = try resolver.walk(
                from: starts.first, steps: steps, branch: target.branch, staysAtEnd: staysAtEnd)
        }
        guard case .node(let node) = place else { throw resolver.outOfRange(target.text) }
        return [node]
    }

    private func ambiguousStart(_ target: RevisionTarget, _ ids: [RevisionID]) -> RevisionError {
        RevisionError(
            .ambiguousCurrent, "cannot upgrade to \"\(target.text)\": \(ids.count) current revisions could be meant",
            hint: "name the branch, LABEL@\(target.text), or the revision to go to", candidates: ids)
    }

    /// Where `+N` and `branch@+N` begin: the rows; or those on the branch; or the newest applied ancestors on it; or
    /// base (none).
    private func starts(ofStepsUp target: RevisionTarget, from current: [Int]) throws(RevisionError) -> [Int] {
        guard let branch = target.branch else { return current }
        let rows = try resolver.filter(current, byLineageOf: branch)
        if !rows.isEmpty { return rows }
        let applied = Array(index.allDown.closure(of: current))
        let active = try resolver.filter(applied, byLineageOf: branch)
        var tips = NodeSet(active, capacity: index.count)
        for node in active {
            for parent in index.normalizedDown[node] { tips.remove(parent) }
        }
        return Array(tips)
    }

    /// Throws if one of the nodes is an ancestor of another.
    func checkDistinct(_ nodes: [Int], _ what: String, hint: String) throws(RevisionError) {
        guard nodes.count > 1 else { return }
        let parents = Set(nodes.flatMap { index.allDown[$0] })
        let below = index.allDown.closure(of: parents)
        guard let lower = nodes.first(where: below.contains) else { return }
        let upper = nodes.first { $0 != lower && index.allDown.closure(of: CollectionOfOne($0)).contains(lower) }
        throw RevisionError(
            .overlappingTargets,
            "cannot go on: \(what) \"\(index.id(lower))\" is an ancestor of \"\(index.id(upper ?? lower))\"",
            hint: hint, candidates: index.ids([lower] + (upper.map { [$0] } ?? [])))
    }

    func unreachable(_ texts: [String]) -> RevisionError {
        RevisionError(
            .notAncestor, "cannot go to \(texts.map { "\"\($0)\"" }.joined(separator: ", ")): the way is not connected")
    }
}
