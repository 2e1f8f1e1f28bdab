extension RevisionGraph {
    var resolver: Resolver { Resolver(index: index) }

    /// The revisions that a target means: several for `heads`, none for `base`.
    ///
    /// `current` means the rows themselves. Steps from what is applied start at the rows; without rows `-N` goes down
    /// from each head.
    public func resolve(_ target: RevisionTarget, rows: [RevisionID] = []) throws(RevisionError) -> [RevisionID] {
        if target.text == "current" { return index.ids(try numbers(ofRows: rows)) }
        guard let steps = target.steps else { return index.ids(try resolver.nodes([target.text])) }
        let current = try numbers(ofRows: rows)
        guard target.symbol == nil, steps < 0 else { return index.ids(try upgradeTargets(target, from: current)) }
        if rows.isEmpty { return try placesFromHeads(target).compactMap(\.self) }
        var starts = current
        if let branch = target.branch { starts = try resolver.filter(current, byLineageOf: branch) }
        var places: [Place] = []
        for start in starts { places.append(try resolver.walk(from: start, steps: steps)) }
        return try ids(of: places, target).compactMap(\.self)
    }

    /// The same where nothing is applied, with nil for each walk that ends at base.
    package func placesFromHeads(_ target: RevisionTarget) throws(RevisionError) -> [RevisionID?] {
        try ids(of: try resolver.places(target.text), target)
    }

    private func ids(of places: [Place], _ target: RevisionTarget) throws(RevisionError) -> [RevisionID?] {
        var ids: [RevisionID?] = []
        for place in places {
            switch place {
            case .node(let node): ids.append(index.id(node))
            case .base: ids.append(nil)
            case .beyond: throw resolver.outOfRange(target.text)
            }
        }
        return ids
    }

    /// The one revision that a target means; nil for `base`. Several are an error.
    public func resolveOne(_ target: RevisionTarget) throws(RevisionError) -> RevisionID? {
        try resolver.node(target.text).map(index.id)
    }

    /// All revisions that the version table's rows imply: their ancestors, dependencies included, and themselves.
    public func applied(rows: [RevisionID]) throws(RevisionError) -> Set<RevisionID> {
        Set(index.ids(index.allDown.closure(of: try numbers(ofRows: rows))))
    }

    /// What is applied, as people see it: on each branch the newest applied revision, also where another branch's
    /// dependency implies it and it has no row. In file order.
    public func current(rows: [RevisionID]) throws(RevisionError) -> [RevisionID] {
        let applied = index.allDown.closure(of: try numbers(ofRows: rows))
        return index.ids(applied.filter { node in !index.next[node].contains(where: applied.contains) })
    }

    /// Whether all there is has been applied: every head is a row or implied by one.
    public func isAtHead(rows: [RevisionID]) throws(RevisionError) -> Bool {
        let applied = index.allDown.closure(of: try numbers(ofRows: rows))
        return index.effectiveHeads.allSatisfy(applied.contains)
    }

    /// Throws unless every head is applied.
    public func checkAtHead(rows: [RevisionID]) throws(RevisionError) {
        guard try !isAtHead(rows: rows) else { return }
        let applied = index.allDown.closure(of: try numbers(ofRows: rows))
        let missing = index.ids(index.effectiveHeads.filter { !applied.contains($0) })
        throw RevisionError(
            .notAtHead, "cannot call the database up to date: \(missing.count) heads are not applied",
            hint: "run: migratectl upgrade heads", candidates: missing)
    }

    /// The nodes of the version table's rows, each once. A row without a file is an error that says so.
    func numbers(ofRows rows: [RevisionID]) throws(RevisionError) -> [Int] {
        var numbers: [Int] = []
        for row in rows {
            guard let number = index.node(row) else { throw RevisionError(rowWithoutFile: row) }
            if !numbers.contains(number) { numbers.append(number) }
        }
        return numbers
    }
}

extension RevisionError {
    /// The version table names a revision that nobody knows.
    public init(rowWithoutFile row: RevisionID) {
        self.init(
            .noSuchRevision,
            "cannot find revision \"\(row)\": the version table says that it is applied, but no file has it",
            hint: "bring its file back, or correct the version table: migratectl stamp --purge REVISION",
            candidates: [row])
    }
}
