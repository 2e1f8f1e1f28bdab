extension RevisionGraph {
    /// What has to be undone, newest first, so that the target becomes the newest of its line: every applied descendant,
    /// dependents on other branches included. The target itself stays.
    public func downgrade(to target: RevisionTarget, from rows: [RevisionID]) throws(RevisionError) -> [GraphStep] {
        // What is wrong with the request is said before what is wrong with the table, unless it is about the table.
        let known = target.symbol == nil ? rows : rows.filter(contains)
        let (branch, place) = try downgradeTarget(target, from: try numbers(ofRows: known))
        let current = try numbers(ofRows: rows)
        let doomed = try downgradeSet(
            to: place, branch: branch, text: target.text, from: current, inclusive: false, implicitBase: false)
        guard let order = index.newestFirst(doomed, from: current) else { throw unreachable([target.text]) }
        var state = AppliedState(index: index, rows: current)
        return order.map { state.downgrade($0) }
    }

    /// Undoes exactly these revisions, newest first, as far as they are still applied: a downgrade that was planned before
    /// and was perhaps carried out in part.
    ///
    /// - Throws: `not_ancestor` where an applied revision that is not among them stands on one of them.
    public func downgrade(exactly revisions: [RevisionID], from rows: [RevisionID]) throws(RevisionError) -> [GraphStep]
    {
        var state = AppliedState(index: index, rows: try numbers(ofRows: rows))
        var steps: [GraphStep] = []
        for revision in revisions {
            guard let node = index.node(revision), state.isApplied(node) else { continue }
            guard !state.isBuiltUpon(node) else {
                throw RevisionError(
                    .notAncestor, "cannot downgrade \"\(revision)\": another applied revision stands on it by now",
                    hint: "queue the downgrade again", candidates: [revision])
            }
            steps.append(state.downgrade(node))
        }
        return steps
    }

    /// The place that a target of a downgrade means, and the branch to which it narrows the downgrade.
    func downgradeTarget(
        _ target: RevisionTarget, from current: [Int], staysAtEnd: Bool = false
    ) throws(RevisionError) -> (branch: String?, place: Place) {
        guard let steps = target.steps else {
            let (branch, symbol) = Resolver.split(target.text)
            return (branch, try resolver.node(symbol).map { .node($0) } ?? .base)
        }
        var branch = target.branch
        let place: Place
        if let symbol = target.symbol, steps >= 0 {
            place = try resolver.walk(
                from: try resolver.node(symbol), steps: steps, branch: branch, staysAtEnd: staysAtEnd)
        } else if let symbol = target.symbol {
            place = try resolver.walk(
                from: try resolver.node(branch.map { "\($0)@\(symbol)" } ?? symbol), steps: steps,
                staysAtEnd: staysAtEnd)
        } else {
            let start = try startOfStepsDown(target, steps: steps, from: current)
            branch = branch ?? index.id(start).rawValue
            place = try resolver.walk(from: start, steps: steps, staysAtEnd: staysAtEnd)
        }
        guard place != .beyond else { throw resolver.outOfRange(target.text) }
        return (branch, place)
    }

    /// The current revision from which `-N` or `branch@-N` goes down.
    private func startOfStepsDown(
        _ target: RevisionTarget, steps: Int, from current: [Int]
    ) throws(RevisionError) -> Int {
        guard steps < 0 else {
            throw RevisionError(
                .relativeOutOfRange, "cannot downgrade to \"\(target.text)\": a downgrade goes down",
                hint: "write -N, or use upgrade")
        }
        guard let first = current.first else {
            throw RevisionError(
                .relativeOutOfRange, "cannot downgrade to \"\(target.text)\": nothing is applied")
        }
        guard let branch = target.branch else { return first }
        var starts = try resolver.filter(current, byLineageOf: branch)
        if starts.isEmpty {
            let applied = index.allDown.closure(of: current)
            let tips = applied.filter { node in !index.next[node].contains(where: applied.contains) }
            starts = try resolver.filter(tips, byLineageOf: branch)
        }
        guard starts.count == 1 else {
            let ids = index.ids(starts)
            throw RevisionError(
                .ambiguousCurrent,
                ids.isEmpty
                    ? "cannot downgrade to \"\(target.text)\": nothing of that branch is applied"
                    : "cannot downgrade to \"\(target.text)\": \(ids.count) current revisions could be meant",
                hint: ids.isEmpty ? nil : "name the revision to go to", candidates: ids)
        }
        return starts[0]
    }

    /// The nodes that have to go so that `place` becomes the newest of its line.
    func downgradeSet(
        to place: Place, branch: String?, text: String, from current: [Int], inclusive: Bool, implicitBase: Bool
    ) throws(RevisionError) -> NodeSet {
        var roots: [Int]
        switch place {
        case .node(let node): roots = inclusive ? [node] : Array(index.next[node])
        case .base, .beyond: roots = index.bases
        }
        if let branch, roots.count > 1 {
            let ancestors = index.down.closure(of: CollectionOfOne(try resolver.branch(branch)))
            roots = roots.filter(ancestors.contains)
            guard !roots.isEmpty else { throw notBelow(text, current) }
        }
        let active = index.allDown.closure(of: current)
        var doomed = index.allNext.closure(of: roots)
        doomed.formIntersection(active)
        if implicitBase {
            var others = active
            others.subtract(index.allDown.closure(of: roots))
            doomed.formUnion(others)
        }
        if case .node(let node) = place, doomed.isEmpty, !current.contains(node) { throw notBelow(text, current) }
        return doomed
    }

    private func notBelow(_ text: String, _ current: [Int]) -> RevisionError {
        let ids = index.ids(current)
        return RevisionError(
            .notAncestor, "cannot downgrade to \"\(text)\": it is not below what is applied",
            hint: ids.isEmpty
                ? "nothing is applied: see migratectl current"
                : "applied is \(Resolver.list(ids.map(\.rawValue))): name one of its ancestors", candidates: ids)
    }
}
