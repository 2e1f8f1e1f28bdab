import ArgumentParser
import Control
import Planning

/// `migratectl reset`: empties a development database and builds it again.
struct ResetCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "reset", abstract: "Empty a development database, and build it again.",
        discussion: """
            Only for a database whose settings say development = true. In one transaction everything goes that is neither the \
            registry nor an extension that somebody else has installed; then it is upgraded to the heads. Backups, approvals \
            and locks are as in every job.
            """)

    @OptionGroup var options: GlobalOptions

    @Flag(name: .shortAndLong, help: "Reset without being asked.")
    var yes = false

    func run(in session: Session) async throws {
        let name = session.database.map { "\"\($0)\"" } ?? "the database"
        guard try yes || session.isAgreed("Remove all that is in \(name)?", to: "reset") else {
            throw Failure(.cancelled, "nothing was removed")
        }
        let reply = try await session.client.call(
            Reset.self,
            .init(database: session.database, requestId: RequestID.make(), upgradeRequestId: RequestID.make()))
        let emptied = try await session.follow(
            reply.job.id, staysParked: false, isOurs: true, form: session.waitingForm)
        if let failure = session.failure(of: emptied ?? reply.job) {
            // What was to be built is not to be built on what is left.
            _ = try? await session.client.call(Cancel.self, .init(job: reply.upgrade.id.description))
            throw failure
        }
        if let emptied, !session.output.isJSON { try session.output.line(session.ending(emptied)) }
        try await session.see(reply.upgrade, isBlocking: true, staysParked: false)
    }
}
