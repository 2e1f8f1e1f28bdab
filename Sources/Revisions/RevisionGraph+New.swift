/// What a new revision shall be, as a person asks for it.
public struct RevisionRequest: Sendable, Hashable {
    public var id: RevisionID
    /// Targets: what the new revision comes after. `head` unless said otherwise; `base` begins a new root; several
    /// make a merge, in this order.
    public var parents: [String]
    /// A parent need not be a head.
    public var splice: Bool
    public var branchLabels: [String]
    /// Ids, partial ids or labels.
    public var dependsOn: [String]

    public init(
        id: RevisionID, parents: [String] = ["head"], splice: Bool = false, branchLabels: [String] = [],
        dependsOn: [String] = []
    ) {
        self.id = id
        self.parents = parents
        self.splice = splice
        self.branchLabels = branchLabels
        self.dependsOn = dependsOn
    }
}

extension RevisionGraph {
    /// The place that a new revision would take, with full ids. Throws if the graph would not be sound with it.
    public func place(for request: RevisionRequest) throws(RevisionError) -> RevisionNode {
        if let problem = request.id.problem {
            throw RevisionError(
                .illegalID, "cannot make revision \"\(request.id)\": \(problem)",
                hint: "choose an id of letters, digits and _")
        }
        let parents = try resolver.nodes(request.parents)
        if Set(parents).count < parents.count {
            throw RevisionError(
                .overlappingTargets, "cannot make revision \"\(request.id)\": a parent is named twice",
                hint: "name each parent once", candidates: index.ids(parents))
        }
        if !request.splice, let inner = parents.first(where: { index.next.degree($0) > 0 }) {
            throw RevisionError(
                .notAHead, "cannot make revision \"\(request.id)\": its parent \"\(index.id(inner))\" is not a head",
                hint: "add --splice to begin a new branch there", candidates: [index.id(inner)])
        }
        var dependencies: [String] = []
        for name in request.dependsOn {
            guard let node = try resolver.node(name) else {
                throw RevisionError(
                    .noSuchRevision, "cannot make revision \"\(request.id)\": nothing can depend on \"\(name)\"",
                    hint: "name a revision or a label")
            }
            dependencies.append(index.labels[node].contains(name) ? name : index.id(node).rawValue)
        }
        let node = RevisionNode(
            id: request.id, downRevisions: index.ids(parents), dependsOn: dependencies,
            branchLabels: request.branchLabels)
        if let problem = request.branchLabels.lazy.compactMap(Self.problem(ofLabel:)).first { throw problem }
        var builder = GraphBuilder(nodes: index.nodes + [node])
        if builder.build() == nil, let problem = builder.problems.first { throw problem }
        return node
    }

    private static func problem(ofLabel label: String) -> RevisionError? {
        guard let reason = RevisionID(label).labelProblem else { return nil }
        return RevisionError(
            .illegalLabel, "cannot use the label \"\(label)\": \(reason)",
            hint: "choose a label of letters, digits and _")
    }
}

extension RevisionID {
    /// Why no branch may be called so; nil when it is a good label.
    var labelProblem: String? {
        if rawValue.isEmpty { return "it is empty" }
        if Self.reservedWords.contains(rawValue) { return "the word has a meaning of its own in targets" }
        return Self.problem(withCharactersOf: rawValue)
    }
}
