import FoundationEssentials
import Glibc
import PostgresClient
import TestSupport
import Testing

/// A copy of the Alembic projects beside these tests, and a Python of its own to run them with.
struct AlembicWorkshop {
    let harness: DaemonHarness

    var python: String { harness.directory + "/venv/bin/python" }
    var project: String { harness.directory + "/projects/chat" }

    /// What pip needs to know of this machine.
    private static let variables = ProcessInfo.processInfo.environment.filter {
        $0.key.hasPrefix("PIP_") || $0.key.lowercased().hasSuffix("_proxy") || ["PATH", "HOME"].contains($0.key)
    }

    /// Makes the environment and copies the project. Where Python's packages cannot be had the test is skipped.
    init(in harness: DaemonHarness) async throws {
        self.harness = harness
        let source = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../AlembicProjects").path
        try #require(try await run(["cp", "-r", source, harness.directory + "/projects"]).status == 0)
        let packages = ["alembic>=1.13", "sqlalchemy[asyncio]>=2.0", "greenlet", "asyncpg"]
        for command in [
            ["python3", "-m", "venv", "venv"],
            [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"] + packages,
        ] {
            let outcome = try await run(
                command, environment: Self.variables)
            guard outcome.status == 0 else {
                print("there is no Alembic to compare with: \(outcome)")
                try Test.cancel("Python's packages cannot be installed here")
            }
        }
    }

    /// Runs a program, in the harness's directory or another.
    @discardableResult
    func run(
        _ words: [String], in directory: String? = nil, environment: [String: String] = [:]
    ) async throws -> WholeProgram.Outcome {
        try await WholeProgram.start(
            words, workingDirectory: directory ?? harness.directory, environment: environment
        ).wait(upTo: .seconds(180))
    }

    /// Alembic, online, on a database.
    @discardableResult
    func alembic(_ arguments: String..., on database: TestDatabase) async throws -> String {
        let outcome = try await run(
            [python, "-m", "alembic"] + arguments, in: project, environment: ["DATABASE_URL": Self.url(database)])
        try #require(outcome.status == 0, "\(arguments): \(outcome)")
        return outcome.output
    }

    /// `migratectl`, which has to succeed.
    @discardableResult
    func control(_ arguments: String...) async throws -> String {
        let outcome = try await harness.startControl(arguments).wait(upTo: .seconds(100))
        try #require(outcome.status == 0, "\(arguments): \(outcome)")
        return outcome.output
    }

    /// Imports a project; `migratectl` says how that went.
    func importProject(_ configuration: String, into directory: String) async throws -> WholeProgram.Outcome {
        try await harness.startControl([
            "import", "alembic", "projects/\(configuration)", "--python", python, "--output", directory,
        ]).wait(upTo: .seconds(60))
    }

    /// The URL as the application has it.
    static func url(_ database: TestDatabase) -> String {
        DaemonHarness.url(database.parameters).replacing("postgresql://", with: "postgresql+asyncpg://")
    }

    /// Everything that a database is made of, the version table included and the registry left out, as `pg_dump` has it.
    func schema(of database: TestDatabase) async throws -> [String] {
        let outcome = try await run([
            database.cluster.binaries + "/pg_dump", "--schema-only", "--no-owner", "--exclude-schema=migrated",
            "--dbname=" + DaemonHarness.url(database.parameters),
        ])
        try #require(outcome.status == 0, "\(outcome)")
        return outcome.output.split(separator: "\n").map(String.init)
            .filter { !$0.hasPrefix("--") && !$0.hasPrefix("\\restrict") && !$0.hasPrefix("\\unrestrict") }
    }

    /// The rows that a query brings, each as one text.
    static func rows(_ query: String, of database: TestDatabase) async throws -> [String] {
        let session = try await database.connectAsSuperuser()
        let rows = try await session.query(Query(raw: query)).map { try $0.decode(0, as: String.self) }
        await session.close()
        return rows
    }

    /// Where Alembic's version table says that a database is.
    static func versions(_ database: TestDatabase) async throws -> [String] {
        try await rows("SELECT version_num FROM alembic_version ORDER BY 1", of: database)
    }

    /// Both databases must be at the same revisions and be made of the same things.
    func expectSame(_ ours: TestDatabase, _ theirs: TestDatabase, after what: String) async throws {
        #expect(try await Self.versions(ours) == Self.versions(theirs), "after \(what)")
        let (left, right) = (try await schema(of: ours), try await schema(of: theirs))
        let difference = left.difference(from: right).map { change in
            switch change {
            case .insert(_, let line, _): "+ \(line)"
            case .remove(_, let line, _): "- \(line)"
            }
        }
        #expect(difference.isEmpty, "after \(what)")
    }
}
