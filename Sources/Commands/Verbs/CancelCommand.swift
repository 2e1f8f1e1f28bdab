import ArgumentParser
import Control
import Planning

/// `migratectl cancel`: asks a job to end.
struct CancelCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "Ask a job to end.",
        discussion: "A job that waits ends at once; one that runs is brought to a safe end.")

    @OptionGroup var options: GlobalOptions

    @Argument(help: ArgumentHelp("The job, such as main-41.", valueName: "job"))
    var job: TargetArgument

    func run(in session: Session) async throws {
        let reply = try await session.client.call(Cancel.self, .init(job: job.text))
        guard !session.output.isJSON else { return try session.output.document(reply) }
        try session.output.line(
            reply.job.state.isFinal
                ? "\(reply.job.id): \(reply.job.state.words)"
                : "\(reply.job.id): will end as soon as it safely can (migratectl watch \(reply.job.id))")
    }
}
