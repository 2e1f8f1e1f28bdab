import ArgumentParser
import Planning
import PostgresClient
import Revisions

/// What is compared by `revision --autogenerate` and `check --autogenerate`.
struct ComparisonEnds: ParsableArguments {
    @Option(
        name: .long, help: ArgumentHelp("The schema as it is; without it the settings' database.", valueName: "source"))
    var from: String?

    @Option(
        name: .long,
        help: ArgumentHelp("The schema that is meant; without it that of [database.NAME.schema].", valueName: "source"))
    var to: String?

    /// Both sources, and who reads them. A database has to be at the heads of its revisions.
    func sources(
        _ session: Session, _ places: DirectoryOptions, _ comparing: ComparisonOptions
    ) async throws -> (from: SchemaSource, to: SchemaSource, reader: SchemaReader) {
        let directory = session.context.workingDirectory
        let context = try SchemaContext.find(session)
        let present = try SchemaSource(
            from ?? (context.settings == nil ? "revisions" : "database"), settings: context, in: directory)
        let desired = try SchemaSource(to ?? "schema", settings: context, in: directory)
        let reader = SchemaReader(caller: session, places: places, context: context, roles: comparing.role)
        if case .database(let url) = present { try await demandHeads(url, reader) }
        return (present, desired, reader)
    }

    /// What is pending would be written a second time.
    private func demandHeads(_ url: String, _ reader: SchemaReader) async throws {
        let directories = try await RevisionDirectories.find(reader.places, session: reader.caller)
        let listing = try RevisionListing(in: directories)
        let rows = try await reader.versionRows(database: url)
        do {
            let steps = try listing.graph.upgrade(to: try RevisionTarget(parsing: "heads"), from: rows)
            guard !listing.graph.isEmpty, !steps.isEmpty else { return }
            throw Failure(
                .notAtHead, "cannot compare: the database lacks \(Quantity.count(steps.count, "revision"))",
                hint: "upgrade it first, or compare with what the revisions make: --from revisions")
        } catch let error as RevisionError {
            throw Failure(error)
        }
    }
}
