import ArgumentParser
import Control
import Digest
import Planning
import Revisions

/// `migratectl approvals`: who approved what.
struct ApprovalsCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "approvals", abstract: "List the approvals in force.")

    @OptionGroup var options: GlobalOptions

    func run(in session: Session) async throws {
        let reply = try await session.client.call(ListApprovals.self, .init(database: session.database))
        guard !session.output.isJSON else { return try session.output.document(reply) }
        let findings = reply.findings ?? []
        guard !reply.approvals.isEmpty || !findings.isEmpty else {
            return try session.output.line("nothing is approved")
        }
        var table = Table([
            .init(title: "REVISION"), .init(title: "DIRECTION"), .init(title: "BY"), .init(title: "UID"),
            .init(title: "WHEN (UTC)"), .init(title: "DIGEST"),
        ])
        for approval in reply.approvals {
            table.add([
                .init(approval.revision.rawValue, .bold), .init(approval.direction.rawValue),
                .init(approval.person.userName), .init(String(approval.person.uid)),
                .init(approval.givenAt.readable), .init(String(approval.contentDigest.description.prefix(12))),
            ])
        }
        for approval in findings {
            table.add([
                .init("rehearsal of \(approval.job)", .bold), .init("findings"), .init(approval.person.userName),
                .init(String(approval.person.uid)), .init(approval.givenAt.readable),
                .init(String(approval.digest.description.prefix(12))),
            ])
        }
        try session.output.table(table)
    }
}
