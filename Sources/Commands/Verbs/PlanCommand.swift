import ArgumentParser
import Control
import Digest
import Planning
import Revisions

/// `migratectl plan`: what an upgrade or a downgrade would do now. Changes nothing.
struct PlanCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Show what an upgrade or a downgrade would do; changes nothing.",
        discussion: """
            Exactly what this database would get now, by the daemon's word, and what each step still lacks: approvals, a \
            downgrade, its file. base, -1 and what ends in @base or @-1 mean a downgrade.
            """)

    @OptionGroup var options: GlobalOptions

    @Flag(name: .long, help: "Plan a downgrade.")
    var downgrade = false

    @Flag(name: .customLong("sql"), help: "As a script for psql.")
    var isScript = false

    @OptionGroup var output: ScriptFlags.OutputFile

    @Argument(help: ArgumentHelp("The target: head, an id, +1, …", valueName: "target"))
    var target = TargetArgument("head")

    private var direction: Direction { downgrade || target.isDowngrade ? .downgrade : .upgrade }

    func validate() throws {
        if !isScript, output.path != nil { throw ValidationError("--output goes with --sql") }
    }

    func run(in session: Session) async throws {
        if isScript {
            return try output.write(try await session.databaseScript(direction, to: target.text), in: session)
        }
        let reply = try await session.client.call(
            MakePlan.self,
            .init(database: session.database, direction: direction, target: target.text, allowsGaps: true))
        try session.output.isJSON
            ? session.output.document(reply) : PlanView(output: session.output).show(reply)
        if let gaps = reply.gaps, !gaps.isEmpty { throw Planner.refusal(of: gaps, target: target.text) }
    }
}

extension TargetArgument {
    /// Whether only a downgrade leads there: `base` and steps down from what is applied.
    fileprivate var isDowngrade: Bool {
        let place = text.split(separator: "@").last ?? ""
        return place == "base" || place.first == "-"
    }
}

/// A plan as a table.
struct PlanView: Sendable {
    var output: Output

    func show(_ plan: MakePlan.Reply) throws {
        let gaps = plan.gaps ?? []
        guard !plan.steps.isEmpty || !gaps.isEmpty else {
            return try output.line("nothing to do: the database is at \(Self.names(plan.rowsBefore))")
        }
        let lacksMore = !gaps.isEmpty || !(plan.withoutFile ?? []).isEmpty
        var table = Table(
            [
                .init(title: "STEP"), .init(title: "REVISION"), .init(title: "STATEMENTS", alignment: .right),
                .init(title: "TRANSACTION"), .init(title: "APPROVED"),
            ] + (lacksMore ? [.init(title: "LACKS")] : [])
                + [.init(title: "DIGEST"), .init(title: "DESCRIPTION")])
        for position in 0...plan.steps.count {
            for gap in gaps where gap.position == position {
                table.add([
                    .init(gap.direction.rawValue), .init(gap.revision.rawValue, .bold), .init(""), .init(""), .init(""),
                    .init(gap.unfinished == nil ? "a downgrade" : "to be filled in", .red), .init(""),
                    .init(gap.description),
                ])
            }
            guard position < plan.steps.count else { break }
            let step = plan.steps[position]
            let lacksFile = plan.withoutFile?.contains(step.revision) ?? false
            table.add(
                [
                    .init(step.direction.rawValue), .init(step.revision.rawValue, .bold),
                    .init(String(step.statementCount)), .init(step.isTransactional ? "" : "off", .yellow),
                    Self.approval(of: step, in: plan),
                ] + (lacksMore ? [.init(lacksFile ? "its file" : "", .yellow)] : []) + [
                    .init(String(step.contentDigest.description.prefix(12))), .init(step.description),
                ])
        }
        try output.table(table)
        if gaps.isEmpty {
            try output.line("from \(Self.names(plan.rowsBefore)) to \(Self.names(plan.rowsAfter))")
        }
    }

    private static func approval(of step: Step, in plan: MakePlan.Reply) -> Table.Cell {
        let missing = plan.missingApprovals.first { $0.revision == step.revision && $0.direction == step.direction }
        return missing.map { .init("\($0.given) of \($0.wanted)", .yellow) } ?? .init("yes", .green)
    }

    private static func names(_ rows: [RevisionID]) -> String {
        rows.isEmpty ? "base" : rows.map(\.rawValue).joined(separator: ", ")
    }
}
