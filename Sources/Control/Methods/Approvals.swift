public import Digest
public import Planning
public import Revisions

/// What is approved or taken back: a direction of a revision, by the digest that the person was shown.
public struct ApprovalItem: Sendable, Hashable, Codable {
    public var revision: RevisionID
    public var direction: Direction
    public var contentDigest: SHA256Digest

    public init(revision: RevisionID, direction: Direction, contentDigest: SHA256Digest) {
        self.revision = revision
        self.direction = direction
        self.contentDigest = contentDigest
    }
}

/// Consent to what the rehearsal of a job found, by the digest that the person was shown.
public struct FindingsItem: Sendable, Hashable, Codable {
    public var job: JobID
    public var digest: SHA256Digest

    public init(job: JobID, digest: SHA256Digest) {
        self.job = job
        self.digest = digest
    }
}

/// A list of what is approved or taken back.
public struct ApprovalRequest: Sendable, Codable {
    public var database: String?
    public var items: [ApprovalItem]
    public var findings: [FindingsItem]?

    public init(database: String? = nil, items: [ApprovalItem], findings: [FindingsItem]? = nil) {
        self.database = database
        self.items = items
        self.findings = findings
    }
}

/// The approvals that stand after a call.
public struct ApprovalReply: Sendable, Codable {
    public var approvals: [Approval]
    /// Consent to what rehearsals found.
    public var findings: [FindingsApproval]?

    public init(approvals: [Approval], findings: [FindingsApproval]? = nil) {
        self.approvals = approvals
        self.findings = findings
    }
}

/// Approves contents. Fails with `DigestMismatch` where a revision's file no longer has the digest that was shown.
public enum Approve: ControlMethod {
    public static let name = "Approve"
    public typealias Parameters = ApprovalRequest
    public typealias Reply = ApprovalReply
}

/// Takes the caller's own approvals back; what was applied stays applied.
public enum Revoke: ControlMethod {
    public static let name = "Revoke"
    public typealias Parameters = ApprovalRequest
    public typealias Reply = ApprovalReply
}

/// The approvals that stand, newest first.
public enum ListApprovals: ControlMethod {
    public static let name = "ListApprovals"

    public struct Parameters: Sendable, Codable {
        public var database: String?

        public init(database: String? = nil) {
            self.database = database
        }
    }

    public typealias Reply = ApprovalReply
}
