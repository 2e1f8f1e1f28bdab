import Introspection
import PostgresClient
import SchemaModel
import TestSupport
import Testing

/// What is said to lead from one schema to another does, both ways.
@Suite struct RoundTripTests {
    @Test(arguments: SchemaPair.all)
    func leadsThere(_ pair: SchemaPair) async throws {
        try await becomes(pair.from, pair.to)
    }

    @Test(arguments: SchemaPair.all)
    func leadsBack(_ pair: SchemaPair) async throws {
        try await becomes(pair.to, pair.from)
    }

    @Test func rowsSurvive() async throws {
        try await TestCluster.shared.withDatabase { database in
            let connection = try await database.connect()
            try await connection.script(
                """
                CREATE TYPE size AS ENUM ('s', 'm'); CREATE TABLE t (n int, s size DEFAULT 's');
                INSERT INTO t VALUES (1, 'm')
                """)
            let old = try await Introspector().read(connection)
            try await connection.script("DROP TABLE t; DROP TYPE size; CREATE TYPE size AS ENUM ('m', 'l')")
            try await connection.script("CREATE TABLE t (n bigint, s size DEFAULT 'l')")
            let new = try await Introspector().read(connection)
            let statements = DDLWriter.statements(of: SchemaDifference(from: old, to: new))
            try await connection.script("DROP TABLE t; DROP TYPE size; CREATE TYPE size AS ENUM ('s', 'm')")
            try await connection.script("CREATE TABLE t (n int, s size DEFAULT 's'); INSERT INTO t VALUES (1, 'm')")
            for statement in statements { try await connection.execute(statement) }
            #expect(try await connection.query("SELECT n || s::text FROM t").scalar(as: String.self) == "1m")
            await connection.close()
        }
    }

    @Test func leavesOutWhatIsOurs() async throws {
        try await TestCluster.shared.withDatabase { database in
            let connection = try await database.connect()
            let empty = try await Introspector().read(connection)
            try await connection.script(
                "CREATE SCHEMA migrated; CREATE TABLE migrated.job (id int); CREATE TABLE alembic_version (version_num text)"
            )
            let schema = try await Introspector().read(connection)
            #expect(SchemaDifference(from: empty, to: schema).isEmpty)
            await connection.close()
        }
    }

    @Test func namesWhatIsNotUnderstood() async throws {
        try await TestCluster.shared.withDatabase { database in
            let connection = try await database.connect()
            try await connection.script("CREATE TABLE t (a int, b int); CREATE STATISTICS st ON a, b FROM t")
            #expect(try await Introspector().read(connection).strangers == ["statistics object st"])
            await connection.close()
        }
    }

    private func becomes(_ from: String, _ to: String) async throws {
        try await TestCluster.shared.withDatabase { present in
            try await TestCluster.shared.withDatabase { desired in
                let (left, right) = (try await present.connect(), try await desired.connect())
                try await left.script(from)
                try await right.script(to)
                let reader = Introspector()
                let wanted = try await reader.read(right)
                let statements = DDLWriter.statements(
                    of: SchemaDifference(from: try await reader.read(left), to: wanted))
                for statement in statements { try await left.execute(statement) }
                let rest = SchemaDifference(from: try await reader.read(left), to: wanted)
                #expect(rest.entries.map(\.id).isEmpty, "\(statements.joined(separator: ";\n"))")
                await left.close()
                await right.close()
            }
        }
    }
}
