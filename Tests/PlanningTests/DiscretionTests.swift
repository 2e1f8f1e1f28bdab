import Planning
import Testing

/// What the log may have of a failure.
@Suite struct DiscretionTests {
    private static func failure(_ state: String, _ message: String, hint: String? = nil, context: String? = nil)
        -> Failure
    {
        Failure(
            .statementFailed, "cannot apply revision \"r\": \(message)", hint: hint,
            sql: Failure.ServerReport(
                sqlState: state, message: message, detail: "Key (a)=(x).", hint: hint, context: context))
    }

    @Test(arguments: [
        ("42P01", "relation \"t\" does not exist", nil), ("23505", "duplicate key value violates \"u\"", nil),
        ("22012", "division by zero", nil), ("55P03", "canceling statement due to lock timeout", nil),
        (
            "23502", "null value in column \"a\"",
            "SQL statement \"INSERT INTO t VALUES (x)\"\nPL/pgSQL function f() line 1 at SQL statement"
        ),
    ])
    func whatIsMadeOfNamesIsSaid(_ state: String, _ message: String, context: String?) {
        let failure = Self.failure(state, message, hint: "look", context: context)
        #expect(failure.withoutValues(in: JobID(database: "main", number: 3)) == failure)
    }

    @Test(arguments: [
        ("22P02", "invalid input syntax for type integer: \"x\"", nil), ("42601", "syntax error at or near \"x\"", nil),
        ("P0001", "x", "PL/pgSQL function f() line 1 at RAISE"), ("XX000", "x", nil),
        // RAISE with a code of its own, in a server that speaks French.
        ("23505", "x", "fonction PL/pgSQL inline_code_block, ligne 1, à RAISE"),
        ("42501", "x", "Traceback (most recent call last):\n  PL/Python function \"f\", line 1"),
    ])
    func whatMayHoldValuesIsNot(_ state: String, _ message: String, context: String?) {
        let told = Self.failure(state, message, hint: "ask x", context: context)
            .withoutValues(in: JobID(database: "main", number: 3))
        #expect(
            told.message
                == "cannot apply revision \"r\": error \(state), whose text may hold data: migratectl job main-3")
        #expect(told.hint == nil)
    }

    @Test func whatIsNotOfTheServerStays() {
        var failure = Self.failure("22P02", "invalid input syntax for type integer: \"x\"", hint: "ask x")
        failure.hint = "mend the revision"
        #expect(failure.withoutValues(in: JobID(database: "main", number: 3)).hint == "mend the revision")
        failure.sql = nil
        #expect(failure.withoutValues(in: JobID(database: "main", number: 3)) == failure)
    }
}
