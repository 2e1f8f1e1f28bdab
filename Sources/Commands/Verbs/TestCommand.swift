import ArgumentParser
import Control
import Planning

/// `migratectl test`: tries all revisions in a database that is thrown away.
struct TestCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Try all revisions in a throw-away database: up, down, and up again.",
        discussion: """
            The database is in a PostgreSQL server of its own, which ends with the test, or with --server beside another one. \
            Role, search path and directories are those of the settings, where there are some. Exit status 37 where a \
            downgrade leaves something behind, or the second way up leads elsewhere than the first.
            """)

    @OptionGroup var options: GlobalOptions

    @Option(
        name: .customLong("server"),
        help: ArgumentHelp("Make the database on this server, and drop it again.", valueName: "url"))
    var server: String?

    @Option(
        name: .customLong("directory"), parsing: .singleValue,
        help: ArgumentHelp("Where the revisions are; may be given several times.", valueName: "path"))
    var directories: [String] = []

    mutating func run() async throws {
        try await run(
            with: LocalDaemon(
                context: .current, database: options.database, directories: directories,
                throwAway: server.map { .server(url: $0) } ?? .cluster))
    }

    func run(in session: Session) async throws {
        let report = try await RoundTrip(session: session).run()
        if session.output.isJSON { try session.output.document(report) }
        guard report.findings.isEmpty else {
            throw Failure(
                .problemsFound,
                "cannot vouch for these revisions: \(Quantity.count(report.findings.count, "finding"))",
                hint: "mend the downgrades that are named", notes: report.findings.flatMap { [$0.what] + $0.lines })
        }
        if !session.output.isJSON { try session.output.line(report.summary) }
    }
}
