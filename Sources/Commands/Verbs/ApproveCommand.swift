import ArgumentParser
import Control
import Planning
import Revisions

/// `migratectl approve`: consent to exactly the bytes that were shown.
struct ApproveCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "approve", abstract: "Approve revisions, by their content.",
        discussion: """
            Shows what it is about (with -v: the SQL), asks, and approves exactly that: a file that changes later needs \
            another approval. head and relative targets mean everything on the way there that lacks one. With --job: \
            what a job waits for, with the bytes that were kept for it, whatever the directory has by now; and what its \
            rehearsal found, where the settings ask for consent to that. Shows the report of the rehearsal, if there is one.
            """)

    @OptionGroup var options: GlobalOptions

    @Flag(name: .shortAndLong, help: "Show the SQL.")
    var verbose = false

    @Flag(name: .shortAndLong, help: "Approve without being asked.")
    var yes = false

    @Flag(name: .long, help: "Approve their downgrades, not their upgrades.")
    var downgrade = false

    @Option(name: .long, help: ArgumentHelp("What this job waits for.", valueName: "main-41"))
    var job: String?

    @Argument(help: ArgumentHelp("Ids or the beginnings of ids, head, +1, …", valueName: "revision"))
    var revisions: [TargetArgument] = []

    func validate() throws {
        guard revisions.isEmpty == (job == nil) else { return }
        throw ValidationError(
            job == nil ? "Name a revision, or a job with --job." : "Name revisions or a job, not both.")
    }

    func run(in session: Session) async throws {
        let waiting = try job.map { text in
            guard let job = JobID(parsing: text) else {
                throw Failure(
                    .usage, "cannot read \"\(text)\": a job is called DATABASE-N", hint: "see migratectl jobs")
            }
            return job
        }
        let approving = Approving(session: session, isVerbose: verbose, assumesYes: yes, job: waiting)
        let direction: Direction = downgrade ? .downgrade : .upgrade
        var subjects = try await approving.subjectsOfJob()
        let asked = try await approving.findingsOfJob()
        for revision in revisions {
            let found =
                Self.isWay(revision.text)
                ? try await approving.subjects(of: plan(to: revision.text, direction, session))
                : [try await approving.subject(named: revision.text, direction: direction)]
            for subject in found where !subjects.contains(where: { $0.item == subject.item }) {
                subjects.append(subject)
            }
        }
        guard !subjects.isEmpty || asked != nil else {
            return try session.output.isJSON
                ? session.output.document(ApprovalReply(approvals: []))
                : session.output.line("nothing lacks an approval")
        }
        if !session.output.isJSON {
            try approving.show(subjects)
            if let asked { try approving.show(asked.report, of: asked.item.job) }
            if asked == nil { try await approving.showRehearsal(of: subjects) }
        }
        guard try approving.isAgreed(Self.question(subjects.count, asked)) else {
            throw Failure(.cancelled, "nothing was approved")
        }
        let reply = try await approving.send(subjects, asked)
        guard !session.output.isJSON else { return try session.output.document(reply) }
        if let asked {
            try session.output.line(
                "approved: \(Quantity.count(asked.count, "finding")) of the rehearsal of \(asked.item.job)")
        }
        for direction in Direction.allCases {
            let names = subjects.filter { $0.item.direction == direction }.map(\.item.revision.rawValue)
            guard !names.isEmpty else { continue }
            try session.output.line("approved: \(direction.rawValue) of \(names.joined(separator: ", "))")
        }
    }

    private static func question(_ count: Int, _ asked: Approving.Asked?) -> String {
        var parts: [String] = []
        if count > 0 { parts.append(count == 1 ? "this" : "these \(count)") }
        if let asked { parts.append("what asks for it in the report (\(Quantity.count(asked.count, "finding")))") }
        return "Approve \(parts.joined(separator: " and "))?"
    }

    private func plan(to target: String, _ direction: Direction, _ session: Session) async throws -> MakePlan.Reply {
        try await session.client.call(
            MakePlan.self, .init(database: session.database, direction: direction, target: target))
    }

    /// Whether a name means a way to go rather than one revision.
    static func isWay(_ name: String) -> Bool {
        ["head", "heads", "base"].contains(name) || name.contains("@") || name.first == "+" || name.first == "-"
    }
}
