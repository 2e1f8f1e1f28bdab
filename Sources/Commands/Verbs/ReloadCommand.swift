import ArgumentParser
import Control

/// `migratectl reload`: the settings are read anew; returns when that is done.
struct ReloadCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "reload", abstract: "Read the settings again.",
        discussion: "Bad settings change nothing; every problem in them is told.")

    @OptionGroup var options: GlobalOptions

    func run(in session: Session) async throws {
        let reply = try await session.client.call(Reload.self, Nothing())
        guard !session.output.isJSON else { return try session.output.document(reply) }
        try session.output.lines(reply.changes.isEmpty ? ["nothing has changed"] : reply.changes.map { $0.printable })
    }
}
