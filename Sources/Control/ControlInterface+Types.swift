extension ControlInterface {
    /// The types of the interface.
    static let types = [failureTypes, revisionTypes, jobTypes, rehearsalTypes, driftTypes, serviceTypes].joined(
        separator: "\n")

    private static let failureTypes = """
        # Which way revisions are applied.
        type Direction (upgrade, downgrade)

        # A place in a revision file or a settings file.
        type Location (
          # The file's path on the daemon's host.
          path: string,
          # The line, counted from 1.
          line: ?int,
          # The column in characters, counted from 1.
          column: ?int
        )

        # PostgreSQL's own account of an error.
        type ServerReport (
          # The SQLSTATE, five characters.
          sqlState: string,
          # The primary message.
          message: string,
          # The server's DETAIL.
          detail: ?string,
          # The server's HINT.
          hint: ?string,
          # Where in functions and scripts it happened.
          context: ?string,
          # The statement that failed, as it was sent.
          statement: ?string
        )

        # What went wrong. Programs match on code, never on text.
        type Failure (
          # A stable name from the register of failures, such as table-lock-timeout; new ones may appear.
          code: string,
          # One sentence: cannot do this to that, and why.
          message: string,
          # What to do about it.
          hint: ?string,
          # Where in a file it went wrong.
          location: ?Location,
          # What PostgreSQL said, where it was PostgreSQL that refused.
          sql: ?ServerReport,
          # Further lines for people.
          notes: []string
        )

        """

    private static let revisionTypes = """
        # Somebody, by the kernel's word. The same uid on two machines is two persons; uid 0 counts as one.
        type Person (
          # The user id on that machine.
          uid: int,
          # The name that the user id had at the time.
          userName: string,
          # Who logged in, where that is known and is another than who called.
          loginUID: ?int,
          # The machine id of the host on which it happened.
          machineID: string
        )

        # A revision and its place in the graph and in the database.
        type RevisionSummary (
          # The id in the file's header.
          id: string,
          # The parents; several make a merge, none a root.
          downRevisions: []string,
          # Revisions that have to be applied before it, without being parents.
          dependsOn: []string,
          # The labels of the branch that it begins.
          branchLabels: []string,
          # One line for people.
          description: string,
          # When it was written, as its header says.
          created: ?string,
          # The file.
          path: string,
          # Whether it runs in one transaction.
          isTransactional: bool,
          # Whether it can be taken back.
          hasDowngrade: bool,
          # No revision names it as a parent.
          isHead: bool,
          # It has no parent.
          isBase: bool,
          # Several revisions name it as a parent.
          isBranchPoint: bool,
          # It has several parents.
          isMergePoint: bool,
          # A row of the version table names it.
          isCurrent: bool,
          # It is applied: a row of the version table names it or a descendant of it.
          isApplied: bool
        )

        # One line of the history: a revision that was applied in a direction. The history is append-only.
        type HistoryEntry (
          # The revision.
          revision: string,
          # Which way it was applied.
          direction: Direction,
          # When it was committed.
          appliedAt: string,
          # How long its statements took.
          elapsedMilliseconds: float,
          # Who had asked for it.
          person: Person,
          # The job that did it.
          job: string,
          # What approvals bind: the digest of the section's bytes and the parsed header.
          contentDigest: string,
          # The digest of its meaning, without comments and white space.
          meaningDigest: string,
          # The rows of the version table afterwards.
          rowsAfter: []string
        )

        # The version table was made to say something else, and no revision was run.
        type StampEntry (
          # When it was committed.
          stampedAt: string,
          # Who had asked for it.
          person: Person,
          # The job that did it.
          job: string,
          # The rows of the version table before.
          rowsBefore: []string,
          # The rows of the version table afterwards.
          rowsAfter: []string
        )

        # The consent of one person to exactly these bytes, in this direction, in this database.
        type Approval (
          # The revision.
          revision: string,
          # Which way it may be applied.
          direction: Direction,
          # What was approved.
          contentDigest: string,
          # By whom.
          person: Person,
          # When.
          givenAt: string
        )

        # What a step still lacks before the policy lets it pass.
        type MissingApproval (
          # The revision.
          revision: string,
          # Which way it shall be applied.
          direction: Direction,
          # What has to be approved.
          contentDigest: string,
          # How many persons have approved it.
          given: int,
          # How many the policy asks for.
          wanted: int
        )

        # What is approved or taken back.
        type ApprovalItem (
          # The revision.
          revision: string,
          # Which way it may be applied.
          direction: Direction,
          # The digest that the person was shown; never a name that may mean something else by then.
          contentDigest: string
        )

        """
}
