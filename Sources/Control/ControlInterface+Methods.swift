extension ControlInterface {
    /// The methods of the interface.
    static let methodTexts = [readingMethods, jobMethods, approvalMethods, serviceMethods].joined(separator: "\n")

    private static let readingMethods = """
        # How the daemon and its databases are; with database, only that one.
        method GetStatus(database: ?string) -> (
          # The daemon's version.
          version: string,
          processID: int,
          startedAt: string,
          databases: []DatabaseStatus
        )

        # The revisions of a database's directory, newest first. With more: in portions.
        method ListRevisions(database: ?string) -> (revisions: []RevisionSummary)

        # One revision, by an id, a part of an id, a label, head, …
        method GetRevision(database: ?string, revision: string) -> (
          revision: RevisionSummary,
          # The whole file.
          source: string,
          # The content digest of the upgrade.
          upgradeDigest: string,
          # The content digest of the downgrade, where there is one.
          downgradeDigest: ?string,
          # The approvals of either that stand.
          approvals: []Approval
        )

        # What was applied, newest first, at most limit entries. With more: in portions.
        method GetHistory(database: ?string, limit: ?int) -> (entries: []HistoryEntry)

        # What an upgrade or a downgrade to target would do now, and what each step still lacks. Changes nothing.
        method Plan(database: ?string, direction: Direction, target: string) -> (
          # The rows of the version table now, and when all is done.
          rowsBefore: []string,
          rowsAfter: []string,
          steps: []Step,
          missingApprovals: []MissingApproval,
          # Binds the rows that it starts from and each step's direction and content, in order.
          digest: string
        )

        """

    private static let jobMethods = """
        # Queues an upgrade.
        method Upgrade(database: ?string, target: string, requestId: string) -> (job: Job)

        # Queues a downgrade.
        method Downgrade(database: ?string, target: string, requestId: string) -> (job: Job)

        # Queues a backup.
        method Backup(database: ?string, requestId: string) -> (job: Job)

        # The jobs of a database, or of all, newest first; at most limit (50), with onlyOpen only those not over.
        method ListJobs(database: ?string, limit: ?int, onlyOpen: ?bool) -> (jobs: []Job)

        # One job with its steps and events.
        method GetJob(job: string) -> (job: Job, steps: []Step, events: []JobEvent)

        # With more: the job first, then its events after number fromSequence (0: all) as they happen, one a reply, then
        # the job again when it is over, or with untilParked also when it waits for a person. Without more: the job, once.
        method WatchJob(job: string, fromSequence: ?int, untilParked: ?bool) -> (job: ?Job, event: ?JobEvent)

        # Everything that happens in a database, or in all: the last events (50), oldest first; with more, then new ones
        # as they come.
        method Subscribe(database: ?string, last: ?int) -> (events: []JobEvent)

        # Asks a job to end: one that waits ends at once, one that runs is brought to a safe end.
        method Cancel(job: string) -> (job: Job)

        # Settles a job in the state needs-decision. The decision is applied (the statement in doubt took effect: go on
        # behind it), not-applied (nothing of it is left: run it again) or abandon (end the job as failed and leave the
        # database as it is); the reason is for the record.
        method Resolve(job: string, decision: string, reason: string) -> (job: Job)

        """

    private static let approvalMethods = """
        # Approves contents, as the caller. Fails with DigestMismatch where a file no longer has the digest that was shown.
        method Approve(database: ?string, items: []ApprovalItem) -> (approvals: []Approval)

        # Takes the caller's own approvals back; what was applied stays applied.
        method Revoke(database: ?string, items: []ApprovalItem) -> (approvals: []Approval)

        # The approvals that stand, newest first.
        method ListApprovals(database: ?string) -> (approvals: []Approval)

        """

    private static let serviceMethods = """
        # The backups on the daemon's host, newest first.
        method ListBackups(database: ?string) -> (backups: []BackupSummary)

        # Stops automatic upgrades of a database until Resume; the reason is shown to who asks.
        method Pause(database: ?string, reason: string) -> ()

        # Lets automatic upgrades go on.
        method Resume(database: ?string) -> ()

        # Reads the settings anew. Bad settings change nothing and are reported as Failed with code settings-invalid.
        method Reload() -> (
          # What changed, a line each.
          changes: []string
        )

        # Examines what the daemon needs: settings, connections, privileges, tools, directories, space.
        method Diagnose(database: ?string) -> (checks: []Check)

        """
}
