public import ArgumentParser
public import Control
import Planning

/// `migratectl resolve`: a person's word about a statement whose outcome cannot be known.
struct ResolveCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "resolve", abstract: "Settle a job that needs a decision.",
        discussion: """
            applied: the statement took effect, go on behind it. not-applied: nothing of it is left, run it again. \
            abandon: end the job as failed, and leave the database as it is.
            """)

    @OptionGroup var options: GlobalOptions

    @Argument(help: ArgumentHelp("The job, such as main-41.", valueName: "job"))
    var job: TargetArgument

    @Argument(help: ArgumentHelp("applied, not-applied or abandon.", valueName: "decision"))
    var decision: Resolve.Decision

    @Option(name: .shortAndLong, help: ArgumentHelp("Why, for the record.", valueName: "text"))
    var reason: String

    func run(in session: Session) async throws {
        let reply = try await session.client.call(
            Resolve.self, .init(job: job.text, decision: decision, reason: reason))
        // Nobody else would go on with it.
        if session.isLocal { return try await session.see(reply.job, isBlocking: true, staysParked: false) }
        guard !session.output.isJSON else { return try session.output.document(reply) }
        try session.output.line("\(reply.job.id): \(reply.job.state.words)")
    }
}

extension Resolve.Decision: ExpressibleByArgument {}
