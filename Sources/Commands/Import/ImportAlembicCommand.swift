import ArgumentParser
import Host
import Planning
import Revisions

/// `migratectl import alembic`: a project's Python revisions become SQL revision files with the same ids. Needs no daemon
/// and no database, only the project's own Python.
struct ImportAlembicCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "alembic", abstract: "Turn an Alembic project's revisions into revision files.",
        discussion: """
            Each upgrade() and downgrade() is run once by the project's own Alembic, offline: no database is touched. Ids, \
            parents, labels, dependencies, dates and messages stay the same, so that a database that Alembic has managed \
            goes on from where it is.

            What only a database can tell (a query in a data migration) is left to be filled in, and is listed. Files that \
            are there already stay as they are: run it again when the project has new revisions.
            """)

    @OptionGroup var options: GlobalOptions

    @Argument(
        help: ArgumentHelp(
            "Its alembic.ini or pyproject.toml, or the directory that these are in.", valueName: "configuration"))
    var configuration: String

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The Python that has the project's packages; without it $VIRTUAL_ENV's, that of .venv or venv beside the "
                + "configuration, or python3.", valueName: "path"))
    var python: String?

    @Option(name: .shortAndLong, help: ArgumentHelp("Where the files go.", valueName: "directory"))
    var output = "migrations"

    @Flag(name: .long, help: "Write files anew that are there already and say something else.")
    var force = false

    func run(in session: Session) async throws {
        let environment = AlembicEnvironment(
            configuration: FilePaths.absolute(configuration), python: python, variables: session.context.environment)
        let project = try await environment.read()
        do {
            let writing = try ImportWriting(of: project.revisions.map(AlembicTranslation.init), into: output)
            let summary = ImportSummary(
                project: project, configuration: configuration, directory: output,
                files: try writing.write(force: force))
            try session.output.isJSON ? session.output.document(summary) : session.output.lines(summary.lines)
        } catch let error as FileError {
            throw Failure(.usage, "\(error)", hint: error.hint ?? "look at the directory and its owner")
        }
    }
}
