import ArgumentParser
import Introspection
import PostgresClient
import SchemaModel

/// `migratectl debug schemas FROM TO`: how long it takes to read two databases, to compare what was read, and to write the
/// statements; for the benchmark.
struct DebugSchemas: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schemas", abstract: "How long two databases' schemas take to read and to compare.")

    @Argument(help: "A database.") var from: String
    @Argument(help: "Another.") var to: String

    func run() async throws {
        let clock = ContinuousClock()
        var lines: [String] = []
        func timed<R>(_ what: String, _ body: () async throws -> R) async rethrows -> R {
            let start = clock.now
            let result = try await body()
            lines.append("\(what) \((clock.now - start) / .milliseconds(1))")
            return result
        }
        let present = try await timed("reading") { try await Self.schema(of: from) }
        let desired = try await timed("reading again") { try await Self.schema(of: to) }
        let difference = await timed("comparing") { SchemaDifference(from: present, to: desired) }
        _ = await timed("writing") { DDLWriter.portions(of: difference, style: .careful) }
        guard CommandContext.current.output.write(lines.map { $0 + "\n" }.joined()) else { throw OutputClosed() }
    }

    private static func schema(of url: String) async throws -> DatabaseSchema {
        let connection = try await Connection.open(
            try ConnectionParameters(url: url), applicationName: "migratectl")
        let schema = try await Introspector().read(connection)
        await connection.close()
        return schema
    }
}
