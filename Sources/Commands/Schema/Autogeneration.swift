import Introspection
import Planning
import PostgresClient
import SchemaModel

/// What one revision would do, in both directions.
struct RevisionDraft: Sendable, Encodable {
    /// Whether it runs in one transaction.
    var isTransactional: Bool
    /// What it does.
    var upgrade: String
    /// What undoes it.
    var downgrade: String
}

/// Makes revisions of a comparison, and tries them: each is carried out in a throw-away copy of the schema, read back, and
/// taken back again, before anybody sees it.
struct Autogeneration: Sendable {
    let comparison: SchemaComparison
    let style: DDLWriter.Style
    let introspector: Introspector
    let selection: SchemaSelection

    /// The revisions in their order; none where both schemas are equal.
    func drafts(on server: ScratchServer) async throws -> [RevisionDraft] {
        try await server.withDatabase(roles: comparison.present.roles, user: comparison.present.user) { connection in
            let start = try await rebuild(on: connection)
            var steps: [Step] = []
            var schema = start
            let renames = comparison.renames.filter { $0.applies(to: start) }
            if !renames.isEmpty {
                let portion = DDLPortion(renames.map(\.statement))
                schema = try await carryOut(portion, connection)
                // What is called otherwise is neither gone nor new.
                let back = DDLPortion(renames.reversed().map(\.inverse.statement))
                steps.append(Step(portion: portion, before: start, after: schema, back: [back], losses: []))
            }
            let difference = SchemaDifference(from: schema, to: comparison.desired.schema)
            for portion in DDLWriter.portions(of: difference, style: style) {
                let before = schema
                schema = try await carryOut(portion, connection)
                steps.append(step(portion, before, schema))
            }
            try demandEqual(schema, comparison.desired.schema, "what the revisions lead to is not what is desired")
            try await takeBack(steps, connection)
            return steps.map(\.draft)
        }
    }

    /// One revision, with what it makes of which schema.
    private struct Step: Sendable {
        var portion: DDLPortion
        var before: DatabaseSchema
        var after: DatabaseSchema
        var back: [DDLPortion]
        var losses: [String]

        var draft: RevisionDraft {
            let lost = losses.map { "-- finding: this does not bring back what the upgrade took: it \($0)\n" }
            return RevisionDraft(
                isTransactional: portion.isTransactional, upgrade: portion.sql,
                downgrade: (lost + back.map(\.sql)).joined())
        }
    }

    /// The renames that apply, and what differs after them.
    func renamed(on server: ScratchServer) async throws -> (statements: [String], difference: SchemaDifference) {
        try await server.withDatabase(roles: comparison.present.roles, user: comparison.present.user) { connection in
            let start = try await rebuild(on: connection)
            let renames = comparison.renames.filter { $0.applies(to: start) }.map(\.statement)
            let schema = renames.isEmpty ? start : try await carryOut(DDLPortion(renames), connection)
            return (renames, SchemaDifference(from: schema, to: comparison.desired.schema))
        }
    }

    /// A copy of the present schema, which is all that the revisions need to be tried.
    private func rebuild(on connection: Connection) async throws -> DatabaseSchema {
        let empty = try await read(connection)
        let making = DDLWriter.portions(
            of: SchemaDifference(from: empty, to: comparison.present.schema), style: .plain)
        for portion in making { try await run(portion, connection) }
        let schema = try await read(connection)
        try demandEqual(schema, comparison.present.schema, "the copy of the schema is not like it")
        return schema
    }

    private func step(_ portion: DDLPortion, _ before: DatabaseSchema, _ after: DatabaseSchema) -> Step {
        Step(
            portion: portion, before: before, after: after,
            back: wayBack(SchemaDifference(from: after, to: before), portion.isTransactional),
            losses: SchemaDifference(from: before, to: after).losses)
    }

    /// What undoes a portion runs as that runs: in one transaction or in none.
    private func wayBack(_ difference: SchemaDifference, _ isTransactional: Bool) -> [DDLPortion] {
        guard isTransactional else { return DDLWriter.portions(of: difference, style: style) }
        return [DDLPortion(DDLWriter.statements(of: difference).map(Self.inTransaction))]
    }

    /// What is set for a transaction ends with it.
    private static func inTransaction(_ statement: String) -> String {
        statement == "SET check_function_bodies = false" ? "SET LOCAL check_function_bodies = false" : statement
    }

    private func takeBack(_ steps: [Step], _ connection: Connection) async throws {
        for step in steps.reversed() {
            if step.portion.isTransactional { try await connection.execute("BEGIN") }
            for portion in step.back { try await run(portion, connection) }
            if step.portion.isTransactional { try await connection.execute("COMMIT") }
            try demandEqual(try await read(connection), step.before, "the way back does not lead back")
        }
    }

    // MARK: Trying

    private func carryOut(_ portion: DDLPortion, _ connection: Connection) async throws -> DatabaseSchema {
        if portion.isTransactional { try await connection.execute("BEGIN") }
        try await run(portion, connection)
        if portion.isTransactional { try await connection.execute("COMMIT") }
        return try await read(connection)
    }

    private func run(_ portion: DDLPortion, _ connection: Connection) async throws {
        for statement in portion.statements {
            do {
                try await connection.execute(statement.sql)
            } catch let error as ServerError {
                throw Failure(
                    .schemaNotLoaded, "cannot try the revision: \(error.message)",
                    hint: error.hint ?? "see the statements: migratectl diff FROM TO --sql",
                    sql: Failure.ServerReport(
                        sqlState: error.sqlState, message: error.message, detail: error.detail, hint: error.hint,
                        context: error.context, statement: statement.sql))
            }
        }
    }

    private func read(_ connection: Connection) async throws -> DatabaseSchema {
        let schema = selection.applied(to: try await introspector.read(connection))
        return schema.comparable(with: comparison.desired.schema)
    }

    private func demandEqual(_ schema: DatabaseSchema, _ other: DatabaseSchema, _ what: String) throws {
        let rest = SchemaDifference(from: schema, to: other)
        guard !rest.isEmpty else { return }
        throw Failure(
            .schemaNotLoaded, "cannot write revisions: \(what)",
            hint: "please report it, with what differs", notes: rest.entries.map { "\($0.fate.rawValue) \($0.id)" })
    }
}
