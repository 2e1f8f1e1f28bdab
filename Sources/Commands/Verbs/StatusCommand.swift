import ArgumentParser
import Control

/// `migratectl status`: the first thing to look at.
struct StatusCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show how the daemon and its databases are.")

    @OptionGroup var options: GlobalOptions

    func run(in session: Session) async throws {
        let reply = try await session.client.call(GetStatus.self, .init(database: session.database))
        guard !session.output.isJSON else { return try session.output.document(reply) }
        try session.output.lines(StatusView(painter: session.output.painter).lines(reply))
    }
}
