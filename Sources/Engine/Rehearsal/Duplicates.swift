import Planning
import PostgresClient
import SQLText

/// The values that are there more than once where a statement wanted each but once.
struct Duplicates: Sendable {
    /// The most frequent ones: `(jo@example.org): 3 rows`.
    var examples: [String]
    /// How many values there are more than once, and in how many rows.
    var values: Int64
    var rows: Int64

    /// `12 values are there more than once, in 30 rows`
    var sentence: String {
        let verb = values == 1 ? "is" : "are"
        return
            "\(Plural.count(Int(values), "value")) \(verb) there more than once, in \(Plural.count(Int(rows), "row"))"
    }

    /// More are counted, not named; and no longer than that.
    private static let limit = 5
    private static let longest = 200
    private static let patience = "30s"

    /// Counts what the server stumbled over; nil where it cannot be found out. The server names the first value only, and the
    /// index went with its transaction: its key is in what the server says, its condition in the statement.
    static func count(_ error: ServerError, by statement: Statement, on session: Connection) async -> Duplicates? {
        guard let schema = error.schema, let table = error.table, let detail = error.detail,
            detail.hasSuffix(" is duplicated."), let key = key(of: error),
            let words = try? Lexer.significantTokens(of: statement.text)
        else { return nil }
        var conditions: [String] = []
        if words.first == "create", let condition = condition(in: words) { conditions.append("(\(condition))") }
        if !words.contains("nulls") { conditions.append("pg_catalog.num_nulls(\(key)) = 0") }
        let clause = conditions.isEmpty ? "" : "WHERE \(conditions.joined(separator: " AND "))"
        let relation = SQLIdentifier.quote([schema, table])
        return try? await session.transaction { scope in
            _ = try await scope.execute("SET LOCAL statement_timeout = '\(patience)'")
            let found = try await scope.query(
                Query.once(
                    """
                    SELECT pg_catalog.left(value, \(longest)) AS value, rows, pg_catalog.count(*) OVER () AS all_values,
                        (pg_catalog.sum(rows) OVER ())::bigint AS all_rows
                    FROM (SELECT ROW(\(key))::text AS value, pg_catalog.count(*) AS rows FROM \(relation) \(clause)
                        GROUP BY \(key) HAVING pg_catalog.count(*) > 1) duplicates
                    ORDER BY rows DESC, value LIMIT \(limit)
                    """))
            guard let first = found.first else { return nil }
            return Duplicates(
                examples: try found.map { row in
                    let rows = Plural.count(Int(try row.decode("rows", as: Int64.self)), "row")
                    return "\(try row.decode("value", as: String.self)): \(rows)"
                }, values: try first.decode("all_values"), rows: try first.decode("all_rows"))
        }
    }

    /// The columns of which values come twice, and not the values: `lower(email)` of
    /// `Key (lower(email))=(jo@example.org) is duplicated.`
    static func key(of error: ServerError) -> Substring? {
        guard let detail = error.detail, let end = detail.firstRange(of: ")=("), let start = detail.firstIndex(of: "("),
            start < end.lowerBound
        else { return nil }
        return detail[detail.index(after: start)..<end.lowerBound]
    }

    /// What follows `WHERE` outside of all parentheses.
    private static func condition(in words: [String]) -> String? {
        var depth = 0
        for (place, word) in words.enumerated() {
            switch word {
            case "(": depth += 1
            case ")": depth -= 1
            case "where" where depth == 0: return words[(place + 1)...].joined(separator: " ")
            default: break
            }
        }
        return nil
    }
}
