import ArgumentParser
import Control
import Planning
import Revisions

/// `migratectl revoke`: takes the caller's approvals back.
struct RevokeCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Take back your approvals of revisions.",
        discussion: "What was applied stays applied. With --job: of what the rehearsal of a job found.")

    @OptionGroup var options: GlobalOptions

    @Flag(name: .long, help: "Revoke approvals of their downgrades, not of their upgrades.")
    var downgrade = false

    @Option(name: .long, help: ArgumentHelp("What the rehearsal of this job found.", valueName: "main-41"))
    var job: JobID?

    @Argument(help: ArgumentHelp("Ids or the beginnings of ids.", valueName: "revision"))
    var revisions: [TargetArgument] = []

    func validate() throws {
        guard revisions.isEmpty == (job == nil) else { return }
        throw ValidationError(
            job == nil ? "Name a revision, or a job with --job." : "Name revisions or a job, not both.")
    }

    func run(in session: Session) async throws {
        if let job { return try await revokeFindings(of: job, session) }
        let direction: Direction = downgrade ? .downgrade : .upgrade
        let standing = try await session.client.call(ListApprovals.self, .init(database: session.database)).approvals
        var items: [ApprovalItem] = []
        for revision in revisions {
            let id = try await id(revision.text, standing: standing, session: session)
            let found = standing.filter { $0.revision == id && $0.direction == direction }
            guard !found.isEmpty else {
                throw Failure(
                    .invalidState,
                    "cannot revoke the approval of \"\(id)\": nobody has approved its \(direction.rawValue)",
                    hint: "see what stands: migratectl approvals")
            }
            for approval in found {
                let item = ApprovalItem(
                    revision: id, direction: direction, contentDigest: approval.contentDigest)
                if !items.contains(item) { items.append(item) }
            }
        }
        let reply = try await session.client.call(
            Revoke.self, ApprovalRequest(database: session.database, items: items))
        guard !session.output.isJSON else { return try session.output.document(reply) }
        let names = Set(items.map(\.revision.rawValue)).sorted().joined(separator: ", ")
        try session.output.line("revoked: your approval of the \(direction.rawValue) of \(names)")
    }

    private func revokeFindings(of job: JobID, _ session: Session) async throws {
        let asked = try await Approving(session: session, isVerbose: false, assumesYes: true, job: job).findingsOfJob()
        guard let asked else {
            throw Failure(
                .invalidState, "cannot revoke what the rehearsal of \"\(job)\" found: nothing in it asks for approval")
        }
        let reply = try await session.client.call(
            Revoke.self, ApprovalRequest(database: job.database, items: [], findings: [asked.item]))
        guard !session.output.isJSON else { return try session.output.document(reply) }
        try session.output.line("revoked: your approval of what the rehearsal of \(job) found")
    }

    /// An approval may stand for a revision whose file is gone: full ids need no file.
    private func id(_ name: String, standing: [Approval], session: Session) async throws -> RevisionID {
        let id = RevisionID(name)
        if standing.contains(where: { $0.revision == id }) { return id }
        return try await session.client.call(
            GetRevision.self, .init(database: session.database, revision: name)
        ).revision.id
    }
}
