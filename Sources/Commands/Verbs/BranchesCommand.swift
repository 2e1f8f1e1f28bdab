import ArgumentParser
import Revisions

/// `migratectl branches`: the revisions that several others come after, and those.
struct BranchesCommand: FileVerb {
    static let configuration = CommandConfiguration(
        commandName: "branches", abstract: "Show where the revisions branch.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var places: DirectoryOptions

    @Flag(name: .shortAndLong, help: "Everything about each branch point.")
    var verbose = false

    func run(in session: Session) async throws {
        let listing = try await listing(session)
        let ids = try listing.history(nil).filter(listing.graph.isBranchPoint)
        guard !session.output.isJSON else {
            return try session.output.document(RevisionsDocument(revisions: ids.compactMap(listing.wholeEntry)))
        }
        let painter = session.output.painter
        for id in ids {
            guard let entry = verbose ? listing.wholeEntry(id) : listing.entry(id) else { continue }
            let line = HistoryLine(entry)
            var lines = verbose ? line.paragraph(painter: painter) : [line.short(painter: painter)]
            let indent = String(repeating: " ", count: id.rawValue.count)
            for child in listing.entries(entry.children) {
                lines.append("\(indent) -> \(HistoryLine(child).short(painter: painter, hasMessage: verbose))")
            }
            try session.output.lines(lines + [""])
        }
    }
}
