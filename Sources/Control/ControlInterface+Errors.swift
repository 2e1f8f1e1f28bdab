extension ControlInterface {
    /// The errors of the interface. Each carries what a `Failure` carries, so that a client can show any of them alike;
    /// the named ones are those that a program must tell apart without reading `code`.
    static let errors = """
        # The call failed; the fields are those of the type Failure.
        error Failed(
          # A stable name from the register of failures.
          code: string,
          # One sentence: cannot do this to that, and why.
          message: string,
          # What to do about it.
          hint: ?string,
          # Where in a file it went wrong.
          location: ?Location,
          # What PostgreSQL said.
          sql: ?ServerReport,
          # Further lines for people.
          notes: []string
        )

        # Approvals are missing, and the call does not wait for them.
        error NotApproved(
          # Whose approval of what is missing, where that is known.
          missing: []MissingApproval,
          # One sentence: cannot do this to that, and why.
          message: string,
          # What to do about it.
          hint: ?string,
          # Where in a file it went wrong.
          location: ?Location,
          # What PostgreSQL said.
          sql: ?ServerReport,
          # Further lines for people.
          notes: []string
        )

        # The database cannot be reached at present; the daemon goes on trying.
        error DatabaseUnavailable(
          # One sentence: cannot do this to that, and why.
          message: string,
          # What to do about it.
          hint: ?string,
          # Where in a file it went wrong.
          location: ?Location,
          # What PostgreSQL said.
          sql: ?ServerReport,
          # Further lines for people.
          notes: []string
        )

        # No revision, label or relative position answers to the name or target.
        error NoSuchRevision(
          # One sentence: cannot do this to that, and why.
          message: string,
          # What to do about it.
          hint: ?string,
          # Where in a file it went wrong.
          location: ?Location,
          # What PostgreSQL said.
          sql: ?ServerReport,
          # Further lines for people.
          notes: []string
        )

        # No job has that name.
        error NoSuchJob(
          # One sentence: cannot do this to that, and why.
          message: string,
          # What to do about it.
          hint: ?string,
          # Where in a file it went wrong.
          location: ?Location,
          # What PostgreSQL said.
          sql: ?ServerReport,
          # Further lines for people.
          notes: []string
        )

        # The bytes at hand are not those that were shown.
        error DigestMismatch(
          # The digest that the caller named.
          expected: ?string,
          # The digest that the file has now.
          actual: ?string,
          # One sentence: cannot do this to that, and why.
          message: string,
          # What to do about it.
          hint: ?string,
          # Where in a file it went wrong.
          location: ?Location,
          # What PostgreSQL said.
          sql: ?ServerReport,
          # Further lines for people.
          notes: []string
        )

        """
}
