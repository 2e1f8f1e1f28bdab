import ArgumentParser
import Control
import Planning
import Revisions

/// `migratectl history`: the revisions in Alembic's form, or what was applied when and by whom.
struct HistoryCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "List the revisions, newest first.")

    @OptionGroup var options: GlobalOptions

    @Flag(name: .shortAndLong, help: "Everything about each revision.")
    var verbose = false

    @Flag(name: .long, help: "What was applied and taken back: when, by whom, how long it took.")
    var applied = false

    @Option(name: .short, help: ArgumentHelp("At most so many entries of --applied.", valueName: "count"))
    var number: Int?

    func run(in session: Session) async throws {
        try await applied ? showApplied(session) : showRevisions(session)
    }

    private func showRevisions(_ session: Session) async throws {
        let replies = try await session.client.collect(ListRevisions.self, .init(database: session.database))
        let revisions = replies.flatMap(\.revisions)
        let unknown = replies.compactMap(\.unknownBecause).first
        guard !session.output.isJSON else {
            return try session.output.document(ListRevisions.Reply(revisions: revisions, unknownBecause: unknown))
        }
        let painter = session.output.painter
        let lines = HistoryLine.all(revisions)
        try session.output.lines(
            verbose
                ? lines.flatMap { $0.paragraph(painter: painter) } : lines.map { $0.line(painter: painter) })
        if let unknown {
            throw Failure(
                .databaseUnavailable, "cannot tell which of these are applied: \(unknown)",
                hint: "see what is wrong: migratectl doctor")
        }
    }

    private func showApplied(_ session: Session) async throws {
        let replies = try await session.client.collect(
            GetHistory.self, .init(database: session.database, limit: number))
        let entries = replies.flatMap(\.entries)
        guard !session.output.isJSON else { return try session.output.document(GetHistory.Reply(entries: entries)) }
        var table = Table([
            .init(title: "WHEN (UTC)"), .init(title: "DIRECTION"), .init(title: "REVISION"),
            .init(title: "TOOK", alignment: .right), .init(title: "BY"), .init(title: "JOB"),
            .init(title: "NOW AT"),
        ])
        for entry in entries {
            table.add([
                .init(entry.appliedAt.readable), .init(entry.direction.rawValue), .init(entry.revision.rawValue, .bold),
                .init(Quantity.duration(milliseconds: entry.elapsedMilliseconds)), .init(entry.person.userName),
                .init(entry.job.description),
                .init(entry.rowsAfter.isEmpty ? "base" : entry.rowsAfter.map(\.rawValue).joined(separator: ", ")),
            ])
        }
        try entries.isEmpty ? session.output.line("nothing was applied yet") : session.output.table(table)
    }
}
