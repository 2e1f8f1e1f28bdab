import Testing

@testable import Host

/// What is made of the last words of PostgreSQL's programs.
@Suite struct ToolDiagnosisTests {
    private static func reason(_ line: String) -> String {
        let error = ToolError(
            program: "pg_restore", cause: .failed, reason: "it ended with status 1",
            standardError: ["pg_restore: error: \(line)", "DETAIL:  Failing row contains (Mata Hari)."])
        return ToolDiagnosis.explain(error, tools: ToolVersion(major: 15, minor: 0)).reason
    }

    @Test(arguments: [
        "could not execute query: ERROR:  role \"app\" does not exist", "could not open input file \"x\"",
        "COPY failed for table \"t\": ERROR:  new row for relation \"t\" violates check constraint \"c\"",
    ])
    func whatOnlyNamesThingsIsSaid(line: String) {
        #expect(Self.reason(line) == line)
    }

    @Test(arguments: [
        "invalid input syntax for type integer: \"Mata Hari\"", "invalid value: \"Mata Hari does not exist\"",
        "nobody but Mata Hari",
    ])
    func whatMayHoldValuesIsNot(words: String) {
        #expect(
            Self.reason("COPY failed for table \"t\": ERROR:  \(words)")
                == "COPY failed for table \"t\": an error of the server, whose text may hold data")
    }
}
