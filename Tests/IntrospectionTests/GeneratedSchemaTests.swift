import Glibc
import Introspection
import PostgresClient
import SchemaModel
import Testing

/// Any two schemas lead to each other: up, down again, and nothing is lost that both have.
@Suite(.timeLimit(.minutes(60))) struct GeneratedSchemaTests {
    /// `SCHEMA_SEEDS=300` tries more of them, `SCHEMA_SEEDS=17:18` just those.
    static let seeds: ClosedRange<UInt64> = {
        let words = getenv("SCHEMA_SEEDS").map { String(cString: $0).split(separator: ":").compactMap { UInt64($0) } }
        guard let words, let last = words.last else { return 1...12 }
        return (words.count > 1 ? words[0] : 1)...last
    }()

    @Test(arguments: seeds)
    func anyTwoSchemasLeadToEachOther(_ seed: UInt64) async throws {
        var (from, to) = (SchemaGenerator(seed: seed), SchemaGenerator(seed: seed + 1_000_000))
        let style: DDLWriter.Style = seed % 2 == 0 ? .plain : .careful
        try await SchemaTrial.with(from.schema(), to.schema()) { trial in
            try await trial.left.script(SchemaGenerator.rows)
            let start = try await Introspector().read(trial.left)
            let rows = try await contents(trial.left)
            #expect(rows.count > 2)
            try await trial.lead(to: try await Introspector().read(trial.right), style: style)
            let seen = (try await trial.dump(trial.present), try await trial.dump(trial.desired))
            #expect(
                seen.0 == seen.1, "\(seen.0.difference(from: seen.1).map { "\($0)" }.joined(separator: "\n"))")
            let kept = try await contents(trial.left)
            for (place, values) in rows { if let now = kept[place] { #expect(now == values, "\(place)") } }
            try await trial.lead(to: start, style: style)
            let back = try await contents(trial.left)
            for (place, values) in kept { if let now = back[place] { #expect(now == values, "\(place)") } }
        }
    }

    /// The values of each column of which both schemas may have one.
    private func contents(_ connection: Connection) async throws -> [String: String] {
        var values: [String: String] = [:]
        for row in try await connection.query(Query(raw: SchemaGenerator.contents)) {
            values[try row.decode(0)] = try await connection.query(Query(raw: try row.decode(1))).first?.decode(0)
        }
        return values
    }
}
