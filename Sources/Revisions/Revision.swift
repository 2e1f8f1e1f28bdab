public import Digest
public import SQLText

/// Which way a revision is run.
public enum Direction: String, Sendable, Codable, CaseIterable {
    case upgrade
    case downgrade
}

/// A file as it was read: nothing in it has been looked at yet.
public struct RevisionFile: Sendable, Equatable {
    /// The path by which people know the file; it is only ever shown and compared.
    public var path: String
    public var bytes: [UInt8]

    public init(path: String, bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
    }
}

/// One revision: its place in the graph and what it does in each direction.
public struct Revision: Sendable, Identifiable, Equatable {
    /// What one direction does.
    public struct Section: Sendable, Equatable {
        /// The statements in order, each with its place in the file.
        public var statements: [Statement]
        /// Binds every byte of the section and everything in the header that decides what happens.
        public var contentDigest: SHA256Digest
        /// As the content digest, but blind to comments and white space: the same meaning, the same digest.
        public var meaningDigest: SHA256Digest
        /// What a person has to fill in before the section can run; nil where it is whole.
        public var unfinished: Unfinished?

        public init(
            statements: [Statement], contentDigest: SHA256Digest, meaningDigest: SHA256Digest,
            unfinished: Unfinished? = nil
        ) {
            self.statements = statements
            self.contentDigest = contentDigest
            self.meaningDigest = meaningDigest
            self.unfinished = unfinished
        }
    }

    /// A line `-- migrated: unfinished: WHAT IS MISSING`: the place of SQL that nobody has written yet.
    public struct Unfinished: Sendable, Equatable {
        /// What is missing; may be empty.
        public var reason: String
        /// Where the line stands.
        public var position: SourcePosition

        public init(reason: String, position: SourcePosition) {
            self.reason = reason
            self.position = position
        }
    }

    public var id: RevisionID
    /// The parents in the order of the header; none for a root, several for a merge.
    public var downRevisions: [RevisionID]
    /// Further revisions that have to be there first, by id or by label, as written.
    public var dependsOn: [String]
    /// The labels that this revision gives to its branch.
    public var branchLabels: [String]
    /// Whether each direction runs in one transaction.
    public var isTransactional: Bool
    /// The message for people; may be empty.
    public var description: String
    /// When the file was made, as written.
    public var created: String?
    /// The file that it came from.
    public var path: String
    /// Where the header's keys stand in that file, for messages about the graph.
    public var headerPositions: [RevisionHeader.Key: SourcePosition]
    public var upgrade: Section
    /// Nil when there is no way back.
    public var downgrade: Section?
    /// The whole file.
    public var source: [UInt8]
    /// The digest of the whole file.
    public var sourceDigest: SHA256Digest

    /// What this revision does in that direction; nil when there is no way back.
    public func section(_ direction: Direction) -> Section? {
        switch direction {
        case .upgrade: upgrade
        case .downgrade: downgrade
        }
    }

    /// Whether a downgrade can pass through this revision.
    public var isReversible: Bool { downgrade != nil }

    /// This revision's place in the graph.
    public var node: RevisionNode {
        RevisionNode(id: id, downRevisions: downRevisions, dependsOn: dependsOn, branchLabels: branchLabels)
    }
}

/// A revision's place in the graph, without what it does.
public struct RevisionNode: Sendable, Hashable, Identifiable {
    public var id: RevisionID
    /// The parents in the order of the header.
    public var downRevisions: [RevisionID]
    /// Ids or labels, as written.
    public var dependsOn: [String]
    public var branchLabels: [String]

    public init(
        id: RevisionID, downRevisions: [RevisionID] = [], dependsOn: [String] = [], branchLabels: [String] = []
    ) {
        self.id = id
        self.downRevisions = downRevisions
        self.dependsOn = dependsOn
        self.branchLabels = branchLabels
    }
}
