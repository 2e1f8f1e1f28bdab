/// Where a name or a walk ends.
enum Place: Equatable {
    case node(Int)
    /// Before the first revision.
    case base
    /// Further than the graph goes.
    case beyond
}

/// Finds the nodes that are meant by a name, exactly as Alembic finds them.
struct Resolver {
    let index: GraphIndex

    /// What a name stands for before it is looked up among the revisions.
    private enum Meaning {
        case nodes([Int])
        case name(String)
    }

    /// `X@Y` at its first `@`.
    static func split(_ text: String) -> (branch: String?, symbol: String) {
        guard let at = text.firstIndex(of: "@") else { return (nil, text) }
        let symbol = String(text[text.index(after: at)...])
        return (at == text.startIndex ? nil : String(text[..<at]), symbol)
    }

    /// Everything that the text means: several nodes for `heads`, none for `base`. A negative number is a walk down
    /// from every head.
    func places(_ text: String) throws(RevisionError) -> [Place] {
        let (branch, symbol) = Self.split(text)
        switch try meaning(of: symbol, branch: branch) {
        case .nodes(let nodes):
            if let branch, !nodes.isEmpty { _ = try self.branch(branch) }
            return nodes.map { .node($0) }
        case .name(let name):
            if let steps = Self.negativeNumber(name) {
                var places: [Place] = []
                for head in index.effectiveHeads {
                    if let branch, !index.labels[head].contains(branch) { continue }
                    places.append(try walk(from: head, steps: steps))
                }
                return places
            }
            return [.node(try node(named: name, branch: branch))]
        }
    }

    /// The nodes that the texts mean together.
    func nodes(_ texts: [String]) throws(RevisionError) -> [Int] {
        var nodes: [Int] = []
        for text in texts {
            for place in try places(text) {
                guard case .node(let node) = place else { throw outOfRange(text) }
                nodes.append(node)
            }
        }
        return nodes
    }

    /// The one node that the text means; nil for `base`.
    func node(_ text: String) throws(RevisionError) -> Int? {
        let (branch, symbol) = Self.split(text)
        switch try meaning(of: symbol, branch: branch) {
        case .nodes(let nodes):
            guard nodes.count < 2 else { throw multipleHeads(nodes, text) }
            if let branch { _ = try self.branch(branch) }
            return nodes.first
        case .name(let name): return try node(named: name, branch: branch)
        }
    }

    /// The node whose id or label is the name, or the only one that begins so.
    func node(named name: String, branch: String? = nil) throws(RevisionError) -> Int {
        var branchNode: Int?
        if let branch { branchNode = try self.branch(branch) }
        if let exact = index.numbers[name] {
            if let branch, let branchNode,
                !index.lineage(of: [branchNode], throughDependencies: false).contains(exact)
            {
                throw RevisionError(
                    .notInBranch, "cannot find revision \"\(branch)@\(name)\": \"\(name)\" is not of that branch",
                    hint: "leave out \"\(branch)@\", or name a revision of the branch")
            }
            return exact
        }
        let matches = try keys(beginningWith: name, branch: branch)
        guard let match = matches.first, let found = index.numbers[match] else { throw noSuchRevision(name) }
        guard matches.count == 1 else {
            throw RevisionError(
                .ambiguousPrefix, "cannot find revision \"\(name)\": \(matches.count) names begin so",
                hint: "write more of it: \(Self.list(matches))", candidates: matches.map { RevisionID($0) })
        }
        return found
    }

    private func keys(beginningWith name: String, branch: String?) throws(RevisionError) -> [String] {
        guard !name.isEmpty else { return [] }
        let prefix = Array(name.utf8)
        let matches = index.keys.filter { $0.utf8.count > 3 && $0.utf8.starts(with: prefix) }
        guard let branch else { return matches }
        let lineage = try lineage(of: branch, of: matches.compactMap { index.numbers[$0] })
        return matches.filter { index.numbers[$0].map(lineage.contains) ?? false }
    }

    /// The node after which a branch is named.
    func branch(_ name: String) throws(RevisionError) -> Int {
        if let exact = index.numbers[name] { return exact }
        do {
            return try node(named: name)
        } catch {
            throw RevisionError(
                .noSuchBranch, "cannot find branch \"\(name)\": no label and no revision has that name",
                hint: "see the branches and their labels with: migratectl branches", candidates: error.candidates)
        }
    }

    private func meaning(of symbol: String, branch: String?) throws(RevisionError) -> Meaning {
        switch symbol {
        case "heads":
            guard let branch else { return .nodes(index.effectiveHeads) }
            return .nodes(try filter(index.heads, byLineageOf: branch))
        case "head":
            var heads = index.heads
            if let branch { heads = try filter(heads, byLineageOf: branch) }
            guard heads.count < 2 else { throw multipleHeads(heads, branch.map { "\($0)@head" } ?? "head") }
            return .nodes(heads)
        case "base": return .nodes([])
        default: return .name(symbol)
        }
    }

    /// Those of the nodes that share the lineage of what the text names.
    func filter(
        _ nodes: [Int], byLineageOf text: String, throughDependencies: Bool = false
    ) throws(RevisionError) -> [Int] {
        let lineage = try lineage(of: text, of: nodes, throughDependencies: throughDependencies)
        return nodes.filter(lineage.contains)
    }

    /// The lineage of what the text names: of both sides of an `@`. `base` is the lineage of everything, and nothing is
    /// looked up when there is nobody to ask for.
    private func lineage(
        of text: String, of nodes: [Int], throughDependencies: Bool = false
    ) throws(RevisionError) -> NodeSet {
        let (branch, symbol) = Self.split(text)
        let meaning = try meaning(of: symbol, branch: branch)
        if nodes.isEmpty { return NodeSet(capacity: index.count) }
        var shared: [Int] = []
        if let branch { shared.append(try node(named: branch)) }
        switch meaning {
        case .nodes(let nodes): shared += nodes
        case .name(let name): shared.append(try node(named: name))
        }
        guard !shared.isEmpty else { return NodeSet(0..<index.count, capacity: index.count) }
        return index.lineage(of: shared, throughDependencies: throughDependencies)
    }

    /// Goes up or down from a node, or from base (nil), one revision a step. The branch chooses on the way up.
    ///
    /// At the end of the graph the walk is `beyond`, or stays there if `staysAtEnd`.
    func walk(
        from start: Int?, steps: Int, branch: String? = nil, staysAtEnd: Bool = false
    ) throws(RevisionError) -> Place {
        var here: Place = start.map { .node($0) } ?? .base
        for _ in 0..<abs(steps) {
            var choices: [Place]
            switch here {
            case .node(let node) where steps < 0:
                choices = index.down[node].map { .node($0) }
                if choices.isEmpty { choices = [.base] }
            case .node(let node): choices = try climb(Array(index.next[node]), branch)
            case .base where steps > 0: choices = try climb(index.bases, branch)
            case .base, .beyond: choices = []
            }
            guard let choice = choices.first else { return staysAtEnd ? here : .beyond }
            guard choices.count == 1 else { throw ambiguousWalk(choices, from: here) }
            here = choice
        }
        return here
    }

    private func climb(_ children: [Int], _ branch: String?) throws(RevisionError) -> [Place] {
        guard let branch else { return children.map { .node($0) } }
        return try filter(children, byLineageOf: branch).map { .node($0) }
    }

    /// `-2` as a number; nil for anything else.
    private static func negativeNumber(_ text: String) -> Int? {
        guard text.first == "-", text.dropFirst().utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int(text).flatMap { $0 < 0 ? $0 : nil }
    }
}

// MARK: - Errors

extension Resolver {
    func noSuchRevision(_ name: String) -> RevisionError {
        RevisionError(
            .noSuchRevision, "cannot find revision \"\(name)\": no id and no label is or begins so",
            hint: index.count == 0
                ? "there are no revisions: look at the directory of migrations"
                : "see what there is with: migratectl history")
    }

    func multipleHeads(_ heads: [Int], _ text: String) -> RevisionError {
        let ids = index.ids(heads)
        return RevisionError(
            .multipleHeads, "cannot choose the revision that \"\(text)\" means: there are \(ids.count) heads",
            hint: "name one of them (\(Self.list(ids.map(\.rawValue)))), narrow it with LABEL@head, or say heads",
            candidates: ids)
    }

    func ambiguousWalk(_ choices: [Place], from here: Place) -> RevisionError {
        let ids = choices.compactMap { choice -> RevisionID? in
            if case .node(let node) = choice { index.id(node) } else { nil }
        }
        let place = if case .node(let node) = here { "revision \"\(index.id(node))\"" } else { "base" }
        return RevisionError(
            .ambiguousWalk, "cannot go one step from \(place): there are \(ids.count) ways",
            hint: "name the revision to go to: \(Self.list(ids.map(\.rawValue)))", candidates: ids)
    }

    func outOfRange(_ text: String) -> RevisionError {
        RevisionError(
            .relativeOutOfRange, "cannot go to \"\(text)\": the graph has not that many revisions there",
            hint: "see what there is with: migratectl history")
    }

    /// The first few names, for a hint.
    static func list(_ names: [String]) -> String {
        let shown = names.prefix(8).joined(separator: ", ")
        return names.count > 8 ? "\(shown) and \(names.count - 8) more" : shown
    }
}
