import ArgumentParser
import Control
import Digest
import Planning
import Revisions

/// `migratectl plan`: what an upgrade or a downgrade would do now. Changes nothing.
struct PlanCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Show what an upgrade or a downgrade would do; changes nothing.")

    @OptionGroup var options: GlobalOptions

    @Flag(name: .long, help: "Plan a downgrade.")
    var downgrade = false

    @Argument(help: ArgumentHelp("The target: head, an id, +1, …", valueName: "target"))
    var target = TargetArgument("head")

    func run(in session: Session) async throws {
        let reply = try await session.client.call(
            MakePlan.self,
            .init(
                database: session.database, direction: downgrade ? .downgrade : .upgrade, target: target.text))
        guard !session.output.isJSON else { return try session.output.document(reply) }
        try PlanView(output: session.output).show(reply)
    }
}

/// A plan as a table.
struct PlanView: Sendable {
    var output: Output

    func show(_ plan: MakePlan.Reply) throws {
        guard !plan.steps.isEmpty else {
            return try output.line("nothing to do: the database is at \(Self.names(plan.rowsBefore))")
        }
        var table = Table([
            .init(title: "STEP"), .init(title: "REVISION"), .init(title: "STATEMENTS", alignment: .right),
            .init(title: "TRANSACTION"), .init(title: "APPROVED"), .init(title: "DIGEST"), .init(title: "DESCRIPTION"),
        ])
        for step in plan.steps {
            let missing = plan.missingApprovals.first {
                $0.revision == step.revision && $0.direction == step.direction
            }
            table.add([
                .init(step.direction.rawValue), .init(step.revision.rawValue, .bold),
                .init(String(step.statementCount)), .init(step.isTransactional ? "" : "off", .yellow),
                missing.map { .init("\($0.given) of \($0.wanted)", .yellow) } ?? .init("yes", .green),
                .init(String(step.contentDigest.description.prefix(12))), .init(step.description),
            ])
        }
        try output.table(table)
        try output.line("from \(Self.names(plan.rowsBefore)) to \(Self.names(plan.rowsAfter))")
    }

    private static func names(_ rows: [RevisionID]) -> String {
        rows.isEmpty ? "base" : rows.map(\.rawValue).joined(separator: ", ")
    }
}
