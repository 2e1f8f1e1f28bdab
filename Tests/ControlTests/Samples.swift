import Control
import Digest
import Planning
import Revisions

/// Values with every field set, and the same with every optional one absent.
enum Samples {
    static let moment = Timestamp(microseconds: 1_795_342_500_123_456)
    static let digest = SHA256Digest.of("sample")
    static let person = Person(uid: 1000, userName: "ann", loginUID: 1001, machineID: "0123456789abcdef")
    static let location = Failure.Location(path: "migrations/002.sql", line: 14, column: 3)
    static let failure = Failure(
        .statementFailed, "cannot apply revision \"002\": relation \"x\" does not exist", hint: "mend the file",
        location: location,
        sql: Failure.ServerReport(
            sqlState: "42P01", message: "relation \"x\" does not exist", detail: "a", hint: "b", context: "c",
            statement: "drop table x"),
        notes: ["001 had been applied"])
    static let missing = MissingApproval(
        revision: "002", direction: .upgrade, contentDigest: digest, given: 1, wanted: 2)
    static let approval = Approval(
        revision: "002", direction: .upgrade, contentDigest: digest, person: person, givenAt: moment)
    static let item = ApprovalItem(revision: "002", direction: .downgrade, contentDigest: digest)
    static let step = Step(
        revision: "002", direction: .upgrade, contentDigest: digest, sourceDigest: digest, description: "add status",
        path: "migrations/002.sql", isTransactional: true, statementCount: 2,
        rowChanges: [.insert("002"), .delete("000"), .update(from: "001", to: "002")], rowsAfter: ["002"])
    static let job = Job(
        id: JobID(database: "main", number: 41), kind: .upgrade, state: .awaitingApproval, target: "head",
        targetRevisions: ["002"], stepCount: 2, appliedCount: 1, requestedBy: person,
        requestID: "6f1ed002-ab5e-4c5c-8d5b-000000000001", requestedAt: moment, startedAt: moment, finishedAt: moment,
        failure: failure, missingApprovals: [missing], missingFindings: asked, backup: "main-20261122T101500Z-001",
        isCancelRequested: true)
    static let event = JobEvent(
        job: job.id, sequence: 7, at: moment, kind: .stepProgress, state: .applying, revision: "002",
        message: "applying 002", progress: JobEvent.Progress(unit: "blocks", done: 3, total: 10, phase: "orders"))
    static let revision = RevisionSummary(
        id: "002", downRevisions: ["001"], dependsOn: ["x1"], branchLabels: ["billing"], description: "add status",
        created: "2026-11-22T10:15:00Z", path: "migrations/002.sql", isTransactional: true, hasDowngrade: true,
        isHead: true, isBase: false, isBranchPoint: false, isMergePoint: false, isCurrent: true, isApplied: true)
    static let entry = HistoryEntry(
        revision: "002", direction: .upgrade, appliedAt: moment, elapsedMilliseconds: 12.5, person: person, job: job.id,
        contentDigest: digest, meaningDigest: digest, rowsAfter: ["002"])
    static let backup = BackupSummary(
        name: "main-20261122T101500Z-001", database: "main", path: "/var/backups/migrated/main", takenAt: moment,
        elapsedSeconds: 2.5, size: 80_000_000, versionRows: ["001"], job: job.id, isVerified: true,
        problem: "a hash differs")
    static let drift = DriftReport(
        lookedAt: moment, keptAt: moment, changes: [.init(kind: "table", name: "public.t", change: "create")],
        notCompared: ["base type b"], upgrade: "CREATE TABLE t ();", downgrade: "DROP TABLE t;")
    static let check = Check(subject: "main: pg_dump", outcome: .bad, message: "not found", hint: "install it")

    static var database: DatabaseStatus {
        var status = DatabaseStatus(name: "main", connection: .refused, url: "postgresql://app@localhost/app")
        status.failure = failure
        status.serverVersion = "15.18"
        status.current = ["001"]
        status.heads = ["002"]
        status.revisionCount = 2
        status.directories = ["migrations"]
        status.script = .init(
            role: "owner", searchPath: ["app"], versionTable: .init(schema: "meta", table: "versions"))
        status.problems = [failure]
        status.warnings = ["edited"]
        status.guesses = [Finding(code: "table-rewrite", message: "a guess", hint: "b", location: location)]
        status.runningJob = job
        status.lastBackup = backup.name
        status.pausedBecause = "a downgrade"
        status.restoredFrom = "main-20261122T101500Z-001"
        status.nextAttemptAt = moment
        return status
    }

    /// A sample of every method's parameters and reply.
    static let exchanges: [Exchange] = readings + jobs + others

    private static let readings: [Exchange] = [
        Exchange(
            GetStatus.self, .init(database: "main"),
            .init(version: "0.1.0", processID: 4242, startedAt: moment, databases: [database])),
        Exchange(
            ListRevisions.self, .init(database: "main"), .init(revisions: [revision], unknownBecause: "unreachable")),
        Exchange(
            GetRevision.self, .init(database: "main", revision: "002", job: JobID(database: "main", number: 1)),
            .init(
                revision: revision, source: "-- revision: 002", upgradeDigest: digest.description,
                downgradeDigest: digest.description, approvals: [approval])),
        Exchange(
            GetHistory.self, .init(database: "main", limit: 5),
            .init(
                entries: [entry],
                stamps: [
                    StampEntry(stampedAt: moment, person: person, job: job.id, rowsBefore: [], rowsAfter: ["002"])
                ])),
        Exchange(
            MakePlan.self, .init(database: "main", direction: .upgrade, target: "head", allowsGaps: true),
            .init(
                rowsBefore: ["001"], rowsAfter: ["002"], steps: [step], missingApprovals: [missing],
                digest: digest.description,
                gaps: [
                    PlanGap(
                        revision: "001", description: "first", path: "migrations/001.sql", position: 1,
                        unfinished: "8: a query")
                ],
                withoutFile: ["002"])),
        Exchange(
            GetScript.self, .init(database: "main", direction: .downgrade, target: "-1"), .init(sql: "BEGIN;\n")),
    ]

    private static let request = MigrationRequest(database: "main", target: "head", requestId: job.requestID)

    private static let jobs: [Exchange] = [
        Exchange(Upgrade.self, request, .init(job: job)),
        Exchange(Downgrade.self, request, .init(job: job)),
        Exchange(
            Stamp.self, .init(database: "main", targets: ["head"], purge: true, requestId: job.requestID),
            .init(job: job)),
        Exchange(EnsureVersion.self, .init(database: "main", requestId: job.requestID), .init(job: job)),
        Exchange(Backup.self, .init(database: "main", requestId: job.requestID), .init(job: job)),
        Exchange(ListJobs.self, .init(database: "main", limit: 5, onlyOpen: true), .init(jobs: [job])),
        Exchange(
            GetJob.self, .init(job: "main-41"), .init(job: job, steps: [step], events: [event], rehearsal: rehearsal)),
        Exchange(
            WatchJob.self, .init(job: "main-41", fromSequence: 3, untilParked: true), .init(job: job, event: event)),
        Exchange(Subscribe.self, .init(database: "main", last: 3), .init(events: [event])),
        Exchange(Cancel.self, .init(job: "main-41"), .init(job: job)),
        Exchange(Resolve.self, .init(job: "main-41", decision: .notApplied, reason: "looked"), .init(job: job)),
    ]

    private static let others: [Exchange] = [
        Exchange(
            Approve.self, .init(database: "main", items: [item], findings: [findingsItem]),
            .init(approvals: [approval], findings: [findingsApproval])),
        Exchange(
            Revoke.self, .init(database: "main", items: [item], findings: [findingsItem]),
            .init(approvals: [approval], findings: [findingsApproval])),
        Exchange(
            ListApprovals.self, .init(database: "main"),
            .init(approvals: [approval], findings: [findingsApproval])),
        Exchange(ListBackups.self, .init(database: "main"), .init(backups: [backup])),
        Exchange(Pause.self, .init(database: "main", reason: "a release"), Nothing()),
        Exchange(Resume.self, .init(database: "main"), Nothing()),
        Exchange(Reload.self, Nothing(), .init(changes: ["log level"])),
        Exchange(Adopt.self, .init(database: "main"), Nothing()),
        Exchange(Diagnose.self, .init(database: "main"), .init(checks: [check])),
        Exchange(GetMetrics.self, .init(database: "main"), .init(text: "# EOF\n")),
        Exchange(Retry.self, .init(job: "main-41", requestId: job.requestID), .init(job: job)),
        Exchange(GetSchema.self, .init(database: "main"), .init(schema: "CREATE TABLE t ()", invalidIndexes: ["i"])),
        Exchange(
            Reset.self, .init(database: "main", requestId: job.requestID, upgradeRequestId: job.requestID),
            .init(job: job, upgrade: job)),
        Exchange(Release.self, .init(database: "main"), .init(versionTable: "public.alembic_version", rows: ["001"])),
        Exchange(
            Rehearse.self, .init(database: "main", target: "head", noWayBack: true, requestId: job.requestID),
            .init(job: job)),
        Exchange(GetRehearsal.self, .init(database: "main"), .init(job: job.id, report: rehearsal)),
        Exchange(
            Restore.self,
            .init(
                database: "main", backup: "main-20261122T101500Z-001", into: "copy", replace: true, onlySchema: true,
                tables: ["app.orders"], digest: digest, requestId: job.requestID), .init(job: job)),
        Exchange(
            VerifyBackup.self,
            .init(database: "main", backup: "main-20261122T101500Z-001", noRestore: true, digest: digest),
            .init(message: "main-20261122T101500Z-001 is good", isDone: true)),
        Exchange(GetDrift.self, .init(database: "main"), .init(report: drift)),
        Exchange(AcceptDrift.self, .init(database: "main", changes: drift.changes), .init(report: drift)),
    ]
}

/// What goes over the socket for one method.
struct Exchange: Sendable {
    var method: any ControlMethod.Type
    var parameters: any Codable & Sendable
    var reply: any Codable & Sendable

    init<M: ControlMethod>(_ method: M.Type, _ parameters: M.Parameters, _ reply: M.Reply) {
        self.method = method
        self.parameters = parameters
        self.reply = reply
    }
}
