public import Digest
public import Revisions

/// One revision to be applied in one direction, by digest.
public struct Step: Sendable, Hashable, Codable {
    public var revision: RevisionID
    public var direction: Direction
    /// What approvals bind.
    public var contentDigest: SHA256Digest
    /// Which bytes hold it: the digest of the whole file.
    public var sourceDigest: SHA256Digest
    public var description: String
    public var path: String
    public var isTransactional: Bool
    public var statementCount: Int
    /// What becomes of the rows of the version table.
    public var rowChanges: [VersionRowChange]
    public var rowsAfter: [RevisionID]

    public init(
        revision: RevisionID, direction: Direction, contentDigest: SHA256Digest, sourceDigest: SHA256Digest,
        description: String, path: String, isTransactional: Bool, statementCount: Int,
        rowChanges: [VersionRowChange], rowsAfter: [RevisionID]
    ) {
        self.revision = revision
        self.direction = direction
        self.contentDigest = contentDigest
        self.sourceDigest = sourceDigest
        self.description = description
        self.path = path
        self.isTransactional = isTransactional
        self.statementCount = statementCount
        self.rowChanges = rowChanges
        self.rowsAfter = rowsAfter
    }
}

/// A revision that a plan would have to run and cannot: it has no downgrade, or somebody has to fill something in first.
public struct PlanGap: Sendable, Hashable, Codable {
    public var revision: RevisionID
    public var direction: Direction
    public var description: String
    public var path: String
    /// How many steps come before it.
    public var position: Int
    /// Line and text of what is to be filled in; nil where there is no downgrade.
    public var unfinished: String?

    public init(
        revision: RevisionID, direction: Direction = .downgrade, description: String, path: String, position: Int,
        unfinished: String? = nil
    ) {
        self.revision = revision
        self.direction = direction
        self.description = description
        self.path = path
        self.position = position
        self.unfinished = unfinished
    }
}

/// What shall be done to a database that is at `rowsBefore`: a value, made without touching anything.
public struct Plan: Sendable, Hashable {
    public var rowsBefore: [RevisionID]
    public var steps: [Step]
    /// What becomes of the version table where no revision is run: a stamp, which has no steps.
    public var stamp: StampPlan?

    public init(rowsBefore: [RevisionID], steps: [Step], stamp: StampPlan? = nil) {
        self.rowsBefore = rowsBefore
        self.steps = steps
        self.stamp = stamp
    }

    public var isEmpty: Bool { steps.isEmpty && stamp == nil }

    /// The rows of the version table when all is done, sorted.
    public var rowsAfter: [RevisionID] { (stamp?.rowsAfter ?? steps.last?.rowsAfter ?? rowsBefore).sorted() }

    /// Binds the rows it starts from and every step's direction and content, in order. Two plans with one digest do the
    /// same thing to the same database.
    public var digest: SHA256Digest {
        var lines = ["plan 1", "from \(rowsBefore.sorted().map(\.rawValue).joined(separator: " "))"]
        lines += steps.map { "\($0.direction.rawValue) \($0.revision) \($0.contentDigest)" }
        if let stamp { lines += ["stamp"] + stamp.rowChanges.map { "\($0)" } }
        return SHA256Digest.of(lines.joined(separator: "\n"))
    }
}
