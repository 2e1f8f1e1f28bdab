import Revisions

/// A revision with its place in the graph, as the verbs show it.
struct RevisionEntry: Sendable, Encodable {
    var id: RevisionID
    /// The parents in the order of the header.
    var downRevisions: [RevisionID]
    /// What else has to be there first, as written.
    var dependsOn: [String]
    /// The labels that it gives to its branch.
    var branchLabels: [String]
    /// The labels of all branches that it is on.
    var branches: [String]
    var description: String
    var created: String?
    var path: String
    var isTransactional: Bool
    /// Whether there is a way back; nil where only the header was read.
    var hasDowngrade: Bool?
    /// What names it as a parent, sorted.
    var children: [RevisionID]
    /// A head on which other revisions depend: a row of the version table for it comes and goes.
    var isEffectiveHead: Bool
    /// Whether it is a row of the version table; nil where that was not asked.
    var isCurrent: Bool?
    /// Whether the version table says that it is applied; nil where that was not asked.
    var isApplied: Bool?

    var isHead: Bool { children.isEmpty }
    var isBase: Bool { downRevisions.isEmpty }
    var isBranchPoint: Bool { children.count > 1 }
    var isMergePoint: Bool { downRevisions.count > 1 }

    private enum CodingKeys: String, CodingKey {
        case id, downRevisions, dependsOn, branchLabels, branches, description, created, path, isTransactional
        case hasDowngrade, children, isHead, isEffectiveHead, isBase, isBranchPoint, isMergePoint, isCurrent, isApplied
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(downRevisions, forKey: .downRevisions)
        try container.encode(dependsOn, forKey: .dependsOn)
        try container.encode(branchLabels, forKey: .branchLabels)
        try container.encode(branches, forKey: .branches)
        try container.encode(description, forKey: .description)
        try container.encodeIfPresent(created, forKey: .created)
        try container.encode(path, forKey: .path)
        try container.encode(isTransactional, forKey: .isTransactional)
        try container.encodeIfPresent(hasDowngrade, forKey: .hasDowngrade)
        try container.encode(children, forKey: .children)
        try container.encode(isHead, forKey: .isHead)
        try container.encode(isEffectiveHead, forKey: .isEffectiveHead)
        try container.encode(isBase, forKey: .isBase)
        try container.encode(isBranchPoint, forKey: .isBranchPoint)
        try container.encode(isMergePoint, forKey: .isMergePoint)
        try container.encodeIfPresent(isCurrent, forKey: .isCurrent)
        try container.encodeIfPresent(isApplied, forKey: .isApplied)
    }
}
