import Glibc
import Host
import Testing

/// A scratch cluster for one test.
struct TestCluster {
    let directory: TemporaryDirectory
    let tools: PostgresTools
    let cluster: EmbeddedCluster

    /// Starts a cluster, gives it to `body`, and removes it.
    static func with(
        options: EmbeddedCluster.Options = .scratch, _ body: (TestCluster) async throws -> Void
    ) async throws {
        let directory = try TemporaryDirectory()
        let tools = try await PostgresTools.discover(serverVersion: 0, withServer: true)
        let cluster = try await EmbeddedCluster.start(directory: directory("cluster"), tools: tools, options: options)
        do {
            try await body(TestCluster(directory: directory, tools: tools, cluster: cluster))
        } catch {
            await cluster.stop()
            throw error
        }
        await cluster.stop()
    }

    /// Runs SQL and returns its rows, one a line.
    @discardableResult
    func sql(_ text: String, database: String = "postgres") async throws -> String {
        try await TestCluster.sql(text, cluster.connection(database: database), tools)
    }

    static func sql(_ text: String, _ connection: [String: String], _ tools: PostgresTools) async throws -> String {
        let conninfo = connection.map { "\($0.key)='\($0.value)'" }.joined(separator: " ")
        let arguments = ["-XAtq", "-v", "ON_ERROR_STOP=1", "-c", text, conninfo]
        return try await ToolRunner().run(ToolRunner.Command("\(tools.directory)/psql", arguments)).outputText
    }
}
