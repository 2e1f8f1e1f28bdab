import ArgumentParser
import Control
import Planning

/// `migratectl log`: everything that happened.
struct LogCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Show what happened, oldest first.")

    @OptionGroup var options: GlobalOptions

    @Flag(name: .shortAndLong, help: "Go on as things happen, until Ctrl-C.")
    var follow = false

    @Option(
        name: .shortAndLong, help: ArgumentHelp("How many of the latest events; 50 without it.", valueName: "count"))
    var number: Int?

    func run(in session: Session) async throws {
        let parameters = Subscribe.Parameters(database: session.database, last: number)
        guard follow else {
            let reply = try await session.client.call(Subscribe.self, parameters)
            return try show(reply.events, session)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await session.client.follow(parameters) { events in try show(events, session) }
            }
            group.addTask {
                for await _ in session.context.interrupts() { throw CancellationError() }
                // A stream of interrupts that ends is no interrupt: stay for the events.
                try await Task.sleep(for: .seconds(1 << 30))
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func show(_ events: [JobEvent], _ session: Session) throws {
        guard !session.output.isJSON else {
            for event in events { try session.output.document(event) }
            return
        }
        let painter = session.output.painter
        try session.output.lines(events.map { EventLine.full($0, painter: painter) })
    }
}
