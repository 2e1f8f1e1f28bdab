import ArgumentParser
import Control
import Planning
import Revisions

/// `migratectl release`: hands a database back.
struct ReleaseCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "release", abstract: "Hand a database back: remove the registry, and nothing else.",
        discussion: """
            Removes the schema "migrated", while no job is open. The version table stays as it is, and so do backups on the \
            disk. Afterwards the database is left alone until something is to be changed in it: that takes it over again.
            """)

    @OptionGroup var options: GlobalOptions

    @Flag(name: .shortAndLong, help: "Release without being asked.")
    var yes = false

    func run(in session: Session) async throws {
        let name = session.database.map { "\"\($0)\"" } ?? "the database"
        let question = "Remove the registry of \(name), with its jobs, history and approvals?"
        guard try yes || session.isAgreed(question, to: "release") else {
            throw Failure(.cancelled, "nothing was released")
        }
        let reply = try await session.client.call(Release.self, .init(database: session.database))
        guard !session.output.isJSON else { return try session.output.document(reply) }
        let rows = reply.rows.isEmpty ? "empty" : "at " + reply.rows.map(\.rawValue).joined(separator: ", ")
        try session.output.line("released; \(reply.versionTable) stays, \(rows)")
    }
}
