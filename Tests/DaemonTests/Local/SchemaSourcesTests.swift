import PostgresClient
import TestSupport
import Testing

/// Schemas of living databases, of revisions and of settings, compared by the program as people call it.
@Suite("migratectl compares what is there", .timeLimit(.minutes(15)))
struct SchemaSourcesTests {
    private static let revisions = [
        TestRevision("r1", after: nil, upgrade: ["CREATE TABLE early (id int PRIMARY KEY)"]),
        TestRevision("r2", after: "r1", upgrade: ["CREATE TABLE late (id int)"]),
    ]

    @Test("two databases: nothing but the SQL, nothing at all when they are equal, and what is not understood by name")
    func databases() async throws {
        try await with { harness, present, desired in
            try await Self.run("CREATE TABLE t (n int); CREATE TYPE shell", on: present)
            try await Self.run("CREATE TABLE t (n int, m text)", on: desired)
            let ends = [DaemonHarness.url(present.parameters), DaemonHarness.url(desired.parameters)]
            let differs = try await Self.control(harness, ["diff"] + ends + ["--sql", "--plain"])
            #expect(differs.status == 2, "\(differs)")
            #expect(differs.output == "ALTER TABLE public.t ADD COLUMN m text;\n")
            #expect(differs.errors.contains("not compared: base type public.shell"), "\(differs)")
            try await Self.run(differs.output, on: present)
            let equal = try await Self.control(harness, ["diff"] + ends + ["--sql", "--plain"])
            #expect(equal.status == 0 && equal.output.isEmpty, "\(equal)")
            let missing = try await Self.control(
                harness, ["diff", ends[0], "postgresql://nobody@/nowhere?host=/nowhere", "--sql", "--plain"])
            #expect(![0, 1, 2].contains(missing.status) && missing.output.isEmpty, "\(missing)")
        }
    }

    @Test("the revisions at a target are a schema, and a database that lacks revisions is not compared")
    func targets() async throws {
        try await with { harness, present, _ in
            try harness.write(Self.revisions)
            let places = ["--directory", harness.migrations]
            let between = try await Self.control(
                harness, ["diff", "revisions@r1", "revisions", "--sql", "--plain"] + places)
            #expect(between.output.contains("CREATE TABLE public.late"), "\(between)")
            #expect(!between.output.contains("early"))
            let lacking = try await Self.control(
                harness,
                ["check", "--autogenerate", "--from", DaemonHarness.url(present.parameters), "--to", "revisions"]
                    + places)
            #expect(lacking.status != 0 && lacking.errors.contains("the database lacks 2 revisions"), "\(lacking)")
        }
    }

    @Test("a downgrade says what it cannot bring back, and only the chosen schemas are compared")
    func lossesAndChoice() async throws {
        try await with { harness, present, desired in
            try await Self.run(
                "CREATE SCHEMA ours; CREATE TABLE ours.t (n int, gone int); CREATE TABLE theirs (n int)", on: present)
            try await Self.run("CREATE SCHEMA ours; CREATE TABLE ours.t (n int)", on: desired)
            var options = DaemonHarness.Options()
            options.locks += ["[database.app.schema]", "schemas = [\"ours\"]"]
            try harness.configure(["app": present], options)
            let written = try await Self.control(
                harness,
                [
                    "revision", "--autogenerate", "--rev-id", "a", "-m", "less", "--from",
                    DaemonHarness.url(present.parameters), "--to", DaemonHarness.url(desired.parameters), "--directory",
                    harness.migrations,
                ], environment: ["MIGRATED_SETTINGS": harness.settingsFile])
            #expect(written.status == 0, "\(written)")
            let name = try #require(TestFiles.names(in: harness.migrations).first { $0.hasPrefix("a") }, "\(written)")
            let text = try TestFiles.read(harness.migrations + "/" + name)
            #expect(text.contains("-- finding: drops the column gone of ours.t with its values"), "\(text)")
            #expect(
                text.contains(
                    "-- finding: this does not bring back what the upgrade took: it drops the column gone of ours.t"),
                "\(text)")
            #expect(!text.contains("theirs"), "\(text)")
        }
    }

    private func with(_ body: @Sendable (DaemonHarness, TestDatabase, TestDatabase) async throws -> Void) async throws {
        try await withDaemon(start: false) { harness, present in
            try await TestCluster.shared.withDatabase { desired in try await body(harness, present, desired) }
        }
    }

    private static func run(_ sql: String, on database: TestDatabase) async throws {
        let connection = try await database.connectAsSuperuser()
        try await connection.script(sql)
        await connection.close()
    }

    private static func control(
        _ harness: DaemonHarness, _ arguments: [String], environment: [String: String] = [:]
    ) async throws -> WholeProgram.Outcome {
        let usual = ["PATH": "/usr/bin:/bin", "TMPDIR": harness.directory]
        return try await harness.startControl(arguments, environment: usual.merging(environment) { $1 }).wait(
            upTo: .seconds(100))
    }
}
