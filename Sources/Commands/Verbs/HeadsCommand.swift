import ArgumentParser
import Control

/// `migratectl heads`: the revisions that nothing comes after.
struct HeadsCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "heads", abstract: "Show the heads of the revisions.")

    @OptionGroup var options: GlobalOptions

    @Flag(name: .shortAndLong, help: "Everything about each revision.")
    var verbose = false

    func run(in session: Session) async throws {
        let replies = try await session.client.collect(ListRevisions.self, .init(database: session.database))
        let heads = HistoryLine.all(replies.flatMap(\.revisions)).filter(\.revision.isHead)
        guard !session.output.isJSON else {
            return try session.output.document(ListRevisions.Reply(revisions: heads.map(\.revision)))
        }
        let painter = session.output.painter
        try session.output.lines(
            verbose ? heads.flatMap { $0.paragraph(painter: painter) } : heads.map { $0.short(painter: painter) })
    }
}
