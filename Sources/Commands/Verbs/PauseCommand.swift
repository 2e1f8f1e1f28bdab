import ArgumentParser
import Control

/// `migratectl pause`: no automatic upgrades for a while.
struct PauseCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Stop automatic upgrades of a database until resume.")

    @OptionGroup var options: GlobalOptions

    @Option(name: .shortAndLong, help: ArgumentHelp("Shown to who asks why.", valueName: "text"))
    var reason = "paused by hand"

    func run(in session: Session) async throws {
        let reply = try await session.client.call(Pause.self, .init(database: session.database, reason: reason))
        guard !session.output.isJSON else { return try session.output.document(reply) }
        try session.output.line("automatic upgrades are paused (go on: migratectl\(session.databaseOption) resume)")
    }
}
