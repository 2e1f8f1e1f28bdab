/// What the head of a revision file says.
public struct RevisionHeader: Sendable, Equatable {
    /// The keys that a header may have. Raw values are what people write.
    public enum Key: String, Sendable, Hashable, CaseIterable {
        case revision
        case downRevision = "down_revision"
        case branchLabels = "branch_labels"
        case dependsOn = "depends_on"
        case transaction
        case description
        case created

        /// Hashes the case, not the text that it stands for: there are some keys in every file.
        public func hash(into hasher: inout Hasher) { hasher.combine(ordinal) }

        private var ordinal: UInt8 {
            switch self {
            case .revision: 0
            case .downRevision: 1
            case .branchLabels: 2
            case .dependsOn: 3
            case .transaction: 4
            case .description: 5
            case .created: 6
            }
        }
    }

    public var id: RevisionID
    /// The parents, in order; none for a root.
    public var downRevisions: [RevisionID]
    public var branchLabels: [String]
    /// Ids or labels.
    public var dependsOn: [String]
    /// Whether each direction runs in one transaction.
    public var isTransactional: Bool
    /// The message for people; may be empty.
    public var description: String
    /// When the file was made, as written.
    public var created: String?

    public init(
        id: RevisionID, downRevisions: [RevisionID] = [], branchLabels: [String] = [], dependsOn: [String] = [],
        isTransactional: Bool = true, description: String = "", created: String? = nil
    ) {
        self.id = id
        self.downRevisions = downRevisions
        self.branchLabels = branchLabels
        self.dependsOn = dependsOn
        self.isTransactional = isTransactional
        self.description = description
        self.created = created
    }

    /// The header of a new file at that place in the graph.
    public init(
        _ node: RevisionNode, isTransactional: Bool = true, description: String = "", created: String? = nil
    ) {
        self.init(
            id: node.id, downRevisions: node.downRevisions, branchLabels: node.branchLabels, dependsOn: node.dependsOn,
            isTransactional: isTransactional, description: description, created: created)
    }

    /// The place in the graph.
    public var node: RevisionNode {
        RevisionNode(id: id, downRevisions: downRevisions, dependsOn: dependsOn, branchLabels: branchLabels)
    }
}
