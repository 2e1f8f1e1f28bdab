import Control
import Planning
import Revisions

/// All revisions up, as far down as they go, and up again, with a look at the schema in between.
struct RoundTrip: Sendable {
    let session: Session

    /// What came of it.
    struct Report: Sendable, Encodable {
        /// What is not as it should be, with the lines of the schema that show it.
        struct Finding: Sendable, Encodable {
            var what: String
            var lines: [String]
        }

        var revisionCount: Int
        /// Revisions without a downgrade.
        var irreversible: [RevisionID]
        /// How many revisions were taken back and applied again.
        var takenBackCount = 0
        var findings: [Finding] = []

        var summary: String {
            let all = Quantity.count(revisionCount, "revision")
            let way = "up, down and up again"
            guard takenBackCount < revisionCount else { return "good: \(all), \(way)" }
            return "good: \(all), of which \(takenBackCount) can be taken back: \(way)"
        }
    }

    func run() async throws -> Report {
        let revisions = try await session.client.collect(ListRevisions.self, .init(database: session.database))
            .flatMap(\.revisions)
        var report = Report(
            revisionCount: revisions.count, irreversible: revisions.filter { !$0.hasDowngrade }.map(\.id).sorted())
        guard !revisions.isEmpty else {
            throw Failure(
                .noSuchRevision, "cannot test: there are no revisions", hint: "name their directory: --directory PATH")
        }
        let empty = try await schema()
        try await upgrade("upgrade")
        try await demandHeads(revisions.filter(\.isHead).map(\.id))
        let first = try await look("after the upgrade", &report)
        report.takenBackCount = try await takeBack(revisions, report.irreversible)
        if report.takenBackCount == revisions.count {
            try compare(
                empty, try await schema(), "the downgrade to base leaves the database other than it was", &report)
        }
        guard report.takenBackCount > 0 else { return report }
        do {
            try await upgrade("upgrade again")
        } catch let failure as Failure where !report.findings.isEmpty {
            // No wonder; what it stumbled over is said already, and is what has to be mended.
            report.findings.append(Report.Finding(what: "the second upgrade fails", lines: [failure.message]))
            return report
        }
        let second = try await look("after the second upgrade", &report)
        try compare(first, second, "the second upgrade leads elsewhere than the first", &report)
        return report
    }

    // MARK: Ways

    private func upgrade(_ title: String) async throws {
        let request = MigrationRequest(database: session.database, target: "heads", requestId: RequestID.make())
        try await carryOut(session.client.call(Upgrade.self, request).job, title)
    }

    /// Takes back what can be, and returns how many revisions that were.
    private func takeBack(_ revisions: [RevisionSummary], _ irreversible: [RevisionID]) async throws -> Int {
        let kept = Self.kept(revisions, irreversible)
        if !irreversible.isEmpty {
            try say("without a downgrade: \(irreversible.map(\.rawValue).joined(separator: ", "))")
        }
        var count = 0
        for target in Self.targets(revisions, kept) {
            let request = MigrationRequest(database: session.database, target: target, requestId: RequestID.make())
            count += try await carryOut(session.client.call(Downgrade.self, request).job, "downgrade to \(target)")
        }
        return count
    }

    /// What must stay applied: revisions without a downgrade, and all that they build on.
    private static func kept(_ revisions: [RevisionSummary], _ irreversible: [RevisionID]) -> Set<RevisionID> {
        var kept: Set<RevisionID> = []
        var next = irreversible
        while let id = next.popLast() {
            guard kept.insert(id).inserted, let revision = revisions.first(where: { $0.id == id }) else { continue }
            next += revision.downRevisions
            next += revisions.filter { other in
                revision.dependsOn.contains { $0 == other.id.rawValue || other.branchLabels.contains($0) }
            }.map(\.id)
        }
        return kept
    }

    /// The targets of downgrades that take back all but `kept`.
    private static func targets(_ revisions: [RevisionSummary], _ kept: Set<RevisionID>) -> [String] {
        guard !kept.isEmpty else { return ["base"] }
        let gone = revisions.filter { !kept.contains($0.id) }
        let tips = Set(gone.flatMap(\.downRevisions)).intersection(kept)
        let roots = gone.filter { $0.downRevisions.isEmpty }.map { "\($0.id)@base" }
        return tips.map(\.rawValue).sorted() + roots.sorted()
    }

    @discardableResult
    private func carryOut(_ job: Job, _ title: String) async throws -> Int {
        let form: JobDisplay.Form = session.output.sink.isTerminal && !session.output.isJSON ? .live : .silent
        let ended =
            job.state.isFinal
            ? job : try await session.follow(job.id, staysParked: false, isOurs: true, form: form) ?? job
        if let failure = session.failure(of: ended) { throw failure }
        let time = JobSummary.elapsed(ended)
        try say("\(title): \(Quantity.count(ended.appliedCount, "revision"))\(time.isEmpty ? "" : " in \(time)")")
        return ended.appliedCount
    }

    // MARK: Looks

    private func schema() async throws -> [Substring] {
        try await session.client.call(GetSchema.self, .init(database: session.database)).schema.split(separator: "\n")
    }

    private func look(_ moment: String, _ report: inout Report) async throws -> [Substring] {
        let reply = try await session.client.call(GetSchema.self, .init(database: session.database))
        if !reply.invalidIndexes.isEmpty {
            report.findings.append(
                Report.Finding(what: "indexes are not valid \(moment)", lines: reply.invalidIndexes))
        }
        return reply.schema.split(separator: "\n")
    }

    private func demandHeads(_ heads: [RevisionID]) async throws {
        let status = try await session.client.call(GetStatus.self, .init(database: session.database))
        guard let rows = status.databases.first?.current, rows.sorted() != heads.sorted() else { return }
        // A head that another revision depends on has no row of its own.
        guard status.databases.first?.pendingCount != 0 else { return }
        throw Failure(
            .versionChanged,
            "cannot confirm the upgrade: the version table says \"\(rows.map(\.rawValue).joined(separator: ", "))\"",
            hint: "see whether a revision writes into the version table")
    }

    /// The longest list of differing lines that is shown.
    private static let lineLimit = 40

    private func compare(
        _ before: [Substring], _ after: [Substring], _ what: String, _ report: inout Report
    ) throws {
        let difference = after.difference(from: before)
        guard !difference.isEmpty else { return }
        let lines = difference.map { change in
            switch change {
            case .insert(_, let line, _): "+ \(line)"
            case .remove(_, let line, _): "- \(line)"
            }
        }
        let rest = lines.count - Self.lineLimit
        report.findings.append(
            Report.Finding(
                what: what,
                lines: lines.prefix(Self.lineLimit) + (rest > 0 ? ["and \(Quantity.count(rest, "more line"))"] : [])))
    }

    private func say(_ line: String) throws {
        if !session.output.isJSON { try session.output.line(line) }
    }
}
