import Control
import Host
import Testing

@testable import Commands

@Suite("where revision files are")
struct RevisionDirectoriesTests {
    @Test("without daemon and settings it is ./migrations, also where only DATABASE_URL is set")
    func bare() async throws {
        let project = try Project("migrations")
        try project.write("migrations/a.sql", id: "a")
        #expect(await project.run("heads").output == "a (head)\n")
        try project.write(".env", "DATABASE_URL=postgresql://app@localhost/app\n")
        #expect(await project.run("heads").output == "a (head)\n")
    }

    @Test("settings name them, several and with directories below")
    func settings() async throws {
        let project = try Project()
        try project.write(
            "migrated.toml",
            "[database.main]\nurl = \"postgresql:///app\"\nmigrations = [\"one\", \"two\"]\nrecursive_migrations = true\n"
        )
        try project.write("one/a.sql", id: "a")
        try project.write("two/deep/down/b.sql", id: "b", after: "a")
        try project.write("two/.hidden/c.sql", id: "c", after: "a")
        #expect(await project.run("history").output == "a -> b (head), sample\n<base> -> a, sample\n")
    }

    @Test("several databases want one named; faults in the settings are told with the way out")
    func refused() async throws {
        let project = try Project("one", "two")
        try project.write(
            "migrated.toml",
            """
            [database.one]
            url = "postgresql:///one"
            migrations = "one"
            [database.two]
            url = "postgresql:///two"
            migrations = "two"
            """)
        try project.write("two/b.sql", id: "b")
        let unnamed = await project.run("heads")
        #expect(unnamed.status == 11)
        #expect(unnamed.errors.contains("hint: name one: -d one, two, or --directory PATH"))
        #expect(await project.run("heads", "-d", "two").output == "b (head)\n")
        #expect(await project.run("heads", "-d", "three").status == 11)
        try project.write("migrated.toml", "nonsense = 1\n")
        let faulty = await project.run("heads")
        #expect(faulty.status == 78)
        #expect(faulty.errors.contains("--directory PATH"))
        #expect(await project.run("heads", "--directory", project("two")).output == "b (head)\n")
    }

    @Test("a daemon that answers knows better")
    func told() async throws {
        let project = try Project("migrations")
        try project.write("migrations/a.sql", id: "a")
        try project.write("elsewhere/below/b.sql", id: "b")
        let elsewhere = project("elsewhere")
        let handler = ControlServer.handler(GetStatus.self) { _, _ in
            var database = Samples.database
            database.directories = [elsewhere]
            database.isRecursive = true
            database.fileTemplate = "%(year)d_%(rev)s"
            return Samples.status([database])
        }
        try await FakeDaemon.serving([handler]) { daemon in
            let environment = ["MIGRATED_SOCKET": daemon.socketPath]
            #expect(await project.run("heads", environment: environment).output == "b (head)\n")
            let written = await project.run("revision", "-m", "x", "--rev-id", "c", environment: environment)
            #expect(written.output == "\(elsewhere)/2026_c.sql\n")
        }
    }

    @Test("one id in two of them is told with both files")
    func duplicates() async throws {
        let project = try Project()
        try project.write("one/a.sql", id: "a")
        try project.write("two/a_too.sql", id: "a")
        let outcome = await project.run("heads", "--directory", project("one"), "--directory", project("two"))
        #expect(outcome.status == 14)
        #expect(outcome.errors.contains("one/a.sql") && outcome.errors.contains("two/a_too.sql"))
    }
}
