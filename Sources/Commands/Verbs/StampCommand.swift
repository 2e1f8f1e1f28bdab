import ArgumentParser
import Control

/// `migratectl stamp`: says what is applied, and runs nothing.
struct StampCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "stamp", abstract: "Say that a database is at a revision, without running anything.",
        discussion: """
            The rows of the version table that belong to the revision's lineage move to it; base takes them away. What \
            revisions do is neither run nor looked at, and no backup is taken.
            """)

    @OptionGroup var options: GlobalOptions
    @OptionGroup var queue: QueueFlags
    @OptionGroup var script: ScriptFlags

    @Flag(name: .long, help: "Empty the version table first, whatever is in it.")
    var purge = false

    @Argument(help: ArgumentHelp("Where the database is: an id, head, heads, base, …", valueName: "revision"))
    var targets: [TargetArgument]

    func validate() throws {
        try queue.refuse(with: script)
    }

    var needsDaemon: Bool { !script.isWanted }

    func run(in session: Session) async throws {
        let names = targets.map(\.text)
        if script.isWanted { return try await script.writeStamp(to: names, purge: purge, in: session) }
        let reply = try await session.client.call(
            Stamp.self,
            .init(database: session.database, targets: names, purge: purge, requestId: queue.request))
        try await session.see(reply.job, isBlocking: !queue.noBlock, staysParked: false)
    }
}
