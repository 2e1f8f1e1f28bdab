import Testing

@testable import Host

@Suite struct PostgresToolChoiceTests {
    private func tools(_ versions: [(Int, Int)]) -> [PostgresTools] {
        versions.map { PostgresTools(directory: "/\($0.0).\($0.1)", version: ToolVersion(major: $0.0, minor: $0.1)) }
    }

    @Test(arguments: [
        (150018, "/15.18"), (150001, "/15.18"), (130000, "/14.2"), (160000, "/17.1"), (170009, "/17.1"), (180000, nil),
        (0, "/17.1"),
    ])
    func theServersOwnMajorIsBestThenTheNextNewer(server: Int, choice: String?) {
        let found = tools([(15, 3), (17, 0), (14, 2), (15, 18), (17, 1)])
        #expect(PostgresTools.best(of: found, serverVersion: server)?.directory == choice)
    }

    @Test func secretsAreNotInTheConnectionString() throws {
        let connection = [
            "host": "/run/x", "user": "o'neill\\", "password": "se:SESAME\\et", "sslpassword": "key SESAME",
            "dbname": "d",
            "port": "",
        ]
        let secrets = try ConnectionSecrets(connection)
        #expect(!secrets.conninfo.contains("SESAME"))
        #expect(secrets.conninfo.contains("user='o\\'neill\\\\'"))
        let service = try #require(secrets.environment["PGSERVICEFILE"])
        let passfile = FilePaths.join(FilePaths.split(service).parent, "pgpass")
        #expect(try TextFiles.readText(passfile) == "*:*:*:*:se\\:SESAME\\\\et\n")
        #expect(mode(of: passfile) == 0o600)
        #expect(mode(of: service) == 0o600)
        #expect(mode(of: FilePaths.split(service).parent) == 0o700)
        secrets.remove()
        #expect(!TextFiles.exists(passfile))
        let open = try ConnectionSecrets(["host": "h"])
        #expect(open.conninfo == "host='h'")
        #expect(open.environment.keys.allSatisfy { $0 != "PGPASSWORD" && $0 != "PGSERVICEFILE" })
    }
}
