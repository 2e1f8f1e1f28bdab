public import Digest
public import Revisions

/// One line of the history: a revision that was applied in a direction. The history is append-only.
public struct HistoryEntry: Sendable, Hashable, Codable {
    public var revision: RevisionID
    public var direction: Direction
    public var appliedAt: Timestamp
    /// How long its statements took, in milliseconds.
    public var elapsedMilliseconds: Double
    public var person: Person
    public var job: JobID
    public var contentDigest: SHA256Digest
    public var meaningDigest: SHA256Digest
    public var rowsAfter: [RevisionID]

    public init(
        revision: RevisionID, direction: Direction, appliedAt: Timestamp, elapsedMilliseconds: Double, person: Person,
        job: JobID, contentDigest: SHA256Digest, meaningDigest: SHA256Digest, rowsAfter: [RevisionID]
    ) {
        self.revision = revision
        self.direction = direction
        self.appliedAt = appliedAt
        self.elapsedMilliseconds = elapsedMilliseconds
        self.person = person
        self.job = job
        self.contentDigest = contentDigest
        self.meaningDigest = meaningDigest
        self.rowsAfter = rowsAfter
    }
}
