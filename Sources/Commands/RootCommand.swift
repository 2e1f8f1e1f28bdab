import ArgumentParser
import Control

/// `migratectl`, with one line a verb.
struct RootCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migratectl",
        abstract: "Applies revisions to PostgreSQL databases, through the daemon migrated.",
        discussion: """
            A revision is a file of SQL. It is approved by its content, a backup is taken, and then it is applied, once.

              migratectl status                     how things are
              migratectl revision -m "add status"   write a new revision
              migratectl plan                       what an upgrade would do
              migratectl approve head               look at it, and consent
              migratectl upgrade                    back up, apply, watch
              migratectl log -f                     follow what happens
            """,
        version: ProgramVersion.current,
        groupedSubcommands: [
            CommandGroup(
                name: "Inspection",
                subcommands: [
                    StatusCommand.self, CurrentCommand.self, HistoryCommand.self, HeadsCommand.self,
                    BranchesCommand.self, ShowCommand.self, PlanCommand.self, DiffCommand.self, DriftCommand.self,
                ]),
            CommandGroup(
                name: "Migration",
                subcommands: [
                    UpgradeCommand.self, DowngradeCommand.self, RehearseCommand.self, StampCommand.self,
                    EnsureVersionCommand.self,
                    ApproveCommand.self, RevokeCommand.self, ApprovalsCommand.self, TestCommand.self,
                    ResetCommand.self,
                ]),
            CommandGroup(
                name: "File",
                subcommands: [
                    RevisionCommand.self, MergeCommand.self, EditCommand.self, CheckCommand.self, ImportCommand.self,
                ]),
            CommandGroup(
                name: "Job",
                subcommands: [
                    JobsCommand.self, JobCommand.self, WatchCommand.self, WaitCommand.self, CancelCommand.self,
                    RetryCommand.self,
                    ResolveCommand.self, LogCommand.self,
                ]),
            CommandGroup(
                name: "Backup",
                subcommands: [BackupCommand.self, BackupsCommand.self, VerifyCommand.self, RestoreCommand.self]),
            CommandGroup(
                name: "Service",
                subcommands: [
                    ReloadCommand.self, PauseCommand.self, ResumeCommand.self, DoctorCommand.self, MetricsCommand.self,
                    ReleaseCommand.self,
                    DebugCommand.self,
                ]),
        ])

    @OptionGroup var options: GlobalOptions

    /// The names of all verbs.
    static let verbs = configuration.subcommands.compactMap { $0.configuration.commandName }

    /// The verb of this name, where it has no verbs of its own.
    static func verb(named name: String?) -> (any ParsableCommand.Type)? {
        guard let name, let verb = configuration.subcommands.first(where: { $0.configuration.commandName == name }),
            verb.configuration.subcommands.isEmpty
        else { return nil }
        return verb
    }
}
