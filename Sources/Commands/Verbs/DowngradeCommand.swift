import ArgumentParser
import Control
import Revisions

/// `migratectl downgrade`: queues a downgrade and waits for it.
struct DowngradeCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "downgrade", abstract: "Take revisions back, after a backup.",
        discussion: """
            The revision that is named stays applied; -1 takes back the latest, base takes back all. With --sql nothing \
            is queued: the script starts at FROM of FROM:TO or, without that, where the database is by the daemon's word.
            """)

    @OptionGroup var options: GlobalOptions
    @OptionGroup var flags: MigrationFlags
    @OptionGroup var script: ScriptFlags

    @Argument(help: ArgumentHelp("The target: an id or the beginning of one, -1, base, …", valueName: "target"))
    var target: TargetArgument

    func validate() throws {
        try flags.refuse(with: script)
    }

    var needsDaemon: Bool { !script.isWanted || !target.text.contains(":") }

    func run(in session: Session) async throws {
        if script.isWanted { return try await script.write(.downgrade, to: target.text, in: session) }
        try await flags.run(Downgrade.self, .downgrade, to: target.text, in: session)
    }
}
