public import Revisions

/// One line beside the history: the version table was made to say something else, and no revision was run.
public struct StampEntry: Sendable, Hashable, Codable {
    public var stampedAt: Timestamp
    public var person: Person
    public var job: JobID
    public var rowsBefore: [RevisionID]
    public var rowsAfter: [RevisionID]

    public init(
        stampedAt: Timestamp, person: Person, job: JobID, rowsBefore: [RevisionID], rowsAfter: [RevisionID]
    ) {
        self.stampedAt = stampedAt
        self.person = person
        self.job = job
        self.rowsBefore = rowsBefore
        self.rowsAfter = rowsAfter
    }
}
