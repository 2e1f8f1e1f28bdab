import ArgumentParser
import Control
import Host

/// `migratectl metrics`: figures for programs that watch.
struct MetricsCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "metrics", abstract: "Print figures in the OpenMetrics text format.",
        discussion: """
            With --output the file is replaced at once, as the textfile collector of Prometheus' node_exporter wants it; the \
            timer migrated-metrics.timer does so every minute.
            """)

    @OptionGroup var options: GlobalOptions

    @Option(name: .shortAndLong, help: ArgumentHelp("Write this file instead.", valueName: "file"))
    var output: String?

    func run(in session: Session) async throws {
        let reply = try await session.client.call(GetMetrics.self, .init(database: session.database))
        if let output {
            // Whoever collects it is somebody else.
            return try AtomicFile.write(FilePaths.absolute(output), Array(reply.text.utf8), mode: 0o644)
        }
        if session.output.isJSON { return try session.output.document(reply) }
        try session.output.write(reply.text)
    }
}
