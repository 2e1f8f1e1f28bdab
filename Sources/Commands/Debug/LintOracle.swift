internal import Planning
internal import SQLText

/// Answers what is guessed from the text of a revision's upgrade.
enum LintOracle {
    private struct Answer: Encodable {
        var id: OracleID?
        var findings: [Found]
    }

    private struct Found: Encodable {
        var code: String
        var line: Int
        var message: String
    }

    static func answer(line: String) -> String {
        OracleLine.answer(line) { question in
            let findings = Guess.findings(ofUpgrade: try statements(question.sql))
            return Answer(
                id: question.id,
                findings: findings.map {
                    Found(code: $0.code, line: $0.location.line ?? 1, message: $0.message)
                })
        }
    }

    /// Some questions end in the midst of a quoted name.
    private static func statements(_ sql: String) throws -> [Statement] {
        do {
            return try StatementSplitter.split(sql)
        } catch {
            return try StatementSplitter.split(sql + "\"")
        }
    }
}
