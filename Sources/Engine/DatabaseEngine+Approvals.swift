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
        let sources = SourceStore(session: sessions.observer)
        let restores = try await RestoreStore(session: sessions.observer).open()
        var revisions: [Revision] = []
        var approved: [ApprovalStore.Item] = []
        for item in items {
            let restore = restores.first {
                $0.approval.contentDigest == item.digest && $0.backup == item.revision.rawValue
            }
            if let restore {
                try await sources.keep(restore)
            } else {
                revisions.append(try await revision(item, sessions))
            }
            approved.append(
                ApprovalStore.Item(
                    revision: item.revision, direction: item.direction, contentDigest: item.digest,
                    sourceDigest: restore == nil ? revisions[revisions.count - 1].sourceDigest : item.digest))
        }
        try await sources.keep(revisions)
        let store = ApprovalStore(session: sessions.observer)
        try await store.approve(approved, by: person)
        for item in items {
            log(
                .approvalGiven, "\(person.userName) approved the \(item.direction.rawValue) of \(item.revision)",
                item.revision, by: person)
        }
        signal.raise()
        await notifyOthers(sessions)
        return try await store.standing(for: items.map(\.digest))
    }

    /// The revision with the bytes that were shown: the directory's, or those that were kept for a job.
    private func revision(
        _ item: (revision: RevisionID, direction: Direction, digest: SHA256Digest), _ sessions: SessionPair
    ) async throws -> Revision {
        let listed = library.snapshot.graph[item.revision]
        if let listed, listed.section(item.direction)?.contentDigest == item.digest { return listed }
        let kept = RevisionDirectory.each(
            try await SourceStore(session: sessions.observer).files(of: item.revision))
        if let shown = kept.first(where: { $0.section(item.direction)?.contentDigest == item.digest }) { return shown }
        guard let listed else {
            throw Failure(.noSuchRevision, "cannot approve revision \"\(item.revision)\": it has no file")
        }
        guard let section = listed.section(item.direction) else {
            throw Failure(
                .irreversible, "cannot approve the downgrade of \"\(item.revision)\": it has none",
                location: Failure.Location(path: listed.path))
        }
        throw Failure(
            .digestMismatch, "cannot approve revision \"\(item.revision)\": its file has changed since it was shown",
            hint: "look at it again: migratectl approve \(item.revision)",
            location: Failure.Location(path: listed.path),
            notes: ["shown: \(item.digest)", "now: \(section.contentDigest)"])
    }

    /// A revision with the bytes that were kept for a job.
    ///
    /// - Throws: `Failure` `no-such-job`; `no-such-revision` where it is not one of the job's.
    public func revision(_ id: RevisionID, of job: Int64) async throws -> Revision {
        let session = try await sessions().observer
        let steps = try await JobStore(database: configuration.name, session: session).steps(of: job)
        let digests = steps.filter { $0.revision == id }.map(\.sourceDigest)
        guard let revision = RevisionDirectory.each(try await SourceStore(session: session).files(digests)).first else {
            throw Failure(
                .noSuchRevision, "cannot show revision \"\(id)\": it is not one of job \(configuration.name)-\(job)")
        }
        return revision
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
                item.revision, by: person)
        }
        await notifyOthers(sessions)
        return try await store.standing(for: items.map(\.digest))
    }

    /// Consents to what the rehearsals of jobs found, by the digests that the person was shown.
    ///
    /// - Throws: `Failure` `no-such-job`; `digest-mismatch` where the job's report is no longer what was shown.
    public func approveFindings(_ items: [(job: Int64, digest: SHA256Digest)], by person: Person) async throws {
        let sessions = try await sessions()
        for item in items {
            let job = try await job(item.job)
            let asked = try await jobs(sessions).rehearsal(of: item.job).flatMap(AskedFindings.init)
            guard asked?.digest == item.digest else {
                throw Failure(
                    .digestMismatch,
                    "cannot approve what the rehearsal of \"\(job.id)\" found: it is not what was shown",
                    hint: "look at it again: migratectl approve --job \(job.id)")
            }
        }
        let store = FindingsApprovalStore(database: configuration.name, session: sessions.observer)
        for item in items {
            try await store.approve(item.digest, shownBy: item.job, by: person)
            logger.notice(
                "\(configuration.name): \(person.userName) approved what the rehearsal of \(configuration.name)-\(item.job) found",
                metadata: ["message-id": "\(DaemonEvent.approvalGiven.messageID)"])
        }
        signal.raise()
        await notifyOthers(sessions)
    }

    /// Takes the person's own consent back.
    ///
    /// - Throws: `Failure` `not-approved` where the person has given none.
    public func revokeFindings(_ items: [(job: Int64, digest: SHA256Digest)], by person: Person) async throws {
        let sessions = try await sessions()
        let store = FindingsApprovalStore(database: configuration.name, session: sessions.observer)
        for item in items {
            let id = JobID(database: configuration.name, number: item.job)
            guard try await store.revoke(item.digest, by: person) else {
                throw Failure(
                    .notApproved,
                    "cannot revoke the approval of what the rehearsal of \"\(id)\" found: \(person.userName) has given none",
                    hint: "see who approved what: migratectl approvals")
            }
            logger.notice(
                "\(configuration.name): \(person.userName) took back the approval of what the rehearsal of \(id) found",
                metadata: ["message-id": "\(DaemonEvent.approvalRevoked.messageID)"])
        }
        await notifyOthers(sessions)
    }

    /// Consent to findings that stands, newest first.
    public func findingsApprovals() async throws -> [FindingsApproval] {
        try await FindingsApprovalStore(database: configuration.name, session: sessions().observer).standing()
    }

    /// The approvals that stand, newest first.
    public func approvals() async throws -> [Approval] {
        try await ApprovalStore(session: sessions().observer).standing()
    }

    private func log(_ kind: DaemonEvent, _ message: String, _ revision: RevisionID, by person: Person) {
        logger.notice(
            "\(configuration.name): \(message)",
            metadata: [
                "message-id": "\(kind.messageID)", "revision": "\(revision)", "user": "\(person.userName)",
            ])
    }
}
