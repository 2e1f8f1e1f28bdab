import Planning

/// The stage in which the plan is carried out in a copy.
extension Pipeline {
    /// The word in a job's target that leaves the way back out.
    static let noWayBack = "--no-way-back"

    var wantsRehearsal: Bool {
        job.kind == .rehearse || job.kind.direction != nil && configuration.rehearsal.isOn
    }

    /// Rehearses the plan, keeps the report and tells what it found.
    ///
    /// - Throws: `Failure` `rehearsal-failed`, `rehearsal-refused`: nothing was done to the database.
    func rehearse(_ draft: Draft, in backup: TakenBackup) async throws {
        let (reporter, number) = (reporter, job.id.number)
        let isWanted = !job.target.split(separator: " ").contains(Substring(Self.noWayBack))
        let outcome = try await Rehearsal(
            configuration: configuration, production: sessions, draft: draft, backup: backup, person: job.requestedBy,
            retry: retry, takesWayBack: isWanted && configuration.rehearsal.takesWayBack
        ) { message in
            await reporter.event(number, .rehearsalProgress, message)
        }.run()
        try await reporter.jobs.setRehearsal(number, outcome.report)
        for finding in outcome.report.findings {
            await reporter.event(number, .rehearsalFinding, "\(finding.message) [\(finding.code.rawValue)]")
        }
        if let failure = outcome.failure { throw failure }
        // Why there was none is told as a finding, unless the settings want none.
        guard outcome.report.outcome == .completed || outcome.report.findings.isEmpty else { return }
        await reporter.event(number, .rehearsalFinished, Self.sentence(outcome.report))
    }

    private static func sentence(_ report: RehearsalReport) -> String {
        if report.outcome == .notRehearsed { return "not rehearsed: \(report.reason ?? "for a reason not known")" }
        let time = Double(Int(report.elapsedSeconds * 10)) / 10
        let what = Plural.count(report.statements.count + report.unlistedStatements, "statement")
        let way = report.wayBack == nil ? "" : ", with the way back"
        return
            "rehearsed in a copy in \(time) s: \(what) measured\(way), \(Plural.count(report.findings.count, "finding"))"
    }
}
