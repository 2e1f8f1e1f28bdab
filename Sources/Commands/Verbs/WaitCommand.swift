import ArgumentParser
import Configuration
import Control
import Planning
import Revisions

/// `migratectl wait`: ends once a database is as it should be, for what must not start before.
struct WaitCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "wait", abstract: "Wait until a database is where its revisions end.",
        discussion: """
            Nothing is queued: somebody else upgrades. Without -d it is waited for all databases. What is missing is said once, \
            and again when it is something else; a daemon or a server that comes back is waited for as well. The unit \
            migrated-wait@DATABASE.service does this, so that an application can be ordered after it.
            """)

    /// What can be waited for.
    enum Goal: String, CaseIterable, ExpressibleByArgument {
        /// Every revision that there is has been applied.
        case head
    }

    @OptionGroup var options: GlobalOptions

    @Option(name: .customLong("for"), help: ArgumentHelp("What to wait for.", valueName: "goal"))
    var goal: Goal = .head

    @Option(
        name: .long,
        help: ArgumentHelp("Give up after this time, such as 90s or 5min; status 124.", valueName: "duration"))
    var timeout: DurationArgument?

    /// How long it takes at the most to notice that the goal is reached.
    private static let pause = Duration.milliseconds(500)

    func run(in session: Session) async throws {
        let clock = ContinuousClock()
        let deadline = timeout.map { clock.now + $0.duration }
        var reply = try await session.client.call(GetStatus.self, .init(database: session.database))
        var said = ""
        while let obstacle = reply.databases.lazy.compactMap(Self.obstacle).first {
            if obstacle != said, !session.output.isJSON { try session.output.line("waiting: \(obstacle)") }
            said = obstacle
            let rest = deadline.map { clock.now.duration(to: $0) } ?? Self.pause
            guard rest > .zero else {
                throw Failure(
                    .timedOut, "cannot wait any longer than \(timeout?.text ?? ""): \(obstacle)",
                    hint: "see what is in the way: migratectl\(session.databaseOption) status")
            }
            try await Task.sleep(for: min(rest, Self.pause))
            do {
                reply = try await session.client.call(GetStatus.self, .init(database: session.database))
            } catch let failure as Failure where failure.code == .daemonUnavailable {
                // It was there: a restart is no reason to let an application down.
            }
        }
        if session.output.isJSON { return try session.output.document(reply) }
        for database in reply.databases {
            let rows = database.current.map(\.rawValue).joined(separator: ", ")
            try session.output.line("\(database.name) is at \(rows.isEmpty ? "base" : rows), nothing pending")
        }
    }

    /// What keeps a database from being at head; nil where it is.
    private static func obstacle(_ database: DatabaseStatus) -> String? {
        guard database.connection == .connected else {
            return database.failure?.message.printable ?? "\"\(database.name)\" is \(database.connection.rawValue)"
        }
        guard database.problems.isEmpty else { return "the revision files of \"\(database.name)\" have faults" }
        guard database.pendingCount > 0 else { return nil }
        let unapproved = database.unapprovedCount > 0 ? ", \(database.unapprovedCount) not approved" : ""
        return "\"\(database.name)\" lacks \(Quantity.count(database.pendingCount, "revision"))\(unapproved)"
    }
}

/// A duration as settings write it: `90s`, `5min`.
struct DurationArgument: ExpressibleByArgument {
    let text: String
    let duration: Duration

    init?(argument: String) {
        guard case .success(let duration) = Quantities.duration(argument) else { return nil }
        text = argument
        self.duration = duration
    }
}
