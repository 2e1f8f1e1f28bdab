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

    @Flag(name: .shortAndLong, help: "Also what tells only how far something has come.")
    var verbose = false

    func run(in session: Session) async throws {
        let parameters = Subscribe.Parameters(database: session.database, last: wanted)
        guard follow else {
            let reply = try await session.client.call(Subscribe.self, parameters)
            return try show(shown(reply.events).suffix(number ?? Self.usual), session)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await session.client.follow(parameters) { events in try show(shown(events), session) }
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

    private static let usual = 50

    /// How many events to ask for, so that enough are left when those that tell only of progress are not shown.
    private var wanted: Int {
        let (many, overflow) = max(1, number ?? Self.usual).multipliedReportingOverflow(by: isWhole ? 1 : 20)
        return overflow ? 10_000 : min(many, 10_000)
    }

    /// Programs get everything.
    private var isWhole: Bool { verbose || options.json }

    private func shown(_ events: [JobEvent]) -> [JobEvent] {
        isWhole ? events : events.filter { !$0.kind.isProgress }
    }

    private func show(_ events: some Sequence<JobEvent>, _ session: Session) throws {
        guard !session.output.isJSON else {
            for event in events { try session.output.document(event) }
            return
        }
        let painter = session.output.painter
        try session.output.lines(events.map { EventLine.full($0, painter: painter) })
    }
}
