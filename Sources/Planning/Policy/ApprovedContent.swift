import Digest
import Revisions

/// What an approval binds: a direction of a revision, by its content.
struct ApprovedContent: Hashable {
    let revision: RevisionID
    let direction: Direction
    let contentDigest: SHA256Digest

    init(_ approval: Approval) {
        revision = approval.revision
        direction = approval.direction
        contentDigest = approval.contentDigest
    }

    init(_ missing: MissingApproval) {
        revision = missing.revision
        direction = missing.direction
        contentDigest = missing.contentDigest
    }
}
