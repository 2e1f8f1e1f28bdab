import ArgumentParser
import Planning
import Revisions

/// What `revision` and `merge` ask about the new file.
struct NewRevisionOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: ArgumentHelp("What the revision does, in a line.", valueName: "text"))
    var message: String?

    @Option(name: .long, parsing: .singleValue, help: ArgumentHelp("A label for its branch.", valueName: "label"))
    var branchLabel: [String] = []

    @Option(name: .long, help: ArgumentHelp("Its id; 12 random hexadecimal digits without it.", valueName: "id"))
    var revID: String?

    @Flag(name: .long, help: "What it comes after need not be a head.")
    var splice = false

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The name of the file, with Alembic's tokens such as %(rev)s, %(slug)s, %(year)d.", valueName: "template"))
    var fileTemplate: String?

    @Flag(name: .long, help: "Open the file in $VISUAL or $EDITOR.")
    var edit = false

    /// The id of the new revision.
    var id: RevisionID { revID.map { RevisionID($0) } ?? .random() }

    /// The directories, with the name that this call gives to its file.
    func naming(_ directories: RevisionDirectories) throws -> RevisionDirectories {
        guard let fileTemplate else { return directories }
        var directories = directories
        do throws(FileNameTemplate.Problem) {
            directories.fileTemplate = try FileNameTemplate(parsing: fileTemplate)
        } catch {
            throw Failure(.usage, "cannot use the file template: \(error.message)", hint: error.hint)
        }
        guard directories.isRecursive || !directories.fileTemplate.makesDirectories else {
            throw Failure(
                .usage, "cannot use the file template: the directories that it makes would not be looked into",
                hint: "set recursive_migrations = true, or add --recursive")
        }
        return directories
    }

    /// Says what was written, and opens it where that is wanted.
    func finish(_ written: RevisionWriter.Written, _ session: Session) throws {
        try session.output.isJSON ? session.output.document(written) : session.output.line(written.path)
        if edit { try Editor(session.context.environment).open(written.path) }
    }
}
