import ArgumentParser
import Control

/// `migratectl resume`: automatic upgrades go on.
struct ResumeCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Let automatic upgrades of a database go on.")

    @OptionGroup var options: GlobalOptions

    func run(in session: Session) async throws {
        let reply = try await session.client.call(Resume.self, .init(database: session.database))
        guard !session.output.isJSON else { return try session.output.document(reply) }
        try session.output.line("automatic upgrades go on")
    }
}
