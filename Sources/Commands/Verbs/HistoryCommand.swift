import ArgumentParser
import Control
import Planning
import Revisions

/// `migratectl history`: the revisions in Alembic's form, or what was applied when and by whom.
struct HistoryCommand: FileVerb {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "List the revisions, newest first.",
        discussion: """
            That needs the files only. The database is asked for --indicate-current, for a range that says "current", \
            and for --applied.
            """)

    /// How the list is written.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, markdown
    }

    @OptionGroup var options: GlobalOptions
    @OptionGroup var places: DirectoryOptions

    @Flag(name: .shortAndLong, help: "Everything about each revision.")
    var verbose = false

    @Option(
        name: [.customShort("r", allowingJoined: true), .customLong("rev-range")], parsing: .unconditional,
        help: ArgumentHelp("Only these: FROM:TO, FROM: or :TO; current is a place, too.", valueName: "range"))
    var range: String?

    @Flag(name: .shortAndLong, help: "Mark what the database is at.")
    var indicateCurrent = false

    @Option(name: .long, help: ArgumentHelp("text, or markdown for the table in a README.", valueName: "format"))
    var format = Format.text

    @Flag(name: .long, help: "What was applied and taken back: when, by whom, how long it took.")
    var applied = false

    @Option(name: .short, help: ArgumentHelp("At most so many entries of --applied.", valueName: "count"))
    var number: Int?

    var needsDaemon: Bool { applied || asksDatabase }

    private var asksDatabase: Bool {
        indicateCurrent || range.map { $0.split(separator: ":").contains("current") } ?? false
    }

    func run(in session: Session) async throws {
        try await applied ? showApplied(session) : showRevisions(session)
    }

    private func showRevisions(_ session: Session) async throws {
        let listing = try await listing(session, withRows: asksDatabase)
        let ids = try listing.history(range)
        if format == .markdown, !session.output.isJSON {
            return try session.output.lines(MarkdownTable(listing.entries(ids)).lines)
        }
        let painter = session.output.painter
        try session.show(ids, of: listing, isVerbose: verbose) { $0.line(painter: painter) }
    }

    private func showApplied(_ session: Session) async throws {
        let replies = try await session.client.collect(
            GetHistory.self, .init(database: session.database, limit: number))
        let reply = GetHistory.Reply(
            entries: replies.flatMap(\.entries), stamps: replies.flatMap { $0.stamps ?? [] })
        guard !session.output.isJSON else { return try session.output.document(reply) }
        let lines = Self.lines(of: reply).prefix(number ?? .max)
        guard !lines.isEmpty else { return try session.output.line("nothing was applied yet") }
        var table = Table([
            .init(title: "WHEN (UTC)"), .init(title: "DIRECTION"), .init(title: "REVISION"),
            .init(title: "TOOK", alignment: .right), .init(title: "BY"), .init(title: "JOB"),
            .init(title: "NOW AT"),
        ])
        for line in lines { table.add(line) }
        try session.output.table(table)
    }

    /// What was applied and what was stamped, newest first.
    private static func lines(of reply: GetHistory.Reply) -> [[Table.Cell]] {
        func names(_ rows: [RevisionID]) -> String {
            rows.isEmpty ? "base" : rows.map(\.rawValue).joined(separator: ", ")
        }
        let applied = reply.entries.map { entry -> (Timestamp, [Table.Cell]) in
            (
                entry.appliedAt,
                [
                    .init(entry.appliedAt.readable), .init(entry.direction.rawValue),
                    .init(entry.revision.rawValue, .bold),
                    .init(Quantity.duration(milliseconds: entry.elapsedMilliseconds)), .init(entry.person.userName),
                    .init(entry.job.description), .init(names(entry.rowsAfter)),
                ]
            )
        }
        let stamped = (reply.stamps ?? []).map { stamp -> (Timestamp, [Table.Cell]) in
            (
                stamp.stampedAt,
                [
                    .init(stamp.stampedAt.readable), .init("stamp"), .init(""), .init(""),
                    .init(stamp.person.userName), .init(stamp.job.description), .init(names(stamp.rowsAfter)),
                ]
            )
        }
        return (applied + stamped).sorted { $0.0 > $1.0 }.map(\.1)
    }
}

extension RevisionListing {
    /// The revisions of a range (all without one), newest first.
    func history(_ range: String?) throws -> [RevisionID] {
        do {
            return try graph.history(range.map { try RevisionRange(parsing: $0) }, rows: rows ?? [])
        } catch let error as RevisionError {
            throw Failure(error)
        }
    }
}
