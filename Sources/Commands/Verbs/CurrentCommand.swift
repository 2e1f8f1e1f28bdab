import ArgumentParser
import Control
import Planning
import Revisions

/// `migratectl current`: the rows of the version table, as Alembic shows them.
struct CurrentCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "current", abstract: "Show which revision a database is at.")

    @OptionGroup var options: GlobalOptions

    @Flag(name: .shortAndLong, help: "Everything about each revision.")
    var verbose = false

    @Flag(name: .long, help: "Fail unless everything that there is has been applied.")
    var checkHeads = false

    func run(in session: Session) async throws {
        let reply = try await session.client.call(GetStatus.self, .init(database: session.database))
        if session.output.isJSON {
            try session.output.document(Document(databases: reply.databases.map(Document.Database.init)))
        } else {
            for database in reply.databases {
                try show(database, isOnly: reply.databases.count == 1, session: session)
            }
        }
        if checkHeads { try check(reply.databases) }
    }

    private func show(_ database: DatabaseStatus, isOnly: Bool, session: Session) throws {
        if let failure = database.failure, database.current.isEmpty {
            guard !isOnly else { throw failure }
            return try session.output.line("\(database.name): \(failure.message.printable)")
        }
        let painter = session.output.painter
        let directories = RevisionDirectories(paths: database.directories, isRecursive: database.isRecursive)
        // Files that this user may not read, or that have faults: then the rows are all there is to say.
        let listing = try? RevisionListing(in: directories, rows: database.current)
        let shown = listing.flatMap { try? $0.graph.current(rows: database.current) } ?? database.current
        if verbose { try session.output.line("Current revision(s) for \(database.url.printable):") }
        for id in shown {
            let prefix = isOnly ? "" : "\(database.name): "
            guard var entry = verbose ? listing?.wholeEntry(id) : listing?.entry(id) else {
                let mark = database.heads.contains(id) ? " " + painter("(head)", .cyan) : ""
                try session.output.line(prefix + painter(id.rawValue, .bold) + mark)
                continue
            }
            // That it is current need not be said here.
            entry.isCurrent = nil
            let line = HistoryLine(entry)
            try verbose
                ? session.output.lines(line.paragraph(painter: painter))
                : session.output.line(prefix + line.short(painter: painter, hasBranches: false))
        }
    }

    private func check(_ databases: [DatabaseStatus]) throws {
        if let failure = databases.lazy.compactMap(\.failure).first { throw failure }
        guard let behind = databases.first(where: { $0.pendingCount > 0 }) else { return }
        throw Failure(
            .notAtHead,
            "cannot call \"\(behind.name)\" up to date: \(Quantity.count(behind.pendingCount, "revision")) not applied",
            hint: "apply what is missing: migratectl upgrade heads")
    }

    private struct Document: Encodable {
        struct Database: Encodable {
            var name: String
            var current: [RevisionID]
            var heads: [RevisionID]
            var isAtHead: Bool

            init(_ status: DatabaseStatus) {
                name = status.name
                current = status.current
                heads = status.heads
                isAtHead = status.pendingCount == 0 && !status.current.isEmpty
            }
        }

        var databases: [Database]
    }
}
