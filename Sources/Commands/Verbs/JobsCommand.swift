import ArgumentParser
import Control
import Planning

/// `migratectl jobs`: what was asked for, newest first.
struct JobsCommand: Verb {
    static let configuration = CommandConfiguration(commandName: "jobs", abstract: "List the jobs, newest first.")

    @OptionGroup var options: GlobalOptions

    @Flag(name: .long, help: "Only jobs that are not over.")
    var open = false

    @Option(name: .short, help: ArgumentHelp("At most so many; 50 without it.", valueName: "count"))
    var number: Int?

    func run(in session: Session) async throws {
        let reply = try await session.client.call(
            ListJobs.self, .init(database: session.database, limit: number, onlyOpen: open ? true : nil))
        guard !session.output.isJSON else { return try session.output.document(reply) }
        guard !reply.jobs.isEmpty else { return try session.output.line(open ? "no job is open" : "no job yet") }
        var table = Table([
            .init(title: "JOB"), .init(title: "WHAT"), .init(title: "STATE"), .init(title: "APPLIED"),
            .init(title: "BY"), .init(title: "QUEUED (UTC)"), .init(title: "TOOK", alignment: .right),
            .init(title: "FAILURE"),
        ])
        for job in reply.jobs {
            table.add([
                .init(job.id.description, .bold), .init(JobSummary.title(job)),
                .init(job.state.words, job.state.style), .init(JobSummary.progress(job)),
                .init(job.requestedBy.userName), .init(job.requestedAt.readable), .init(JobSummary.elapsed(job)),
                .init(job.failure?.message ?? ""),
            ])
        }
        try session.output.table(table)
    }
}

extension JobState {
    var style: Style {
        switch self {
        case .succeeded: .green
        case .failed, .needsDecision: .red
        case .awaitingApproval, .cancelled: .yellow
        default: .cyan
        }
    }
}
