import ArgumentParser
import Control

/// `migratectl`, with one line a verb.
struct RootCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migratectl",
        abstract: "Controls migrated, the daemon for schema migrations of PostgreSQL databases.",
        version: ProgramVersion.current,
        groupedSubcommands: [
            CommandGroup(
                name: "Looking",
                subcommands: [
                    StatusCommand.self, CurrentCommand.self, HistoryCommand.self, HeadsCommand.self, ShowCommand.self,
                    PlanCommand.self,
                ]),
            CommandGroup(
                name: "Migrating",
                subcommands: [
                    UpgradeCommand.self, DowngradeCommand.self, ApproveCommand.self, RevokeCommand.self,
                    ApprovalsCommand.self, RevisionCommand.self,
                ]),
            CommandGroup(
                name: "Job",
                subcommands: [
                    JobsCommand.self, JobCommand.self, WatchCommand.self, CancelCommand.self, ResolveCommand.self,
                    LogCommand.self,
                ]),
            CommandGroup(name: "Backup", subcommands: [BackupCommand.self, BackupsCommand.self]),
            CommandGroup(
                name: "Service",
                subcommands: [
                    ReloadCommand.self, PauseCommand.self, ResumeCommand.self, DoctorCommand.self, DebugCommand.self,
                ]),
        ])

    @OptionGroup var options: GlobalOptions
}
