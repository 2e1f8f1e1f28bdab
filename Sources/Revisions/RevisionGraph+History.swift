/// One end of a stretch of history.
package enum IterationEnd: Sendable {
    /// Before the first revision, or after the last.
    case base
    case name(String)
    case names([String])
    /// What the version table says.
    case rows([RevisionID])
}

/// How a stretch of history is walked.
package struct IterationOptions: Sendable {
    /// The lower end is part of the stretch.
    package var isInclusive = false
    /// What other branches contribute is part of the stretch, down to their base.
    package var hasImplicitBase = false
    /// Steps further than the graph goes end at its end.
    package var staysAtEnd = false

    package init() {}
}

extension RevisionGraph {
    /// The revisions of the range, both ends included, newest first; without a range all of them.
    ///
    /// `current` as an end means the rows.
    public func history(
        _ range: RevisionRange? = nil, rows: [RevisionID] = []
    ) throws(RevisionError) -> [RevisionID] {
        func end(_ target: RevisionTarget?, _ missing: IterationEnd) -> IterationEnd {
            guard let target else { return missing }
            return target.text == "current" ? .rows(rows) : .name(target.text)
        }
        var options = IterationOptions()
        options.isInclusive = true
        options.staysAtEnd = true
        return try iterate(
            from: end(range?.end, .name("heads")), downTo: end(range?.start, .base), options)
    }

    /// The revisions between two ends that an upgrade from the lower to the upper would run, newest first.
    package func iterate(
        from upper: IterationEnd, downTo lower: IterationEnd, _ options: IterationOptions
    ) throws(RevisionError) -> [RevisionID] {
        var targets = try upperNodes(upper, above: lower, options)
        if case .name(let text) = lower { targets = try narrow(targets, toBranchOf: text) }
        try checkDistinct(targets, "the target", hint: "name only the newer one")
        let required = index.allDown.closure(of: targets)
        let (current, included) = try lowerNodes(lower, below: upper, options)
        if !options.hasImplicitBase, let stray = current.first(where: { !required.contains($0) }) {
            throw notAnAncestor(stray, of: targets)
        }
        try checkDistinct(current, "the revision", hint: "name only the newer one")
        var needed = required
        needed.subtract(index.allDown.closure(of: current))
        if options.isInclusive {
            for node in included { needed.insert(node) }
        }
        if !current.isEmpty, !options.hasImplicitBase {
            needed.formIntersection(index.next.closure(of: current))
        }
        guard let order = index.newestFirst(needed, from: targets) else {
            throw notAnAncestor(current.first, of: targets)
        }
        return index.ids(order)
    }

    /// The revisions that a downgrade from the upper to the lower end would undo, newest first.
    package func iterateDowngrade(
        from upper: IterationEnd, downTo lower: String?, _ options: IterationOptions
    ) throws(RevisionError) -> [RevisionID] {
        let current = try upperNodes(upper, above: .base, options)
        let (branch, place) =
            try lower.map { (text) throws(RevisionError) in
                try downgradeTarget(RevisionTarget(text), from: current, staysAtEnd: options.staysAtEnd)
            } ?? (nil, .base)
        let doomed = try downgradeSet(
            to: place, branch: branch, text: lower ?? "base", from: current, inclusive: options.isInclusive,
            implicitBase: options.hasImplicitBase)
        guard let order = index.newestFirst(doomed, from: current) else { throw unreachable([lower ?? "base"]) }
        return index.ids(order)
    }

    private func upperNodes(
        _ upper: IterationEnd, above lower: IterationEnd, _ options: IterationOptions
    ) throws(RevisionError) -> [Int] {
        switch upper {
        case .base: return []
        case .names(let names): return try resolver.nodes(names)
        case .rows(let rows): return try numbers(ofRows: rows)
        case .name(let text):
            let target = RevisionTarget(text)
            guard target.steps != nil else { return try resolver.nodes([text]) }
            let start =
                switch lower {
                case .base: [Int]()
                case .name(let text): try resolver.nodes([text])
                case .names(let names): try resolver.nodes(names)
                case .rows(let rows): try numbers(ofRows: rows)
                }
            return try upgradeTargets(target, from: start, staysAtEnd: options.staysAtEnd)
        }
    }

    /// The nodes below which nothing is wanted, and those of them that an inclusive walk ends with.
    private func lowerNodes(
        _ lower: IterationEnd, below upper: IterationEnd, _ options: IterationOptions
    ) throws(RevisionError) -> (current: [Int], included: [Int]) {
        switch lower {
        case .base: return ([], [])
        case .names(let names):
            let nodes = try resolver.nodes(names)
            return (nodes, nodes)
        case .rows(let rows):
            let nodes = try numbers(ofRows: rows)
            return (nodes, nodes)
        case .name(let text):
            // Steps down to the rows begin at the rows; Alembic would count from the heads.
            if case .rows(let rows) = upper, text.first == "-", RevisionTarget(text).steps != nil {
                let (_, place) = try downgradeTarget(
                    RevisionTarget(text), from: try numbers(ofRows: rows), staysAtEnd: options.staysAtEnd)
                guard case .node(let node) = place else { return ([], []) }
                return ([node], [node])
            }
            let nodes = try nodes(down: text, to: try resolver.places(text))
            return (nodes, nodes)
        }
    }

    /// The nodes at the end of steps down from the heads, each of which has to be long enough.
    private func nodes(down text: String, to places: [Place]) throws(RevisionError) -> [Int] {
        if places.contains(.base) {
            throw RevisionError(
                .notAncestor, "cannot walk down to \"\(text)\": that is base, and no ancestor",
                hint: "leave it out to walk down to base")
        }
        if places.contains(.beyond) {
            throw RevisionError(
                .noSuchBranch, "cannot walk down to \"\(text)\": no branch has so many revisions below its head",
                hint: "leave it out to walk down to base")
        }
        return places.compactMap { place in
            if case .node(let node) = place { node } else { nil }
        }
    }

    /// `label@…` as the lower end keeps the upper end within the label.
    private func narrow(_ targets: [Int], toBranchOf text: String) throws(RevisionError) -> [Int] {
        guard let name = Resolver.split(text).branch else { return targets }
        var label = name
        if let node = try resolver.node(name), index.id(node).rawValue == name {
            guard index.labels[node].count == 1 else {
                throw RevisionError(
                    .noSuchBranch, "cannot narrow to the branch of revision \"\(name)\": it has not exactly one label",
                    hint: "name the branch by its label")
            }
            label = index.labels[node][0]
        }
        return targets.filter { index.labels[$0].contains(label) }
    }

    private func notAnAncestor(_ node: Int?, of targets: [Int]) -> RevisionError {
        let lower = node.map { index.id($0).rawValue } ?? "base"
        let upper = targets.isEmpty ? "heads" : Resolver.list(index.ids(targets).map(\.rawValue))
        return RevisionError(
            .notAncestor, "cannot walk from \"\(lower)\" to \"\(upper)\": the one is not an ancestor of the other",
            hint: "write the older revision first", candidates: index.ids(targets))
    }
}
