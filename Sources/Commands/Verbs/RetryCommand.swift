import ArgumentParser
import Control
import Planning

/// `migratectl retry`: queues what a job was to do once more.
struct RetryCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "retry", abstract: "Queue a failed or cancelled job once more.",
        discussion: """
            What it was to do is pinned: the same revisions with the same content, as far as they are not done yet. Where a \
            file was changed since, this is refused: queue it anew, with upgrade or downgrade.
            """)

    @OptionGroup var options: GlobalOptions

    @Argument(help: ArgumentHelp("The job, such as main-41.", valueName: "job"))
    var job: TargetArgument

    @Flag(name: .long, help: "Queue the job, print its name, and do not wait.")
    var noBlock = false

    @Flag(name: .long, help: "Where approvals are missing, wait until they are given.")
    var waitForApproval = false

    func run(in session: Session) async throws {
        let reply = try await session.client.call(Retry.self, .init(job: job.text, requestId: RequestID.make()))
        try await session.see(reply.job, isBlocking: !noBlock, staysParked: waitForApproval)
    }
}
