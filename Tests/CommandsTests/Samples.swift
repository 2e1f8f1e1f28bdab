import Control
import Digest
import Planning
import Revisions
import Varlink

/// A small world: two revisions, the first applied, and a job that brings the second.
enum Samples {
    /// 2026-11-22 10:15:00 UTC.
    static let moment = Timestamp(microseconds: 1_795_342_500_000_000)
    static let digest = SHA256Digest.of("sample")
    static let person = Person(uid: 1000, userName: "ann", machineID: "m")
    static let jobID = JobID(database: "main", number: 41)

    static func later(_ milliseconds: Int64) -> Timestamp {
        Timestamp(microseconds: moment.microseconds + milliseconds * 1000)
    }

    static func job(
        _ state: JobState, kind: JobKind = .upgrade, steps: Int = 1, applied: Int = 0, failure: Failure? = nil,
        missing: [MissingApproval]? = nil
    ) -> Job {
        Job(
            id: jobID, kind: kind, state: state, target: kind == .backup ? "" : "head",
            targetRevisions: kind == .backup ? [] : ["002"], stepCount: steps, appliedCount: applied,
            requestedBy: person, requestID: "6f1ed002-ab5e-4c5c-8d5b-0123456789ab", requestedAt: moment,
            startedAt: moment, finishedAt: state.isFinal ? later(2400) : nil, failure: failure,
            missingApprovals: missing)
    }

    static func event(
        _ sequence: Int64, _ kind: JobEvent.Kind, _ state: JobState, _ message: String, at milliseconds: Int64 = 0,
        progress: JobEvent.Progress? = nil
    ) -> JobEvent {
        JobEvent(
            job: jobID, sequence: sequence, at: later(milliseconds), kind: kind, state: state, message: message,
            progress: progress)
    }

    static let missing = MissingApproval(
        revision: "002", direction: .upgrade, contentDigest: digest, given: 0, wanted: 1)

    static func revision(
        _ id: RevisionID, after parents: [RevisionID] = [], _ description: String, isHead: Bool = false,
        isCurrent: Bool = false
    ) -> RevisionSummary {
        RevisionSummary(
            id: id, downRevisions: parents, dependsOn: [], branchLabels: [], description: description, created: nil,
            path: "migrations/\(id).sql", isTransactional: true, hasDowngrade: true, isHead: isHead,
            isBase: parents.isEmpty, isBranchPoint: false, isMergePoint: parents.count > 1, isCurrent: isCurrent,
            isApplied: isCurrent)
    }

    static let revisions = [
        revision("002", after: ["001"], "add status", isHead: true), revision("001", "initial", isCurrent: true),
    ]

    static let source = """
        -- revision: 002
        -- down_revision: 001
        -- description: add status

        -- migrated: upgrade
        ALTER TABLE sessions ADD COLUMN status text;
        CREATE INDEX ON sessions (status);

        -- migrated: downgrade
        ALTER TABLE sessions DROP COLUMN status;

        """

    /// The digests of `source`, as the daemon would make them.
    static func digests() throws -> (upgrade: SHA256Digest, downgrade: SHA256Digest) {
        let file = RevisionFile(path: "migrations/002.sql", bytes: Array(source.utf8))
        let revision = try SQLFormat().parse(file)
        return (revision.upgrade.contentDigest, revision.downgrade?.contentDigest ?? digest)
    }

    static func plan(missing: Bool = true) throws -> MakePlan.Reply {
        let digest = try digests().upgrade
        let step = Step(
            revision: "002", direction: .upgrade, contentDigest: digest, sourceDigest: .of(source),
            description: "add status", path: "migrations/002.sql", isTransactional: true, statementCount: 2,
            rowChanges: [.update(from: "001", to: "002")], rowsAfter: ["002"])
        let lacking = MissingApproval(
            revision: "002", direction: .upgrade, contentDigest: digest, given: 0, wanted: 1)
        return MakePlan.Reply(
            rowsBefore: ["001"], rowsAfter: ["002"], steps: [step], missingApprovals: missing ? [lacking] : [],
            digest: digest.description)
    }

    static var database: DatabaseStatus {
        var status = DatabaseStatus(name: "main", connection: .connected, url: "postgresql://app@localhost/app")
        status.serverVersion = "15.18"
        status.current = ["001"]
        status.heads = ["002"]
        status.revisionCount = 2
        status.pendingCount = 1
        status.unapprovedCount = 1
        status.directories = ["/etc/migrated/migrations"]
        return status
    }

    static func status(_ databases: [DatabaseStatus]) -> GetStatus.Reply {
        GetStatus.Reply(version: ProgramVersion.current, processID: 4242, startedAt: moment, databases: databases)
    }

    /// A daemon that answers every method of reading.
    static func readingHandlers() throws -> [MethodHandler] {
        let digests = try digests()
        let plan = try plan()
        return [
            ControlServer.handler(GetStatus.self) { _, _ in status([database]) },
            ControlServer.handler(streaming: ListRevisions.self) { _, stream in
                for revision in revisions.dropLast() { try await stream.send(.init(revisions: [revision])) }
                try await stream.finish(.init(revisions: Array(revisions.suffix(1))))
            },
            ControlServer.handler(GetRevision.self) { parameters, _ in
                guard parameters.revision == "002" else {
                    throw Failure(.noSuchRevision, "cannot find revision \"\(parameters.revision)\"")
                }
                return GetRevision.Reply(
                    revision: revisions[0], source: source, upgradeDigest: digests.upgrade.description,
                    downgradeDigest: digests.downgrade.description, approvals: [])
            },
            ControlServer.handler(streaming: GetHistory.self) { _, stream in
                try await stream.finish(
                    .init(entries: [
                        HistoryEntry(
                            revision: "001", direction: .upgrade, appliedAt: moment, elapsedMilliseconds: 12.4,
                            person: person, job: jobID, contentDigest: digest, meaningDigest: digest,
                            rowsAfter: ["001"])
                    ]))
            },
            ControlServer.handler(MakePlan.self) { _, _ in plan },
            ControlServer.handler(ListJobs.self) { _, _ in
                ListJobs.Reply(jobs: [job(.applying), job(.succeeded, applied: 1)])
            },
            ControlServer.handler(GetJob.self) { parameters, _ in
                guard parameters.job == "main-41" else {
                    throw Failure(.noSuchJob, "cannot show \"\(parameters.job)\": no such job")
                }
                return GetJob.Reply(
                    job: job(.succeeded, applied: 1), steps: plan.steps,
                    events: [event(1, .jobQueued, .queued, "upgrade to head queued")])
            },
            ControlServer.handler(ListApprovals.self) { _, _ in
                ApprovalReply(approvals: [
                    Approval(
                        revision: "001", direction: .upgrade, contentDigest: digest, person: person, givenAt: moment)
                ])
            },
            ControlServer.handler(ListBackups.self) { _, _ in
                ListBackups.Reply(backups: [
                    BackupSummary(
                        name: "main-20261122T101500Z-001", database: "main", path: "/var/backups/x", takenAt: moment,
                        elapsedSeconds: 2.5, size: 80 << 20, versionRows: ["001"], job: jobID, isVerified: true)
                ])
            },
            ControlServer.handler(streaming: Subscribe.self) { _, stream in
                try await stream.finish(.init(events: [event(1, .jobQueued, .queued, "upgrade to head queued")]))
            },
            ControlServer.handler(Diagnose.self) { _, _ in
                Diagnose.Reply(checks: [
                    Check(subject: "main: connection", outcome: .good, message: "PostgreSQL 15.18"),
                    Check(
                        subject: "main: pg_dump", outcome: .bad, message: "not found",
                        hint: "apt-get install postgresql-client-15"),
                ])
            },
        ]
    }
}
