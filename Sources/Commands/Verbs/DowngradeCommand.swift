import ArgumentParser
import Control
import Revisions

/// `migratectl downgrade`: queues a downgrade and waits for it.
struct DowngradeCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "downgrade", abstract: "Take revisions back, after a backup.",
        discussion: "The revision that is named stays applied; -1 takes back the latest, base takes back all.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var flags: MigrationFlags

    @Argument(help: ArgumentHelp("The target: an id or the beginning of one, -1, base, …", valueName: "target"))
    var target: TargetArgument

    func run(in session: Session) async throws {
        try await flags.run(Downgrade.self, .downgrade, to: target.text, in: session)
    }
}
