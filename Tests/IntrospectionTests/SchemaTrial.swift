import Host
import Introspection
import PostgresClient
import SchemaModel
import TestSupport
import Testing

/// Two databases of which the one is to become like the other.
struct SchemaTrial {
    let present: TestDatabase
    let desired: TestDatabase
    let left: Connection
    let right: Connection

    /// Makes both for as long as `body` runs.
    static func with<R: Sendable>(
        _ from: String, _ to: String, _ body: @Sendable (SchemaTrial) async throws -> R
    ) async throws -> R {
        try await TestCluster.shared.withDatabase { present in
            try await TestCluster.shared.withDatabase { desired in
                let (left, right) = (try await present.connectAsSuperuser(), try await desired.connectAsSuperuser())
                try await left.script(from)
                try await right.script(to)
                let result = try await body(SchemaTrial(present: present, desired: desired, left: left, right: right))
                await left.close()
                await right.close()
                return result
            }
        }
    }

    /// Leads the first database to a schema; nothing is left to do then, and a second comparison says so.
    @discardableResult
    func lead(to wanted: DatabaseSchema, style: DDLWriter.Style) async throws -> [DDLPortion] {
        let difference = SchemaDifference(from: try await Introspector().read(left), to: wanted)
        let portions = DDLWriter.portions(of: difference, style: style)
        try await carryOut(portions)
        let rest = SchemaDifference(from: try await Introspector().read(left), to: wanted)
        #expect(rest.entries.map { "\($0.fate) \($0.id)" } == [], "\(portions.map(\.sql).joined())")
        return portions
    }

    private func carryOut(_ portions: [DDLPortion]) async throws {
        for portion in portions {
            if portion.isTransactional { try await left.execute("BEGIN") }
            for statement in portion.statements {
                do {
                    try await left.execute(statement.sql)
                } catch let error as ServerError {
                    Issue.record("\(error) at \(statement.sql)\n\(portions.map(\.sql).joined())")
                    throw error
                }
            }
            if portion.isTransactional { try await left.execute("COMMIT") }
        }
    }

    /// What `pg_dump` sees of a database, whatever the order: columns that were added stand at the end. The names that
    /// PostgreSQL 18 gives to each `NOT NULL` count as no difference.
    func dump(_ database: TestDatabase) async throws -> [String] {
        let tools = try await PostgresTools.discover(serverVersion: left.serverVersion)
        let dump = try await tools.dumpSchema(
            database.parameters.keywordValues, excludedSchemas: [], excludedTables: [])
        return dump.replacing(/CONSTRAINT ("[^"]*"|\S+) NOT NULL/, with: "NOT NULL")
            .split(separator: "\n").map { $0.hasSuffix(",") ? "\($0.dropLast())" : "\($0)" }.sorted()
    }
}
