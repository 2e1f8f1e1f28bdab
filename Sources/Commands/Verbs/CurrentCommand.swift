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

    func run(in session: Session) async throws {
        let reply = try await session.client.call(GetStatus.self, .init(database: session.database))
        guard !session.output.isJSON else {
            return try session.output.document(Document(databases: reply.databases.map(Document.Database.init)))
        }
        for database in reply.databases {
            if let failure = database.failure, database.current.isEmpty {
                guard reply.databases.count > 1 else { throw failure }
                try session.output.line("\(database.name): \(failure.message.printable)")
                continue
            }
            let prefix = reply.databases.count > 1 ? "\(database.name): " : ""
            for revision in database.current {
                try await show(revision, of: database, prefix: prefix, session: session)
            }
        }
    }

    private func show(
        _ revision: RevisionID, of database: DatabaseStatus, prefix: String, session: Session
    ) async throws {
        let painter = session.output.painter
        guard verbose else {
            let mark = database.heads.contains(revision) ? " " + painter("(head)", .cyan) : ""
            return try session.output.line(prefix + painter(revision.rawValue, .bold) + mark)
        }
        let reply = try await session.client.call(
            GetRevision.self, .init(database: database.name, revision: revision.rawValue))
        if !prefix.isEmpty { try session.output.line(prefix) }
        try session.output.lines(HistoryLine(revision: reply.revision).paragraph(painter: painter))
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
