import ArgumentParser
import Planning
import SchemaModel

/// `migratectl diff FROM TO`: what leads from one schema to another. Needs no daemon.
struct DiffCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Show what leads from one schema to another.",
        discussion: """
            \(SchemaSource.forms)

            Catalogues are only read, each in one snapshot; all that is not a database is loaded into a throw-away server \
            first. Left out are members of extensions, the schema migrated and the version table; what is not understood is \
            named on standard error. Without --plain, --sql writes what a busy server hardly feels.

            Exit status: 0 if the schemas are equal, 2 if they differ.
            """)

    @OptionGroup var options: GlobalOptions
    @OptionGroup var places: DirectoryOptions
    @OptionGroup var comparing: ComparisonOptions

    @Argument(help: ArgumentHelp("The schema as it is.", valueName: "from"))
    var from: String

    @Argument(help: ArgumentHelp("The schema as it shall be.", valueName: "to"))
    var to: String

    @Flag(name: .long, help: "Only the SQL that turns the first into the second; nothing if they are equal.")
    var sql = false

    var needsDaemon: Bool { false }

    func run(in session: Session) async throws {
        let (reader, left, right) = try sources(session)
        let renames = try comparing.renames()
        try await SchemaComparison.read(
            from: left, to: right, renames: renames, reader: reader,
            body: { comparison, server in try await show(comparison, server, reader, session) },
            needsServer: !renames.isEmpty)
    }

    /// Settings are only asked where they are named: two addresses can be compared wherever one is.
    private func sources(_ session: Session) throws -> (SchemaReader, SchemaSource, SchemaSource) {
        let directory = session.context.workingDirectory
        let left = try SchemaSource(from, settings: try SchemaContext.find(session), in: directory)
        let right = try SchemaSource(to, settings: try SchemaContext.find(session), in: directory)
        let context = (try? SchemaContext.find(session)) ?? SchemaContext()
        return (SchemaReader(caller: session, places: places, context: context, roles: comparing.role), left, right)
    }

    private func show(
        _ comparison: SchemaComparison, _ server: ScratchServer?, _ reader: SchemaReader, _ session: Session
    ) async throws {
        for stranger in comparison.strangers { try session.warn("not compared: \(stranger)") }
        var difference = comparison.difference
        var renames: [String] = []
        if let server, !comparison.renames.isEmpty {
            let trial = Autogeneration(
                comparison: comparison, style: .plain, introspector: reader.context.introspector,
                selection: reader.context.selection)
            (renames, difference) = try await trial.renamed(on: server)
        }
        let portions = DDLWriter.portions(of: difference, style: comparing.plain ? .plain : .careful)
        let statements = renames + portions.flatMap(\.statements).map(\.sql)
        if session.output.isJSON {
            try session.output.document(
                DifferenceReport(difference, statements: statements, notCompared: comparison.strangers))
        } else if !sql {
            try session.output.lines(
                renames + DifferenceView(tree: DifferenceTree(difference), painter: session.output.painter).lines)
        } else if comparing.plain {
            try session.output.lines(statements.map { $0 + ";" })
        } else {
            try session.output.lines(renames.map { $0 + ";" })
            for portion in portions {
                try session.output.write(portion.isTransactional ? "BEGIN;\n\(portion.sql)COMMIT;\n" : portion.sql)
            }
        }
        if !difference.isEmpty || !renames.isEmpty { throw ExitCode(2) }
    }
}
