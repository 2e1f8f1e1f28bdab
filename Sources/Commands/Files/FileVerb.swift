import ArgumentParser
import Control
import Planning
import Revisions

/// A verb of `migratectl` that works on revision files; it asks a database only where it has to.
protocol FileVerb: Verb {
    var places: DirectoryOptions { get }
}

extension FileVerb {
    var needsDaemon: Bool { false }

    /// The revisions, and with `withRows` what the version table of the database says.
    ///
    /// Who may not read the files, or finds faults in them, gets what the daemon has in force, where one answers.
    func listing(_ session: Session, withRows: Bool = false) async throws -> RevisionListing {
        let directories = try await RevisionDirectories.find(places, session: session)
        let rows = withRows ? try await session.currentRows() : nil
        do {
            return try RevisionListing(in: directories, rows: rows)
        } catch let failure as Failure where directories.isToldByDaemon {
            let replies = try await session.client.collect(ListRevisions.self, .init(database: session.database))
            let listing = try RevisionListing(replies.flatMap(\.revisions), rows: rows)
            try session.warn("\(failure.message); this is what the daemon has in force")
            return listing
        }
    }
}

extension Session {
    /// Says on standard error what a person should know, and programs need not.
    func warn(_ message: String) throws {
        guard !output.isJSON else { return }
        guard context.errors.write("migratectl: warning: \(message.printable)\n") else { throw OutputClosed() }
    }

    /// The rows of the database's version table, from the daemon.
    func currentRows() async throws -> [RevisionID] {
        let status = try await client.call(GetStatus.self, .init(database: database))
        guard let database = status.databases.first, status.databases.count == 1 else {
            let names = status.databases.map(\.name).joined(separator: ", ")
            throw Failure(
                .noSuchDatabase, "cannot choose a database: there are \(status.databases.count)",
                hint: "name one: -d \(names)")
        }
        guard database.connection == .connected else {
            throw database.failure
                ?? Failure(
                    .databaseUnavailable,
                    "cannot tell what is applied to \"\(database.name)\": it is not connected yet",
                    hint: "see how it is: migratectl status")
        }
        return database.current
    }

    /// Shows revisions, each in a line or a paragraph, or all in one document. They are written as they are made: the
    /// first of ten thousand does not wait for the last.
    func show(
        _ ids: [RevisionID], of listing: RevisionListing, isVerbose: Bool, line: (HistoryLine) -> String
    ) throws {
        guard !output.isJSON else {
            return try output.document(RevisionsDocument(revisions: ids.compactMap(listing.wholeEntry)))
        }
        for portion in stride(from: 0, to: ids.count, by: Self.portion) {
            let lines = ids[portion..<min(portion + Self.portion, ids.count)].flatMap { id -> [String] in
                guard isVerbose else { return listing.entry(id).map { [line(HistoryLine($0))] } ?? [] }
                return listing.wholeEntry(id).map { HistoryLine($0).paragraph(painter: output.painter) } ?? []
            }
            try output.lines(lines)
        }
    }

    private static var portion: Int { 100 }
}

/// What programs read of revisions.
struct RevisionsDocument: Encodable {
    var revisions: [RevisionEntry]
}
