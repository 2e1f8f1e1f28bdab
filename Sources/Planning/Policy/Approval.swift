public import Digest
public import Revisions

/// The consent of one person to exactly these bytes, in this direction, in this database.
public struct Approval: Sendable, Hashable, Codable {
    public var revision: RevisionID
    public var direction: Direction
    public var contentDigest: SHA256Digest
    public var person: Person
    public var givenAt: Timestamp

    public init(
        revision: RevisionID, direction: Direction, contentDigest: SHA256Digest, person: Person, givenAt: Timestamp
    ) {
        self.revision = revision
        self.direction = direction
        self.contentDigest = contentDigest
        self.person = person
        self.givenAt = givenAt
    }
}

/// What a step still lacks before the policy lets it pass.
public struct MissingApproval: Sendable, Hashable, Codable {
    public var revision: RevisionID
    public var direction: Direction
    public var contentDigest: SHA256Digest
    /// How many persons have approved these bytes, and how many the policy asks for.
    public var given: Int
    public var wanted: Int

    public init(revision: RevisionID, direction: Direction, contentDigest: SHA256Digest, given: Int, wanted: Int) {
        self.revision = revision
        self.direction = direction
        self.contentDigest = contentDigest
        self.given = given
        self.wanted = wanted
    }

    /// A step before anybody has approved it.
    init(_ step: Step, wanted: Int) {
        self.init(
            revision: step.revision, direction: step.direction, contentDigest: step.contentDigest, given: 0,
            wanted: wanted)
    }
}
