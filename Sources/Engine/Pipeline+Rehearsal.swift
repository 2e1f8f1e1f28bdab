import Digest
import Host
import Planning

/// The stage in which the plan is carried out in a copy.
extension Pipeline {
    /// The word in a job's target that leaves the way back out.
    static let noWayBack = "--no-way-back"

    /// The rehearsal has found what somebody has to consent to, and nobody has.
    struct FindingsAsked: Error {
        var findings: AskedFindings
    }

    var wantsRehearsal: Bool {
        job.kind == .rehearse || job.kind.direction != nil && configuration.rehearsal.isOn
    }

    /// Rehearses the plan, keeps the report and tells what it found. Returns what it lets one expect, where it was carried out.
    ///
    /// - Throws: `Failure` `rehearsal-failed`, `rehearsal-refused`, `not-rehearsed`; `FindingsAsked`. Nothing was done to the
    ///   database then.
    func rehearse(_ draft: Draft, in backup: TakenBackup) async throws -> RehearsalExpectation? {
        let (reporter, number) = (reporter, job.id.number)
        let isWanted = !job.target.split(separator: " ").contains(Substring(Self.noWayBack))
        let outcome = try await Rehearsal(
            configuration: configuration, production: sessions, draft: draft, backup: backup, person: job.requestedBy,
            retry: retry, takesWayBack: isWanted && configuration.rehearsal.takesWayBack
        ) { message, progress in
            await reporter.event(number, .rehearsalProgress, message, progress: progress)
        }.run()
        let report = outcome.report
        try await reporter.jobs.setRehearsal(number, report)
        for finding in report.findings {
            await reporter.event(number, .rehearsalFinding, "\(finding.message) [\(finding.code.rawValue)]")
        }
        if let failure = outcome.failure { throw failure }
        guard job.kind != .rehearse || report.outcome == .completed else { throw notRehearsed(report) }
        // Why there was none is told as a finding, unless the settings want none.
        if report.outcome == .completed || report.findings.isEmpty {
            await reporter.event(number, .rehearsalFinished, Self.sentence(report))
        }
        if job.kind != .rehearse, let asked = AskedFindings(report), try await !isAccepted(asked) {
            throw FindingsAsked(findings: asked)
        }
        return RehearsalExpectation(report, policy: configuration.rehearsal.policy)
    }

    /// Says which revisions took far longer than they did in the copy and were not stopped for it.
    func tellOverruns(of plan: Plan, _ expectation: RehearsalExpectation?) async {
        guard let expectation, expectation.policy.action != .off else { return }
        let history = HistoryStore(database: configuration.name, session: sessions.observer)
        for entry in (try? await history.latest(limit: plan.steps.count)) ?? [] where entry.job == job.id {
            let (revision, elapsed) = (entry.revision, entry.elapsedMilliseconds)
            guard let expected = expectation.overrun(revision, entry.direction, elapsed: elapsed) else { continue }
            await reporter.event(
                job.id.number, .stepOverrun,
                "\(revision) took \(RehearsalPolicy.time(elapsed)), and \(RehearsalPolicy.time(expected)) in the rehearsal",
                revision: revision)
        }
    }

    private static func sentence(_ report: RehearsalReport) -> String {
        if report.outcome == .notRehearsed { return "not rehearsed: \(report.reason ?? "for a reason not known")" }
        let time = Double(Int(report.elapsedSeconds * 10)) / 10
        let what = Plural.count(report.statements.count + report.unlistedStatements, "statement")
        let way = report.wayBack == nil ? "" : ", with the way back"
        return
            "rehearsed in a copy in \(time) s: \(what) measured\(way), \(Plural.count(report.findings.count, "finding"))"
    }

    /// A job that is there only to rehearse has failed where it could not.
    private func notRehearsed(_ report: RehearsalReport) -> Failure {
        Failure(
            .notRehearsed,
            "cannot rehearse the plan for \"\(configuration.name)\": \(report.reason ?? "there was no copy")",
            hint: report.findings.isEmpty
                ? "raise max_size under [database.\(configuration.name).rehearsal]"
                : RehearsalFinding.Code.notRehearsed.hint,
            notes: ["nothing was done to the database"])
    }

    // MARK: One more approval

    private func isAccepted(_ asked: AskedFindings) async throws -> Bool {
        configuration.policy.accepts(
            try await FindingsApprovalStore(database: configuration.name, session: sessions.observer)
                .standing(for: asked.digest), requester: job.requestedBy)
    }

    /// Gives the lock back and waits for somebody to consent.
    mutating func park(_ asked: AskedFindings) async throws {
        let codes = Set(asked.items.map(\.code.rawValue)).sorted().joined(separator: ", ")
        try await enter(
            .awaitingApproval,
            "waits for approval of \(Plural.count(asked.items.count, "finding")) of its rehearsal (\(codes)), by root or the user that migrated runs as",
            findings: asked)
    }

    /// The backup that the job was given before it was parked for what its rehearsal found, while it is young enough and
    /// nothing was applied since.
    func keptBackup(before plan: Plan) async throws -> TakenBackup? {
        guard let name = job.backup, let report = try await reporter.jobs.rehearsal(of: job.id.number),
            let asked = AskedFindings(report), try await isAccepted(asked),
            let kept = try await BackupStore(session: sessions.observer)
                .backup(name, youngerThan: configuration.backup.maximumAge),
            kept.manifest.versionRows == plan.rowsBefore,
            let manifest = try? TextFiles.readBytes(
                FilePaths.join(kept.path, BackupShelf.manifestName), limit: BackupShelf.manifestLimit),
            SHA256Digest.of(manifest) == kept.digest
        else { return nil }
        await reporter.event(job.id.number, .backupFinished, "backup \(name) is young enough to be used again")
        return kept
    }
}
