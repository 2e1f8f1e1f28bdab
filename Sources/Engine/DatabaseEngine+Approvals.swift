public import Digest
import Logging
public import Planning
import PostgresClient
public import Revisions

/// Approving and taking back.
extension DatabaseEngine {
    /// Approves contents by the digests that the person was shown. All of them, or none.
    ///
    /// - Throws: `Failure` `no-such-revision`, `irreversible`; `digest-mismatch` where a file is no longer what was shown.
    public func approve(
        _ items: [(revision: RevisionID, direction: Direction, digest: SHA256Digest)], by person: Person
    ) async throws -> [Approval] {
        let sessions = try await sessions()
        let graph = library.snapshot.graph
        var revisions: [Revision] = []
        for item in items {
            guard let revision = graph[item.revision] else {
                throw Failure(.noSuchRevision, "cannot approve revision \"\(item.revision)\": it has no file")
            }
            guard let section = revision.section(item.direction) else {
                throw Failure(
                    .irreversible, "cannot approve the downgrade of \"\(item.revision)\": it has none",
                    location: Failure.Location(path: revision.path))
            }
            guard section.contentDigest == item.digest else {
                throw Failure(
                    .digestMismatch,
                    "cannot approve revision \"\(item.revision)\": its file has changed since it was shown",
                    hint: "look at it again: migratectl approve \(item.revision)",
                    location: Failure.Location(path: revision.path),
                    notes: ["shown: \(item.digest)", "now: \(section.contentDigest)"])
            }
            revisions.append(revision)
        }
        try await SourceStore(session: sessions.observer).keep(revisions)
        let store = ApprovalStore(session: sessions.observer)
        try await store.approve(
            zip(items, revisions).map { item, revision in
                ApprovalStore.Item(
                    revision: item.revision, direction: item.direction, contentDigest: item.digest,
                    sourceDigest: revision.sourceDigest)
            }, by: person)
        for item in items {
            log(
                .approvalGiven, "\(person.userName) approved the \(item.direction.rawValue) of \(item.revision)",
                item.revision)
        }
        signal.raise()
        await notifyOthers(sessions)
        return try await store.standing(for: items.map(\.digest))
    }

    /// Takes the person's own approvals back.
    ///
    /// - Throws: `Failure` `not-approved` where the person has approved none of it.
    public func revoke(
        _ items: [(revision: RevisionID, direction: Direction, digest: SHA256Digest)], by person: Person
    ) async throws -> [Approval] {
        let sessions = try await sessions()
        let store = ApprovalStore(session: sessions.observer)
        guard try await store.revoke(items, by: person) > 0 else {
            let names = items.map { "\"\($0.revision)\"" }.joined(separator: ", ")
            throw Failure(
                .notApproved, "cannot revoke the approval of \(names): \(person.userName) has given none",
                hint: "see who approved what: migratectl approvals")
        }
        for item in items {
            log(
                .approvalRevoked,
                "\(person.userName) took back the approval of the \(item.direction.rawValue) of \(item.revision)",
                item.revision)
        }
        await notifyOthers(sessions)
        return try await store.standing(for: items.map(\.digest))
    }

    /// The approvals that stand, newest first.
    public func approvals() async throws -> [Approval] {
        try await ApprovalStore(session: sessions().observer).standing()
    }

    private func log(_ kind: DaemonEvent, _ message: String, _ revision: RevisionID) {
        logger.notice(
            "\(configuration.name): \(message)",
            metadata: ["message-id": "\(kind.messageID)", "revision": "\(revision)"])
    }
}
