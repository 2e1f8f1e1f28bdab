import ArgumentParser
import Control

/// `migratectl ensure-version`: makes the version table.
struct EnsureVersionCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "ensure-version", abstract: "Make the version table, where it is not there.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var queue: QueueFlags
    @OptionGroup var script: ScriptFlags

    func validate() throws {
        try queue.refuse(with: script)
    }

    var needsDaemon: Bool { !script.isWanted }

    func run(in session: Session) async throws {
        if script.isWanted { return try await script.writeStamp(to: [], purge: false, in: session) }
        let reply = try await session.client.call(
            EnsureVersion.self, .init(database: session.database, requestId: queue.request))
        try await session.see(reply.job, isBlocking: !queue.noBlock, staysParked: false)
    }
}
