import ArgumentParser

/// `migratectl import`: revisions of other tools become revision files.
struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Turn another tool's revisions into revision files.",
        subcommands: [ImportAlembicCommand.self])
}
