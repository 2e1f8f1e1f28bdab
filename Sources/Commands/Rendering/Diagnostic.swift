import Planning

/// A failure as lines for people:
///
/// ```
/// migratectl: cannot apply revision "9f2c": no lock on "orders" within 5 s (12 attempts)
///   migrations/9f2c_add_status.sql:14:1
///   held by pid 4121 (psql, 3 min idle in transaction)
/// hint: end that transaction, or retry at a quieter hour
/// ```
struct Diagnostic: Sendable {
    /// What stands before the first line; empty for none.
    var program = "migratectl"
    var failure: Failure

    init(_ failure: Failure, program: String = "migratectl") {
        self.failure = failure
        self.program = program
    }

    func lines(painter: Painter) -> [String] {
        let prefix = program.isEmpty ? "" : "\(program): "
        var lines = [painter(prefix, .bold) + painter(failure.message.printable, .red)]
        lines += detailLines.map { "  \($0)" }
        if let hint = failure.hint { lines.append(painter("hint:", .cyan) + " \(hint.printable)") }
        return lines
    }

    /// Where it went wrong, what PostgreSQL said, and the notes.
    private var detailLines: [String] {
        var lines: [String] = []
        if let location = failure.location?.description.printable,
            !failure.notes.contains(where: { $0.hasPrefix(location) })
        {
            lines.append(location)
        }
        if let sql = failure.sql { lines += Self.lines(sql) }
        for note in failure.notes {
            lines += note.split(separator: "\n", omittingEmptySubsequences: false).map { String($0).printable }
        }
        return lines
    }

    private static func lines(_ report: Failure.ServerReport) -> [String] {
        var lines: [String] = []
        func add(_ title: String, _ text: String?) {
            guard let text else { return }
            for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                lines.append((index == 0 ? title : String(repeating: " ", count: title.count)) + String(line).printable)
            }
        }
        add("statement: ", report.statement.map(excerpt))
        add("PostgreSQL: ", "\(report.message) (SQLSTATE \(report.sqlState))")
        add("detail: ", report.detail)
        add("server's hint: ", report.hint)
        add("context: ", report.context)
        return lines
    }

    /// The first lines of a statement: enough to recognise it.
    private static func excerpt(_ statement: String) -> String {
        let lines = statement.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count > 8 else { return statement }
        return (lines.prefix(7) + ["… (\(lines.count - 7) more lines)"]).joined(separator: "\n")
    }
}
