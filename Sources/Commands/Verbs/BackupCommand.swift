import ArgumentParser
import Control

/// `migratectl backup`: takes a backup now.
struct BackupCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Take a backup of a database.",
        discussion: "Ctrl-C ends the watching; the backup goes on.")

    @OptionGroup var options: GlobalOptions

    @Flag(name: .long, help: "Queue the job, print its name, and do not wait.")
    var noBlock = false

    func run(in session: Session) async throws {
        let reply = try await session.client.call(
            Backup.self, .init(database: session.database, requestId: RequestID.make()))
        try await session.see(reply.job, isBlocking: !noBlock, staysParked: false)
    }
}
