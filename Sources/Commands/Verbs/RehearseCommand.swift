import ArgumentParser
import Control
import Planning

/// `migratectl rehearse`: an upgrade, in a copy of the database only.
struct RehearseCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "rehearse", abstract: "Try an upgrade in a copy of the database, and measure it.",
        discussion: """
            Takes a backup, restores it into a server of its own on the daemon's host, carries out the upgrade there, takes \
            it back and carries it out again. Tells how long each statement takes, what it locks, rewrites and loses. \
            Nothing is done to the database itself; approvals are not needed. Exit status 41 where a statement fails.
            """)

    @OptionGroup var options: GlobalOptions
    @OptionGroup var queue: QueueFlags

    @Flag(name: .long, help: "Do not take the upgrade back in the copy.")
    var noWayBack = false

    @Argument(help: ArgumentHelp("The target: head, an id or the beginning of one, +1, …", valueName: "target"))
    var target = TargetArgument("head")

    func run(in session: Session) async throws {
        let reply = try await session.client.call(
            Rehearse.self,
            .init(
                database: session.database, target: target.text, noWayBack: noWayBack, requestId: queue.request))
        var failure: (any Error)?
        do {
            try await session.see(reply.job, isBlocking: !queue.noBlock, staysParked: false)
        } catch {
            failure = error
        }
        if !queue.noBlock {
            let job = try await session.client.call(GetJob.self, .init(job: reply.job.id.description))
            if let report = job.rehearsal {
                try session.output.isJSON
                    ? session.output.document(report) : RehearsalView(output: session.output).show(report)
            }
        }
        if let failure { throw failure }
    }
}
