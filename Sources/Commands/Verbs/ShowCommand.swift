import ArgumentParser
import Control
import Planning
import Revisions

/// `migratectl show`: one revision with its SQL, its digests and who approved it.
struct ShowCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a revision: its place, its SQL, its approvals.")

    @OptionGroup var options: GlobalOptions

    @Argument(help: ArgumentHelp("An id or the beginning of one, head, …", valueName: "revision"))
    var revision: TargetArgument

    func run(in session: Session) async throws {
        let reply = try await session.client.call(
            GetRevision.self, .init(database: session.database, revision: revision.text))
        guard !session.output.isJSON else { return try session.output.document(reply) }
        let painter = session.output.painter
        var lines = HistoryLine(revision: reply.revision).paragraph(painter: painter)
        lines.append("Upgrade digest: \(reply.upgradeDigest)")
        if let digest = reply.downgradeDigest { lines.append("Downgrade digest: \(digest)") }
        for approval in reply.approvals {
            lines.append(
                "Approved: \(approval.direction.rawValue) by \(approval.person.userName.printable), "
                    + "\(approval.givenAt.readable) UTC")
        }
        if reply.approvals.isEmpty { lines.append("Approved: by nobody yet") }
        lines.append("")
        lines += reply.source.split(separator: "\n", omittingEmptySubsequences: false).map { String($0).printable }
        while lines.last == "" { lines.removeLast() }
        try session.output.lines(lines)
    }
}
