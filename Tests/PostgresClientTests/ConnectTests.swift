import PostgresClient
import TestSupport
import Testing

@Suite struct ConnectTests {
    private func failure(_ parameters: ConnectionParameters, timeout: Duration = .seconds(30)) async -> ConnectionError?
    {
        await #expect(throws: ConnectionError.self) {
            try await Connection.open(parameters, applicationName: "tests", timeout: timeout)
        }
    }

    @Test func saysThatThereIsNoSocket() async throws {
        let error = await failure(ConnectionParameters(["host": "/tmp/no-such-directory", "dbname": "app"]))
        #expect(error?.kind == .cannotConnect && error?.sqlState == nil)
        #expect(error?.message.hasPrefix("cannot connect to database \"app\" on \"/tmp/no-such-directory\": ") == true)
        #expect(error?.message.contains("No such file or directory") == true)
    }

    @Test func saysThatNobodyListens() async throws {
        let error = await failure(ConnectionParameters(["host": "127.0.0.1", "port": "1", "dbname": "app"]))
        #expect(error?.kind == .cannotConnect)
        #expect(error?.message.contains("Connection refused") == true)
    }

    @Test func saysThatTheHostIsUnknown() async throws {
        let error = await failure(ConnectionParameters(["host": "no-such-host.invalid", "dbname": "app"]))
        #expect(error?.kind == .cannotConnect)
        #expect(error?.message.contains("no-such-host.invalid") == true)
    }

    @Test func saysThatTheDatabaseIsUnknown() async throws {
        let error = await failure(try await TestCluster.shared.parameters(database: "nowhere"))
        #expect(error?.kind == .unknownDatabase && error?.sqlState == "3D000")
        #expect(error?.message.hasSuffix("database \"nowhere\" does not exist") == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("LOCATION") == false)
    }

    @Test func saysThatTheRoleIsUnknown() async throws {
        let error = await failure(try await TestCluster.shared.parameters(user: "nobody_here"))
        #expect(error?.kind == .authentication && error?.sqlState == "28000")
    }

    @Test func neverTellsThePassword() async throws {
        let cluster = try await TestCluster.make(authentication: ["local all locked scram-sha-256"])
        let admin = try await cluster.connect()
        try await admin.execute("CREATE ROLE locked LOGIN PASSWORD 'correct horse'")
        await admin.close()
        var parameters = cluster.parameters(user: "locked")
        let missing = await failure(parameters)
        #expect(missing?.kind == .authentication)
        parameters["password"] = "hunter2"
        let wrong = try #require(await failure(parameters))
        #expect(wrong.kind == .authentication && wrong.sqlState == "28P01")
        #expect(wrong.message.contains("password authentication failed for user \"locked\""))
        #expect(!"\(wrong)".contains("hunter2") && !String(reflecting: wrong).contains("hunter2"))
        parameters["password"] = "correct horse"
        let connection = try await Connection.open(parameters, applicationName: "tests")
        #expect(!String(reflecting: connection.parameters).contains("horse"))
        await connection.close()
        await cluster.destroy()
    }

    @Test func saysThatThereAreTooManyConnections() async throws {
        try await TestCluster.shared.withDatabase(role: "crowd") { database in
            let admin = try await database.connectAsSuperuser()
            try await admin.execute("ALTER DATABASE \"\(database.name)\" CONNECTION LIMIT 0")
            let error = await failure(database.parameters)
            #expect(error?.kind == .tooManyConnections && error?.sqlState == "53300")
            await admin.close()
        }
    }

    @Test func doesNotWaitForEver() async throws {
        let silent = try SilentServer()
        let error = await failure(
            ConnectionParameters(["host": silent.directory, "user": "u", "dbname": "d"]), timeout: .milliseconds(50))
        #expect(error?.kind == .timedOut)
    }

    @Test func refusesAServerThatTalksNonsense() async throws {
        let silent = try SilentServer(greeting: "HTTP/1.1 400 Bad Request\r\n\r\n")
        let error = await failure(ConnectionParameters(["host": silent.directory, "user": "u", "dbname": "d"]))
        #expect(error?.kind == .cannotConnect)
    }

    @Test func refusesAParameterThatLibpqRefuses() async throws {
        var parameters = try await TestCluster.shared.parameters()
        parameters["sslmode"] = "sometimes"
        let error = await failure(parameters)
        #expect(error?.kind == .cannotConnect && error?.message.contains("sslmode") == true)
    }
}
