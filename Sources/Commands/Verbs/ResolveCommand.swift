public import ArgumentParser
public import Control
import Planning

/// `migratectl resolve`: a person's word about a statement whose outcome cannot be known.
struct ResolveCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "resolve", abstract: "Settle a job that needs a decision.",
        discussion: """
            A statement was cut off, and nobody but a person can tell what came of it. Or a daemon was killed, and its \
            session on the server goes on, which the job's events tell: it is waited for, unless somebody ends it. Who \
            decided and why is kept with the job.
            """)

    @OptionGroup var options: GlobalOptions

    @Argument(help: ArgumentHelp("The job, such as main-41.", valueName: "job"))
    var job: TargetArgument

    @Flag(exclusivity: .exclusive) var decision: Resolve.Decision

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

extension Resolve.Decision: EnumerableFlag {
    public static func name(for value: Self) -> NameSpecification { .customLong(value.rawValue) }

    public static func help(for value: Self) -> ArgumentHelp? {
        switch value {
        case .applied: "The statement took effect: go on behind it."
        case .notApplied: "Nothing of it is left: run it, and ask again should it be cut off again."
        case .retry: "Run it as often as it takes, whatever came of it: that does no harm."
        case .abandon: "End the job as failed, and leave the database as it is."
        case .endSession: "End the session that still works on the job of a daemon that is gone."
        }
    }
}
