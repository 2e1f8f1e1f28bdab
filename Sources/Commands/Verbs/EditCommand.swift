import ArgumentParser
import Planning
import Revisions

/// `migratectl edit`: opens the files of revisions in an editor.
struct EditCommand: FileVerb {
    static let configuration = CommandConfiguration(
        commandName: "edit", abstract: "Open a revision in $VISUAL or $EDITOR.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var places: DirectoryOptions

    @Argument(help: ArgumentHelp("An id or the beginning of one, head, heads, current, …", valueName: "revision"))
    var revision: TargetArgument

    var needsDaemon: Bool { revision.text == "current" }

    func run(in session: Session) async throws {
        let paths = try await paths(session)
        guard !paths.isEmpty else {
            throw Failure(
                .noSuchRevision, "cannot edit \"\(revision.text)\": it means no revision", hint: "name one, or head")
        }
        let editor = Editor(session.context.environment)
        for path in paths { try editor.open(path) }
    }

    private func paths(_ session: Session) async throws -> [String] {
        let directories = try await RevisionDirectories.find(places, session: session)
        let rows = revision.text == "current" ? try await session.currentRows() : nil
        do {
            let listing = try RevisionListing(in: directories, rows: rows)
            return try listing.resolve(revision.text).compactMap(listing.path)
        } catch let failure as Failure where failure.code == .revisionsInvalid {
            // Somebody has to be able to mend what is wrong.
            let outline = RevisionDirectory.outline(try directories.read())
            guard let path = outline.headers[RevisionID(revision.text)]?.path else { throw failure }
            return [path]
        }
    }
}
