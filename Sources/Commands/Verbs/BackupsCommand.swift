import ArgumentParser
import Control
import Planning
import Revisions

/// `migratectl backups`: the backups that there are.
struct BackupsCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "backups", abstract: "List the backups, newest first.")

    @OptionGroup var options: GlobalOptions

    @Flag(name: .shortAndLong, help: "Where each of them is.")
    var verbose = false

    func run(in session: Session) async throws {
        let reply = try await session.client.call(ListBackups.self, .init(database: session.database))
        guard !session.output.isJSON else { return try session.output.document(reply) }
        guard !reply.backups.isEmpty else { return try session.output.line("no backup yet") }
        var table = Table([
            .init(title: "BACKUP"), .init(title: "AT"), .init(title: "SIZE", alignment: .right),
            .init(title: "TOOK", alignment: .right), .init(title: "TAKEN (UTC)"), .init(title: "JOB"),
            .init(title: "VERIFIED"), .init(title: "PATH"),
        ])
        for backup in reply.backups {
            table.add([
                .init(backup.name, .bold),
                .init(backup.versionRows.isEmpty ? "base" : backup.versionRows.map(\.rawValue).joined(separator: ", ")),
                .init(Quantity.bytes(backup.size)), .init(Quantity.duration(seconds: backup.elapsedSeconds)),
                .init(backup.takenAt.readable), .init(backup.job?.description ?? ""),
                backup.problem.map { .init($0, .red) }
                    ?? (backup.isVerified ? .init("yes", .green) : .init("no", .yellow)),
                .init(verbose ? backup.path : ""),
            ])
        }
        try session.output.table(table)
    }
}
