import ArgumentParser
import Revisions

/// `migratectl heads`: the revisions that nothing comes after.
struct HeadsCommand: FileVerb {
    static let configuration = CommandConfiguration(
        commandName: "heads", abstract: "Show the heads of the revisions.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var places: DirectoryOptions

    @Flag(name: .shortAndLong, help: "Everything about each revision.")
    var verbose = false

    @Flag(name: .long, help: "A head on which another revision depends is none.")
    var resolveDependencies = false

    func run(in session: Session) async throws {
        let listing = try await listing(session)
        let heads = resolveDependencies ? listing.graph.effectiveHeads : listing.graph.heads
        let painter = session.output.painter
        try session.show(heads, of: listing, isVerbose: verbose) { $0.short(painter: painter, hasTree: false) }
    }
}
