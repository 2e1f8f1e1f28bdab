extension ControlInterface {
    /// What concerns rehearsals.
    static let rehearsalMethods = """
        # Queues the rehearsal of an upgrade: a backup is taken, restored into a copy, and the plan is carried out there.
        # Nothing is done to the database itself.
        method Rehearse(
          # The database, by its name in the settings.
          database: ?string,
          # head, an id, +1, …
          target: string,
          # Whether the plan is carried out only, and not taken back.
          noWayBack: ?bool,
          # A UUID of the caller's making: the same call sent twice is one job.
          requestId: string
        ) -> (
          # The job as it was queued.
          job: Job
        )

        # What the latest rehearsal of a database found.
        method GetRehearsal(
          # The database, by its name in the settings.
          database: ?string
        ) -> (
          # The job that was rehearsed; absent where none was.
          job: ?string,
          # What was found.
          report: ?RehearsalReport
        )

        """

    static let rehearsalTypes = """
        # What came of carrying out a plan in a copy of the database.
        type RehearsalReport (
          # completed, failed or not-rehearsed.
          outcome: string,
          # Why it was not carried out.
          reason: ?string,
          # The digest of the plan.
          planDigest: string,
          # The contents that were carried out, by digest, in order.
          contentDigests: []string,
          # The backup that was restored.
          backup: string,
          # The version of the server that it was carried out on.
          serverVersion: string,
          # Bytes of the database that was backed up.
          databaseSize: int,
          # Whether the copy's server was kept from the network by the kernel.
          isCutOffFromNetwork: bool,
          # How long the copy's server took to start.
          startSeconds: float,
          # How long the restore took.
          restoreSeconds: float,
          # How long all of it took.
          elapsedSeconds: float,
          # What each statement did, in order; of very long plans the first ones.
          statements: []StatementMeasure,
          # How many statements were measured that are not listed.
          unlistedStatements: int,
          # What became of taking it back; absent where that was left out.
          wayBack: ?WayBack,
          # What was found.
          findings: []RehearsalFinding
        )

        # What one statement did to the copy.
        type StatementMeasure (
          # The revision.
          revision: string,
          # Which way it was applied.
          direction: Direction,
          # The statement's place in the revision, counted from 1.
          number: int,
          # Its line in the file.
          line: int,
          # Its first words.
          verb: string,
          # How long it took.
          elapsedMilliseconds: float,
          # It ran outside any transaction, and was looked at every few milliseconds only.
          isSampled: bool,
          # How often it was looked at, where it ran outside any transaction.
          samples: ?int,
          # Bytes of write-ahead log, page images left out.
          walBytes: int,
          # Bytes of temporary files.
          temporaryBytes: ?int,
          # The locks that its transaction did not have before.
          locks: []LockMeasure,
          # The tables and indexes that it touched.
          relations: []RelationMeasure
        )

        # A lock that a statement took.
        type LockMeasure (
          # The table or index, with its schema.
          relation: string,
          # As pg_locks has it.
          mode: string,
          # From the statement's beginning to the transaction's end.
          heldMilliseconds: float,
          # True where the plan itself has made the relation, so that nobody is kept from anything.
          isOfNew: ?bool
        )

        # What a statement did to a table or an index.
        type RelationMeasure (
          # Its name, with its schema.
          name: string,
          # table, index or materialized-view.
          kind: string,
          # It was not there before the plan.
          isNew: bool,
          # It was written anew as a whole.
          isRewritten: bool,
          # Rows of a table before the plan, counted.
          rows: ?int,
          # How often all of it was read.
          sequentialScans: int,
          # How many rows were read.
          rowsRead: int,
          # How many rows were inserted, updated and deleted.
          rowsWritten: int,
          # Its size before.
          bytesBefore: int,
          # Its size after.
          bytesAfter: int
        )

        # What became of taking the plan back in the copy, and of carrying it out once more.
        type WayBack (
          # The revisions that were taken back, newest first.
          takenBack: []string,
          # The revisions that have no downgrade.
          irreversible: []string,
          # What of the schema is not as it was before, as lines of SQL with - or + before them.
          schemaDifferences: []string,
          # Whether the order of columns, or of other parts, is all that differs.
          hasOnlyOrderChanged: bool,
          # Data that did not come back.
          losses: []DataLoss,
          # What the second way up made other than the first one.
          secondUpgradeDifferences: []string
        )

        # Data that is gone, or that is not what it was.
        type DataLoss (
          # The table, with its schema.
          relation: string,
          # The column; absent where whole rows are gone.
          column: ?string,
          # Rows, or values that are not null, before.
          before: int,
          # The same after.
          after: int
        )

        # Something that a rehearsal found.
        type RehearsalFinding (
          # A stable name, such as table-rewrite; new ones may appear.
          code: string,
          # What it is about: a table, a column, a revision.
          object: string,
          # One line for people.
          message: string,
          # What to do instead.
          hint: string,
          # tell, ask (somebody has to consent to it) or refuse.
          action: string,
          # Where it stands.
          location: ?Location,
          # Some of the data that it is about.
          examples: ?[]string
        )

        # Something that was found, or guessed, in the text of a revision.
        type Finding (
          # A stable name, such as table-rewrite; new ones may appear.
          code: string,
          # One line for people.
          message: string,
          # What to do instead.
          hint: ?string,
          # Where it stands.
          location: Location,
          # The revisions that are concerned.
          revisions: []string
        )

        # The findings that somebody has to consent to.
        type AskedFindings (
          # What consent binds: the set, and the contents that were rehearsed.
          digest: string,
          # Which they are.
          items: []AskedFinding
        )

        # One of them.
        type AskedFinding (
          # A stable name, such as table-rewrite.
          code: string,
          # What it is about: a table, a column, a revision.
          object: string
        )

        # Consent to what the rehearsal of a job found.
        type FindingsItem (
          # The job.
          job: string,
          # The digest that the person was shown.
          digest: string
        )

        # The consent of one person to what a rehearsal found.
        type FindingsApproval (
          # The digest of the findings.
          digest: string,
          # Whose report the person was shown.
          job: string,
          # By whom.
          person: Person,
          # When.
          givenAt: string
        )

        """
}
