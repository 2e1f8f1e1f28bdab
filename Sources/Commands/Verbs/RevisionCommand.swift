import ArgumentParser
import Planning
import Revisions

/// `migratectl revision`: writes the file of a new revision.
struct RevisionCommand: FileVerb {
    static let configuration = CommandConfiguration(
        commandName: "revision", abstract: "Write the file of a new revision.",
        discussion: "It comes after the single head, or after what --head names. No daemon is needed.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var places: DirectoryOptions
    @OptionGroup var new: NewRevisionOptions

    @Option(
        name: .long, parsing: .singleValue,
        help: ArgumentHelp("What it comes after; several make a merge; base begins a new root.", valueName: "revision"))
    var head: [TargetArgument] = []

    @Option(
        name: .long, parsing: .singleValue,
        help: ArgumentHelp("What has to be applied before it, without being a parent.", valueName: "revision"))
    var dependsOn: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp("Which of several directories it goes to; its parent's without it.", valueName: "path"))
    var versionPath: String?

    @Flag(name: .long, help: "It runs outside of a transaction (-- transaction: off).")
    var noTransaction = false

    func run(in session: Session) async throws {
        let directories = try new.naming(try await RevisionDirectories.find(places, session: session))
        let listing = try RevisionListing(in: directories)
        let isFirst = listing.graph.isEmpty && head.isEmpty
        let request = RevisionRequest(
            id: new.id, parents: isFirst ? ["base"] : head.isEmpty ? ["head"] : head.map(\.text), splice: new.splice,
            branchLabels: new.branchLabel, dependsOn: dependsOn)
        let written = try RevisionWriter(directories: directories, listing: listing, now: session.context.now())
            .write(request, message: new.message, isTransactional: !noTransaction, into: versionPath)
        try new.finish(written, session)
    }
}
