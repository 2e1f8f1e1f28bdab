import ArgumentParser
import Control
import Revisions

/// `migratectl upgrade`: queues an upgrade and waits for it.
struct UpgradeCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "upgrade", abstract: "Apply revisions, after a backup.",
        discussion: """
            Queues a job, shows how it goes and ends with it: exit status 0 only if it succeeded. Ctrl-C ends the \
            watching; the job goes on. Where an approval is missing the job waits for it, and this ends with status 16.

            With --sql nothing is queued: the script is what psql would have to run, from nothing or from FROM:TO.
            """)

    @OptionGroup var options: GlobalOptions
    @OptionGroup var flags: MigrationFlags
    @OptionGroup var script: ScriptFlags

    @Argument(help: ArgumentHelp("The target: head, an id or the beginning of one, +1, …", valueName: "target"))
    var target = TargetArgument("head")

    func validate() throws {
        try flags.refuse(with: script)
    }

    var needsDaemon: Bool { !script.isWanted }

    func run(in session: Session) async throws {
        if script.isWanted { return try await script.write(.upgrade, to: target.text, in: session) }
        try await flags.run(Upgrade.self, .upgrade, to: target.text, in: session)
    }
}
