import Control
import Digest
import Planning
import Revisions
import SQLText

/// Shows what an approval is about, asks, and sends exactly the digests that were shown.
struct Approving: Sendable {
    let session: Session
    var isVerbose: Bool
    var assumesYes: Bool
    /// A job whose kept bytes are meant, whatever the directory has by now.
    var job: JobID?

    /// A direction of a revision, as the person sees it.
    struct Subject: Sendable {
        var item: ApprovalItem
        var description: String
        /// Nil for what is no revision.
        var path: String?
        var statementCount: Int?
        var isTransactional = true
        /// The SQL, where it was asked for.
        var sql: [String]
    }

    /// What the rehearsal of a job found that somebody has to consent to, with the report.
    struct Asked: Sendable {
        var item: FindingsItem
        var report: RehearsalReport
        var count: Int
    }

    /// What a plan still lacks, each step once.
    func subjects(of plan: MakePlan.Reply) async throws -> [Subject] {
        var subjects: [Subject] = []
        for step in plan.steps {
            let isMissing = plan.missingApprovals.contains {
                $0.revision == step.revision && $0.direction == step.direction
            }
            guard isMissing else { continue }
            var sql: [String] = []
            if isVerbose {
                let shown = try await subject(named: step.revision.rawValue, direction: step.direction)
                guard shown.item.contentDigest == step.contentDigest else {
                    throw Self.changed(step.revision, step.path)
                }
                sql = shown.sql
            }
            subjects.append(
                Subject(
                    item: ApprovalItem(
                        revision: step.revision, direction: step.direction, contentDigest: step.contentDigest),
                    description: step.description, path: step.path, statementCount: step.statementCount,
                    isTransactional: step.isTransactional, sql: sql))
        }
        return subjects
    }

    /// A revision by its name. Where this program can read the file's format, it makes the digest itself from the bytes
    /// that it shows, and believes nobody.
    func subject(named name: String, direction: Direction) async throws -> Subject {
        let reply = try await session.client.call(
            GetRevision.self, .init(database: job?.database ?? session.database, revision: name, job: job))
        let text = direction == .upgrade ? reply.upgradeDigest : reply.downgradeDigest
        guard let text, let digest = SHA256Digest(hex: text) else {
            throw Failure(
                .irreversible, "cannot approve the downgrade of \"\(reply.revision.id)\": it has none",
                location: Failure.Location(path: reply.revision.path))
        }
        let file = RevisionFile(path: reply.revision.path, bytes: Array(reply.source.utf8))
        let revision = try? RevisionFormats.format(ofPath: file.path)?.parse(file)
        let section = revision?.section(direction)
        if let section, section.contentDigest != digest { throw Self.changed(reply.revision.id, file.path) }
        return Subject(
            item: ApprovalItem(revision: reply.revision.id, direction: direction, contentDigest: digest),
            description: reply.revision.description, path: reply.revision.path,
            statementCount: section?.statements.count, isTransactional: reply.revision.isTransactional,
            sql: isVerbose ? section.map(Self.sql) ?? Self.lines(reply.source) : [])
    }

    /// What the job waits for.
    func subjectsOfJob() async throws -> [Subject] {
        guard let job else { return [] }
        let reply = try await session.client.call(GetJob.self, .init(job: job.description))
        var subjects: [Subject] = []
        for missing in reply.job.missingApprovals ?? [] {
            if reply.job.kind == .restore {
                // No revision: what the database is to be replaced by.
                subjects.append(
                    Subject(
                        item: ApprovalItem(
                            revision: missing.revision, direction: missing.direction,
                            contentDigest: missing.contentDigest),
                        description: "in the place of \(job.database)", sql: []))
                continue
            }
            let subject = try await subject(named: missing.revision.rawValue, direction: missing.direction)
            guard subject.item.contentDigest == missing.contentDigest else {
                throw Self.changed(missing.revision, subject.path ?? "")
            }
            subjects.append(subject)
        }
        return subjects
    }

    /// What the job's rehearsal asks. Also of a job that does not wait: consent may be given ahead, for the next one.
    func findingsOfJob() async throws -> Asked? {
        guard let job else { return nil }
        let reply = try await session.client.call(GetJob.self, .init(job: job.description))
        guard let report = reply.rehearsal, let asked = AskedFindings(report) else { return nil }
        return Asked(
            item: FindingsItem(job: job, digest: asked.digest), report: report, count: asked.items.count)
    }

    private static func changed(_ revision: RevisionID, _ path: String) -> Failure {
        Failure(
            .digestMismatch, "cannot approve \"\(revision)\": its file is not what its digest says",
            hint: "it may have been changed just now: look again", location: Failure.Location(path: path))
    }

    private static func sql(_ section: Revision.Section) -> [String] {
        section.statements.flatMap { statement in
            lines(statement.text + ";") + (statement.copyData.map { ["-- with \($0.count) bytes of data"] } ?? [])
        }
    }

    private static func lines(_ text: String) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0).printable }
    }

    /// Shows the plan, asks, and approves what it lacks. False where the answer was no.
    func approvePlan(_ direction: Direction, target: String, isQuiet: Bool) async throws -> Bool {
        let plan = try await plan(direction, target: target)
        if !isQuiet { try PlanView(output: session.output).show(plan) }
        let subjects = try await subjects(of: plan)
        guard !subjects.isEmpty else { return true }
        if !isQuiet { try await showRehearsal(of: subjects) }
        guard try isAgreed("Approve \(subjects.count == 1 ? "this step" : "these \(subjects.count) steps")?") else {
            return false
        }
        _ = try await send(subjects)
        return true
    }

    /// The plan. Who wants to change a database that was released takes it over again by that.
    private func plan(_ direction: Direction, target: String) async throws -> MakePlan.Reply {
        let parameters = MakePlan.Parameters(database: session.database, direction: direction, target: target)
        do {
            return try await session.client.call(MakePlan.self, parameters)
        } catch let failure as Failure where failure.code == .released {
            _ = try await session.client.call(Adopt.self, .init(database: session.database))
            return try await session.client.call(MakePlan.self, parameters)
        }
    }

    /// Asks, unless the answer was given beforehand.
    func isAgreed(_ question: String) throws -> Bool {
        try assumesYes || session.isAgreed(question, to: "approve")
    }

    func send(_ subjects: [Subject], _ asked: Asked? = nil) async throws -> ApprovalReply {
        try await session.client.call(
            Approve.self,
            ApprovalRequest(
                database: job?.database ?? session.database, items: subjects.map(\.item),
                findings: asked.map { [$0.item] }))
    }

    /// What the latest rehearsal found, where it was one of just these contents among others.
    func showRehearsal(of subjects: [Subject]) async throws {
        let latest: GetRehearsal.Reply
        do {
            latest = try await session.client.call(GetRehearsal.self, .init(database: session.database))
        } catch let failure as Failure where failure.code == .protocolViolation {
            return  // An older daemon: it has not rehearsed anything.
        }
        guard let report = latest.report, let job = latest.job,
            subjects.allSatisfy({ report.contentDigests.contains($0.item.contentDigest) })
        else { return }
        try show(report, of: job)
    }

    func show(_ report: RehearsalReport, of job: JobID) throws {
        try session.output.line(session.output.painter("Rehearsal of \(job)", .bold))
        try RehearsalView(output: session.output).show(report)
        try session.output.line()
    }

    /// What a person reads before the question.
    func show(_ subjects: [Subject]) throws {
        let painter = session.output.painter
        for subject in subjects {
            var lines = [painter(subject.item.revision.rawValue, .bold) + "  \(subject.description.printable)"]
            if let path = subject.path {
                var facts = [subject.item.direction.rawValue]
                if let count = subject.statementCount { facts.append(Quantity.count(count, "statement")) }
                facts.append(subject.isTransactional ? "one transaction" : painter("no transaction", .yellow))
                lines.append("  " + facts.joined(separator: ", "))
                lines.append("  " + painter(path.printable, .dim))
            } else {
                lines.append("  restore")
            }
            lines.append("  digest \(subject.item.contentDigest)")
            lines += subject.sql.map { "    \($0)" }
            try session.output.lines(lines + [""])
        }
    }
}
