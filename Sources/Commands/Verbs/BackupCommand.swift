import ArgumentParser
import Control
import Host
import Planning

/// `migratectl backup`: takes a backup now.
struct BackupCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Take a backup of a database.",
        discussion: """
            Ctrl-C ends the watching; the backup goes on. With --plain, the backup is written as one SQL script as well, for \
            people to read or to keep elsewhere: to be restored, the backup itself is the better one.
            """)

    @OptionGroup var options: GlobalOptions

    @Flag(name: .long, help: "Queue the job, print its name, and do not wait.")
    var noBlock = false

    @Option(
        name: .long,
        help: ArgumentHelp("Write an SQL script too; into a directory, under the backup's name.", valueName: "file"))
    var plain: String?

    func validate() throws {
        if noBlock, plain != nil { throw ValidationError("--plain waits for the backup: leave out --no-block.") }
    }

    func run(in session: Session) async throws {
        let reply = try await session.client.call(
            Backup.self, .init(database: session.database, requestId: RequestID.make()))
        try await session.see(reply.job, isBlocking: !noBlock, staysParked: false)
        guard let plain else { return }
        let job = try await session.client.call(GetJob.self, .init(job: reply.job.id.description)).job
        let backups = try await session.client.call(ListBackups.self, .init(database: reply.job.id.database)).backups
        guard let backup = backups.first(where: { $0.name == job.backup }) else {
            throw Failure(
                .noSuchBackup, "cannot write \"\(plain)\": \(reply.job.id) took no backup that is on this host",
                hint: "see what the settings say: policy in [database.\(reply.job.id.database).backup]")
        }
        let path = TextFiles.isDirectory(plain) ? FilePaths.join(plain, backup.name + ".sql") : plain
        do throws(ToolError) {
            try await PostgresTools.discover(serverVersion: 0)
                .writeScript(of: FilePaths.join(backup.path, "dump"), to: FilePaths.absolute(path))
        } catch {
            throw Failure(
                .backupFailed, "cannot write \"\(path)\": \(error.reason)",
                hint: error.hint ?? "backups are read by root and the user that migrated runs as: use sudo")
        }
        if !session.output.isJSON { try session.output.line("written: \(path)") }
    }
}
