import ArgumentParser
import Control
import Digest
import Planning
import Revisions

/// `migratectl show`: revisions with their SQL and digests, and where a daemon answers, who approved them.
struct ShowCommand: FileVerb {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a revision: its place, its SQL, its approvals.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var places: DirectoryOptions

    @Argument(help: ArgumentHelp("An id or the beginning of one, head, heads, current, …", valueName: "revision"))
    var revision: TargetArgument

    var needsDaemon: Bool { revision.text == "current" }

    func run(in session: Session) async throws {
        let listing = try await listing(session, withRows: revision.text == "current")
        let ids = try listing.resolve(revision.text)
        guard !ids.isEmpty else {
            throw Failure(
                .noSuchRevision, "cannot show \"\(revision.text)\": it means no revision", hint: "name one, or head")
        }
        for (number, id) in ids.enumerated() {
            if number > 0, !session.output.isJSON { try session.output.line() }
            try show(try await document(id, listing, session), session)
        }
    }

    private struct Document: Encodable {
        var revision: RevisionEntry
        var source: String
        /// Absent where the file has faults.
        var upgradeDigest: String?
        var downgradeDigest: String?
        /// Absent where no daemon could be asked.
        var approvals: [Approval]?
    }

    private func document(_ id: RevisionID, _ listing: RevisionListing, _ session: Session) async throws -> Document {
        guard var entry = listing.entry(id) else {
            throw Failure(.noSuchRevision, "cannot find revision \"\(id)\"")
        }
        let told = try? await session.client.call(
            GetRevision.self, .init(database: session.database, revision: id.rawValue))
        let (bytes, revision) = try bytes(of: id, listing, told)
        entry.hasDowngrade = revision.map { $0.downgrade != nil }
        let digests = [revision?.upgrade.contentDigest, revision?.downgrade?.contentDigest]
        return Document(
            revision: entry, source: String(decoding: bytes, as: UTF8.self), upgradeDigest: digests[0]?.description,
            downgradeDigest: digests[1]?.description,
            approvals: told?.approvals.filter { digests.contains($0.contentDigest) })
    }

    /// The file, or for those who may not read it what the daemon has of it.
    private func bytes(
        of id: RevisionID, _ listing: RevisionListing, _ told: GetRevision.Reply?
    ) throws -> (bytes: [UInt8], revision: Revision?) {
        do {
            return try listing.file(of: id)
        } catch {
            guard let told else { throw error }
            let bytes = Array(told.source.utf8)
            return (bytes, try? SQLFormat().parse(RevisionFile(path: told.revision.path, bytes: bytes)))
        }
    }

    private func show(_ document: Document, _ session: Session) throws {
        guard !session.output.isJSON else { return try session.output.document(document) }
        var lines = HistoryLine(document.revision).paragraph(painter: session.output.painter)
        if let digest = document.upgradeDigest { lines.append("Upgrade digest: \(digest)") }
        if let digest = document.downgradeDigest { lines.append("Downgrade digest: \(digest)") }
        for approval in document.approvals ?? [] {
            lines.append(
                "Approved: \(approval.direction.rawValue) by \(approval.person.userName.printable), "
                    + "\(approval.givenAt.readable) UTC")
        }
        if document.approvals?.isEmpty == true { lines.append("Approved: by nobody yet") }
        lines.append("")
        lines += document.source.split(separator: "\n", omittingEmptySubsequences: false).map { String($0).printable }
        while lines.last == "" { lines.removeLast() }
        try session.output.lines(lines)
    }
}
