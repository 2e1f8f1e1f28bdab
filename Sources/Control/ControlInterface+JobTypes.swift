extension ControlInterface {
    static let jobTypes = """
        # What a job does.
        type JobKind (upgrade, downgrade, stamp, backup, rehearse, reset, restore)

        # One change of the rows of the version table; exactly one field is set.
        type VersionRowChange (
          # A row comes.
          insert: ?(revision: string),
          # A row goes.
          delete: ?(revision: string),
          # A row gets another value.
          update: ?(from: string, to: string)
        )

        # A revision that a plan would have to run and cannot: no downgrade, or something has to be filled in first.
        type PlanGap (
          # The revision.
          revision: string,
          # Which way it would be run.
          direction: Direction,
          # One line for people.
          description: string,
          # The file.
          path: string,
          # How many steps come before it.
          position: int,
          # Line and text of what is to be filled in; none where there is no downgrade.
          unfinished: ?string
        )

        # One revision to be applied in one direction, by digest.
        type Step (
          # The revision.
          revision: string,
          # Which way it is applied.
          direction: Direction,
          # What approvals bind.
          contentDigest: string,
          # The digest of the whole file.
          sourceDigest: string,
          # One line for people.
          description: string,
          # The file.
          path: string,
          # Whether it runs in one transaction.
          isTransactional: bool,
          # How many statements it has.
          statementCount: int,
          # What becomes of the rows of the version table.
          rowChanges: []VersionRowChange,
          # The rows of the version table after it.
          rowsAfter: []string
        )

        # A unit of work in the queue of one database.
        type Job (
          # The job's name, such as main-41.
          id: string,
          # What it does.
          kind: JobKind,
          # queued, planning, awaiting-approval, waiting-for-lock, backing-up, rehearsing, applying, verifying,
          # succeeded, failed, cancelled or needs-decision; new ones may appear.
          state: string,
          # The target as it was given; empty for a backup.
          target: string,
          # The revisions that the target meant when the job was queued; empty for base.
          targetRevisions: []string,
          # How many revisions it was to apply when it was queued.
          stepCount: int,
          # How many of them it has applied.
          appliedCount: int,
          # Who asked for it.
          requestedBy: Person,
          # The UUID that the caller gave.
          requestID: string,
          # When it was queued.
          requestedAt: string,
          # When it left the queue.
          startedAt: ?string,
          # When it was over.
          finishedAt: ?string,
          # Why it failed or waits for a decision.
          failure: ?Failure,
          # Which approvals a parked job waits for.
          missingApprovals: ?[]MissingApproval,
          # What its rehearsal found that a parked job waits for somebody to consent to.
          missingFindings: ?AskedFindings,
          # The backup that was taken for it.
          backup: ?string,
          # Somebody has asked it to end.
          isCancelRequested: bool
        )

        # How far something that takes long has come.
        type Progress (
          # What is counted: bytes, blocks, tuples, statements, revisions.
          unit: string,
          # How many are done.
          done: int,
          # Absent where the end is not known.
          total: ?int,
          # What is being done at present: a table, a phase, a statement's first words.
          phase: ?string
        )

        # Something that happened to a job. Events are numbered upwards from 1 within their job.
        type JobEvent (
          # The job's name.
          job: string,
          # Its number within the job.
          sequence: int,
          # When it happened.
          at: string,
          # A stable name of what happened, such as step-applied; new ones may appear.
          kind: string,
          # The job's state after it.
          state: string,
          # The revision that it is about.
          revision: ?string,
          # One line for people.
          message: string,
          # How far what takes long has come.
          progress: ?Progress
        )

        """

    static let serviceTypes = """
        # Whether a database is at hand: refused means that it may not be used (a clone's registry, a pooler),
        # released that it was handed back.
        type Connection (connecting, connected, unavailable, refused, released)

        # The name of the version table.
        type VersionTableName (
          # Its schema; absent where the search path leads to it.
          schema: ?string,
          # Its name in there.
          table: string
        )

        # What the settings say that a script for psql has to say as well.
        type ScriptSettings (
          # The role that revisions are run as.
          role: ?string,
          # The schemas that unqualified names mean; none where the settings say nothing.
          searchPath: []string,
          # The version table.
          versionTable: VersionTableName
        )

        # How one database is.
        type DatabaseStatus (
          # Its name in the settings.
          name: string,
          # Whether it is at hand.
          connection: Connection,
          # Why it is not connected.
          failure: ?Failure,
          # The server's version, such as 15.18.
          serverVersion: ?string,
          # The connection without its password.
          url: string,
          # The rows of the version table.
          current: []string,
          # The heads of the graph of revisions.
          heads: []string,
          # How many revisions there are.
          revisionCount: int,
          # How many of them are not applied.
          pendingCount: int,
          # How many of the pending revisions lack an approval.
          unapprovedCount: int,
          # The directories that are watched.
          directories: []string,
          # What the settings say that a script for psql has to say as well.
          script: ?ScriptSettings,
          # Whether the directories below those are watched as well.
          isRecursive: bool,
          # How the files of new revisions are called, in Alembic's language of templates.
          fileTemplate: string,
          # What is wrong in them; the last good graph stays in force.
          problems: []Failure,
          # What a person should know, a line each.
          warnings: []string,
          # What the texts of pending revisions let one guess that a rehearsal will find: without their tables' sizes.
          guesses: ?[]Finding,
          # The job that runs at present.
          runningJob: ?Job,
          # How many jobs wait for their turn.
          queuedCount: int,
          # How many jobs wait for a person.
          parkedCount: int,
          # The name of the newest backup.
          lastBackup: ?string,
          # Whether new approved revisions are applied without being asked for.
          autoUpgrade: bool,
          # Why that is paused; absent where it is not.
          pausedBecause: ?string,
          # Which backup the database was made from, where it was restored.
          restoredFrom: ?string,
          # When the next attempt to connect is made.
          nextAttemptAt: ?string
        )

        # A backup, by its manifest.
        type BackupSummary (
          # Such as main-20261122T101500Z-002_add_status.
          name: string,
          # The database that it is of.
          database: string,
          # Where it is on the daemon's host.
          path: string,
          # When it was taken.
          takenAt: string,
          # How long dump, hashing and verification took.
          elapsedSeconds: float,
          # Bytes on disk.
          size: int,
          # The rows of the version table in it.
          versionRows: []string,
          # The job that it was taken for.
          job: ?string,
          # Its hashes were checked and all of it was decoded.
          isVerified: bool,
          # Why its manifest or its files are not what they should be.
          problem: ?string
        )

        # What became of an examination.
        type Outcome (good, warning, bad)

        # One thing that was examined.
        type Check (
          # What was examined.
          subject: string,
          # What became of it.
          outcome: Outcome,
          # One line for people.
          message: string,
          # What to do about it.
          hint: ?string
        )

        """
}
