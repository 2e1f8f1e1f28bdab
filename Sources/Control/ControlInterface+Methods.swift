extension ControlInterface {
    /// The methods of the interface.
    static let methodTexts = [
        readingMethods, jobMethods, approvalMethods, serviceMethods, keepingMethods, rehearsalMethods,
        restoreMethods, driftMethods,
    ]
    .joined(separator: "\n")

    private static let readingMethods = """
        # How the daemon and its databases are.
        method GetStatus(
          # Only this database; all without it.
          database: ?string
        ) -> (
          # The version of the daemon.
          version: string,
          # Its process.
          processID: int,
          # Since when it has been running.
          startedAt: string,
          # The databases, in the order of their names.
          databases: []DatabaseStatus
        )

        # The revisions of a database's directory. With more: in portions.
        method ListRevisions(
          # The database, by its name in the settings.
          database: ?string
        ) -> (
          # Newest first.
          revisions: []RevisionSummary,
          # Why it is not known what is applied; absent where it is.
          unknownBecause: ?string
        )

        # One revision, with its bytes, digests and approvals.
        method GetRevision(
          # The database, by its name in the settings.
          database: ?string,
          # An id, a part of an id, a label, head, …
          revision: string,
          # A job of the database: its bytes are meant, whatever the directory has by now. The revision is then given by its id.
          job: ?string
        ) -> (
          # Its place in the graph and in the database.
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

        # What was applied. A revision may come and go many times. With more: in portions.
        method GetHistory(
          # The database, by its name in the settings.
          database: ?string,
          # At most so many entries; all without it.
          limit: ?int
        ) -> (
          # Newest first.
          entries: []HistoryEntry,
          # The stamps among them, newest first; in one of the replies.
          stamps: ?[]StampEntry
        )

        # What an upgrade or a downgrade would do now, and what each step still lacks. Changes nothing.
        method Plan(
          # The database, by its name in the settings.
          database: ?string,
          # Which way.
          direction: Direction,
          # head, base, an id or a part of it, a label, +1, -1, …
          target: string,
          # Whether revisions that cannot be run are listed as gaps; without it they are an error.
          allowsGaps: ?bool
        ) -> (
          # The rows of the version table now.
          rowsBefore: []string,
          # The rows of the version table when all is done.
          rowsAfter: []string,
          # What would be applied, in order.
          steps: []Step,
          # What the policy still asks for.
          missingApprovals: []MissingApproval,
          # Binds the rows that it starts from and each step's direction and content, in order.
          digest: string,
          # Revisions on the way that cannot be taken back.
          gaps: ?[]PlanGap,
          # Steps whose file is gone; the bytes that were kept of it are run.
          withoutFile: ?[]string
        )

        # The steps of an upgrade or a downgrade as a script for psql, from where the database is. Changes nothing.
        # With more: in portions.
        method GetScript(
          # The database, by its name in the settings.
          database: ?string,
          # Which way.
          direction: Direction,
          # head, base, an id or a part of it, a label, +1, -1, …
          target: string
        ) -> (
          # The script, or the next portion of it.
          sql: string
        )

        """

    private static let jobMethods = """
        # Queues an upgrade.
        method Upgrade(
          # The database, by its name in the settings.
          database: ?string,
          # head, base, an id or a part of it, a label, +1, -1, …
          target: string,
          # A UUID of the caller's making: the same call sent twice is one job.
          requestId: string
        ) -> (
          # The job as it was queued.
          job: Job
        )

        # Queues a downgrade.
        method Downgrade(
          # The database, by its name in the settings.
          database: ?string,
          # head, base, an id or a part of it, a label, +1, -1, …
          target: string,
          # A UUID of the caller's making: the same call sent twice is one job.
          requestId: string
        ) -> (
          # The job as it was queued.
          job: Job
        )

        # Queues a stamp: the version table says something else afterwards, and no revision is run.
        method Stamp(
          # The database, by its name in the settings.
          database: ?string,
          # head, heads, base, ids, labels: at least one, and none that is relative.
          targets: []string,
          # Whether all rows go first, whatever they are.
          purge: ?bool,
          # A UUID of the caller's making: the same call sent twice is one job.
          requestId: string
        ) -> (
          # The job as it was queued.
          job: Job
        )

        # Queues the making of the version table, where it is not there.
        method EnsureVersion(
          # The database, by its name in the settings.
          database: ?string,
          # A UUID of the caller's making: the same call sent twice is one job.
          requestId: string
        ) -> (
          # The job as it was queued.
          job: Job
        )

        # Queues a backup.
        method Backup(
          # The database, by its name in the settings.
          database: ?string,
          # A UUID of the caller's making: the same call sent twice is one job.
          requestId: string
        ) -> (
          # The job as it was queued.
          job: Job
        )

        # The jobs of a database, or of all.
        method ListJobs(
          # Only of this database; of all without it.
          database: ?string,
          # At most so many; 50 without it.
          limit: ?int,
          # Only jobs that are not over.
          onlyOpen: ?bool
        ) -> (
          # Newest first.
          jobs: []Job
        )

        # One job with its steps and events.
        method GetJob(
          # The name of the job, such as main-41.
          job: string
        ) -> (
          # The job.
          job: Job,
          # What it applies, in order; empty before it was planned.
          steps: []Step,
          # What happened, oldest first.
          events: []JobEvent,
          # What its rehearsal found; absent where there was none.
          rehearsal: ?RehearsalReport
        )

        # Follows a job. With more: the job first, then its events as they happen, one a reply, then the job again when it is
        # over. Without more: the job, once.
        method WatchJob(
          # The name of the job, such as main-41.
          job: string,
          # Only events after this number; 0 for all.
          fromSequence: ?int,
          # Whether to end as well when the job waits for a person.
          untilParked: ?bool
        ) -> (
          # The job, in the first and in the last reply.
          job: ?Job,
          # An event, in the replies between.
          event: ?JobEvent
        )

        # Everything that happens: the last events, and with more then new ones as they come.
        method Subscribe(
          # Only of this database; of all without it.
          database: ?string,
          # How many of the latest events to begin with; 50 without it.
          last: ?int
        ) -> (
          # Oldest first.
          events: []JobEvent
        )

        # Asks a job to end: one that waits ends at once, one that runs is brought to a safe end.
        method Cancel(
          # The name of the job, such as main-41.
          job: string
        ) -> (
          # The job as it is now.
          job: Job
        )

        # Settles a job in the state needs-decision, or ends the session of one that another daemon has left running.
        method Resolve(
          # The name of the job, such as main-41.
          job: string,
          # applied: the statement in doubt took effect, go on behind it; not-applied: nothing of it is left, run it, and
          # ask again should it be cut off again; retry: run it as often as it takes, whatever came of it; abandon: end
          # the job as failed and leave the database as it is; end-session: end the session that works on the job and
          # whose daemon is gone.
          decision: string,
          # Why, for the record.
          reason: string
        ) -> (
          # The job as it is now.
          job: Job
        )

        """

    private static let approvalMethods = """
        # Approves contents, as the caller. Fails with DigestMismatch where a file no longer has the digest that was shown.
        method Approve(
          # The database, by its name in the settings.
          database: ?string,
          # What is approved.
          items: []ApprovalItem,
          # What rehearsals found, and is approved.
          findings: ?[]FindingsItem
        ) -> (
          # The approvals of these contents that stand now.
          approvals: []Approval,
          # The approvals of findings that stand now.
          findings: ?[]FindingsApproval
        )

        # Takes the caller's own approvals back; what was applied stays applied.
        method Revoke(
          # The database, by its name in the settings.
          database: ?string,
          # What is no longer approved.
          items: []ApprovalItem,
          # What rehearsals found, and is no longer approved.
          findings: ?[]FindingsItem
        ) -> (
          # The approvals of these contents that stand now.
          approvals: []Approval,
          # The approvals of findings that stand now.
          findings: ?[]FindingsApproval
        )

        # The approvals that stand.
        method ListApprovals(
          # The database, by its name in the settings.
          database: ?string
        ) -> (
          # Newest first.
          approvals: []Approval,
          # The approvals of what rehearsals found, newest first.
          findings: ?[]FindingsApproval
        )

        """

    private static let serviceMethods = """
        # The backups on the daemon's host, as their manifests describe them.
        method ListBackups(
          # Only of this database; of all without it.
          database: ?string
        ) -> (
          # Newest first.
          backups: []BackupSummary
        )

        # Stops automatic upgrades of a database until Resume.
        method Pause(
          # The database, by its name in the settings.
          database: ?string,
          # Shown to who asks why.
          reason: string
        ) -> ()

        # Lets automatic upgrades go on.
        method Resume(
          # The database, by its name in the settings.
          database: ?string
        ) -> ()

        # Reads the settings anew. Bad settings change nothing and are reported as Failed with code settings-invalid.
        method Reload() -> (
          # What changed, a line each.
          changes: []string
        )

        # Makes the registry of a clone or a restored copy this database's own.
        method Adopt(
          # The database, by its name in the settings.
          database: ?string
        ) -> ()

        # Examines what the daemon needs: settings, connections, privileges, tools, directories, space.
        method Diagnose(
          # Only this database; all without it.
          database: ?string
        ) -> (
          # What was examined.
          checks: []Check
        )

        # Figures of the daemon and its databases, for programs that watch them.
        method GetMetrics(
          # Only this database; all without it.
          database: ?string
        ) -> (
          # The figures, in the OpenMetrics text format.
          text: string
        )

        """
}
