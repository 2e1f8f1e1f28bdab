import ArgumentParser
import Control
import Planning
import Revisions

/// `migratectl job`: one job with its steps and what happened.
struct JobCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "job", abstract: "Show a job with its steps and what happened.")

    @OptionGroup var options: GlobalOptions

    @Argument(help: ArgumentHelp("The job, such as main-41.", valueName: "job"))
    var job: JobID

    @Flag(name: .shortAndLong, help: "Also what tells only how far something had come.")
    var verbose = false

    func run(in session: Session) async throws {
        let reply = try await session.client.call(GetJob.self, .init(job: job.description))
        guard !session.output.isJSON else { return try session.output.document(reply) }
        try session.output.lines(facts(reply.job, session))
        if !reply.steps.isEmpty {
            try session.output.line()
            try session.output.table(steps(reply))
        }
        if let report = reply.rehearsal {
            try session.output.line()
            try RehearsalView(output: session.output).show(report)
        }
        let events = reply.events.filter { verbose || !$0.kind.isProgress }
        if !events.isEmpty {
            let painter = session.output.painter
            try session.output.lines([""] + events.map { EventLine.full($0, painter: painter) })
        }
    }

    private func facts(_ job: Job, _ session: Session) -> [String] {
        let painter = session.output.painter
        var lines = [
            painter(job.id.description, .bold) + "  \(JobSummary.title(job)): "
                + painter(job.state.words, job.state.style)
        ]
        func add(_ title: String, _ text: String) { lines.append("  " + painter(title.padded(to: 10), .dim) + text) }
        let person = "\(job.requestedBy.userName.printable) (uid \(job.requestedBy.uid))"
        add("asked by", "\(person), \(job.requestedAt.readable) UTC")
        add("request", job.requestID.printable)
        if let start = job.startedAt { add("started", "\(start.readable) UTC") }
        if let end = job.finishedAt { add("finished", "\(end.readable) UTC, after \(JobSummary.elapsed(job))") }
        if !JobSummary.progress(job).isEmpty { add("applied", JobSummary.progress(job)) }
        if let backup = job.backup { add("backup", backup.printable) }
        if job.isCancelRequested, !job.state.isFinal { add("cancel", "was asked for") }
        if let failure = job.failure ?? session.failure(of: job) {
            lines += Diagnostic(failure, program: "").lines(painter: painter).map { "  \($0)" }
        }
        return lines
    }

    private func steps(_ reply: GetJob.Reply) -> Table {
        var table = Table([
            .init(title: "STEP"), .init(title: "REVISION"), .init(title: "STATE"),
            .init(title: "STATEMENTS", alignment: .right), .init(title: "TRANSACTION"), .init(title: "DESCRIPTION"),
        ])
        for (index, step) in reply.steps.enumerated() {
            table.add([
                .init(step.direction.rawValue), .init(step.revision.rawValue, .bold),
                index < reply.job.appliedCount ? .init("applied", .green) : .init(""),
                .init(String(step.statementCount)), .init(step.isTransactional ? "" : "off", .yellow),
                .init(step.description),
            ])
        }
        return table
    }
}
