import Testing
import Varlink

@Suite("migratectl check judges files without a database")
struct CheckVerbTests {
    private func project() throws -> Project {
        let project = try Project("migrations")
        try project.write("migrations/a.sql", id: "a", up: "CREATE TABLE t (n int);", down: "DROP TABLE t;")
        return project
    }

    @Test("what is good passes")
    func good() async throws {
        let outcome = try await project().run("check")
        #expect(outcome.status == 0)
        #expect(outcome.output == "1 revision, nothing to object to\n")
    }

    @Test("everything is told at once, each with its place and code, and the status is 1")
    func bad() async throws {
        let project = try project()
        try project.write(
            "migrations/b.sql", id: "b", after: "a", up: "CREATE TABLE u (n int REFERENCES t);", down: nil)
        try project.write(
            "migrations/c.sql", id: "c", after: "a", up: "CREATE INDEX CONCURRENTLY i ON t (n);", down: "DROP INDEX i;")
        try project.write("migrations/d.sql", id: "d", after: "nobody")
        let outcome = await project.run("check")
        #expect(outcome.status == 1)
        let directory = project("migrations")
        for line in [
            "migrations/b.sql:1:14: revision \"b\" has no downgrade [missing_downgrade]",
            "migrations/b.sql:6:23: the foreign key to \"t\" does not say what a deletion does [missing_on_delete]",
            "migrations/c.sql:6:1: cannot run \"CREATE INDEX CONCURRENTLY\" in a transaction",
            "migrations/d.sql:2:19: ",
        ] {
            #expect(outcome.output.contains(line), "\(line) in \(outcome.output)")
        }
        #expect(outcome.errors.contains("cannot pass \"\(directory)\": 4 findings"))
        let json = await project.run("check", "--json")
        #expect(json.status == 1)
        let document = try JSONValue(parsing: json.output.split(separator: "\n").joined().utf8)
        #expect(document["findings"]?.arrayValue?.count == 4)
        #expect(document["findings"]?.arrayValue?.first?["location"]?["line"] == .int(1))
    }

    @Test("several heads are told at each of them; a rule can be left out")
    func ignoring() async throws {
        let project = try project()
        try project.write("migrations/b.sql", id: "b", after: "a")
        try project.write("migrations/c.sql", id: "c", after: "a")
        let outcome = await project.run("check")
        #expect(outcome.output.split(separator: "\n").count { $0.hasSuffix("[several_heads]") } == 2)
        #expect(await project.run("check", "--ignore", "several_heads").status == 0)
        let unknown = await project.run("check", "--ignore", "cycle")
        #expect(unknown.status == 64)
        #expect(unknown.errors.contains("several_heads, missing_downgrade, missing_on_delete"))
    }

    @Test("of files only those are told of, and the others beside them are known")
    func files() async throws {
        let project = try project()
        try project.write("migrations/b.sql", id: "b", after: "a", down: nil)
        try project.write("migrations/c.sql", id: "c", after: "b", down: nil)
        let one = await project.run("check", project("migrations/../migrations/./b.sql"))
        #expect(one.status == 1)
        #expect(one.output.contains("b.sql:1:") && !one.output.contains("c.sql:"))
        #expect(await project.run("check", project("migrations/a.sql")).status == 0)
        #expect(await project.run("check", project("nowhere")).status == 64)
        let elsewhere = try Project()
        #expect(await elsewhere.run("check", project("migrations")).status == 1)
        #expect(await elsewhere.run("check", project("migrations/a.sql")).status == 0)
    }
}
