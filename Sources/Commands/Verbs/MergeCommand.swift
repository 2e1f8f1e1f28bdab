import ArgumentParser
import Planning
import Revisions

/// `migratectl merge`: writes a revision that brings branches together.
struct MergeCommand: FileVerb {
    static let configuration = CommandConfiguration(
        commandName: "merge", abstract: "Write a revision that brings branches together.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var places: DirectoryOptions
    @OptionGroup var new: NewRevisionOptions

    @Argument(help: ArgumentHelp("What it brings together, in this order; heads for all.", valueName: "revision"))
    var revisions: [TargetArgument]

    func run(in session: Session) async throws {
        let directories = try new.naming(try await RevisionDirectories.find(places, session: session))
        let listing = try RevisionListing(in: directories)
        let request = RevisionRequest(
            id: new.id, parents: revisions.map(\.text), splice: new.splice, branchLabels: new.branchLabel)
        let parents = try revisions.flatMap { try listing.resolve($0.text) }
        guard parents.count > 1 else {
            let only = parents.first.map { "only \"\($0)\"" } ?? "nothing"
            throw Failure(
                .usage, "cannot merge \(revisions.map { "\"\($0.text)\"" }.joined(separator: ", ")): that is \(only)",
                hint: "name two revisions or more; list the heads: migratectl heads")
        }
        let written = try RevisionWriter(directories: directories, listing: listing, now: session.context.now())
            .write(request, message: new.message)
        try new.finish(written, session)
    }
}
