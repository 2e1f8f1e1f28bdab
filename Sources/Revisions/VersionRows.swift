/// One change of the version table. An update or a deletion must hit exactly one row.
public enum VersionRowChange: Sendable, Hashable, Codable {
    case insert(RevisionID)
    case delete(RevisionID)
    case update(from: RevisionID, to: RevisionID)

    // The names of the encoded form: `{"insert": {"revision": …}}`, `{"update": {"from": …, "to": …}}`.
    private enum InsertCodingKeys: String, CodingKey { case _0 = "revision" }
    private enum DeleteCodingKeys: String, CodingKey { case _0 = "revision" }
}

/// One revision to be run, and what the version table has to say about it.
public struct GraphStep: Sendable, Hashable {
    public var revision: RevisionID
    public var direction: Direction
    /// To be written in this order, in the transaction of the step.
    public var rowChanges: [VersionRowChange]
    /// The version table's rows after the step, sorted.
    public var rowsAfter: [RevisionID]

    public init(
        revision: RevisionID, direction: Direction, rowChanges: [VersionRowChange], rowsAfter: [RevisionID]
    ) {
        self.revision = revision
        self.direction = direction
        self.rowChanges = rowChanges
        self.rowsAfter = rowsAfter
    }
}
