import Commands
import Host
import Revisions
import Testing

@Suite("the models of an ORM are a desired schema", .timeLimit(.minutes(15)))
struct ModelTests {
    private static let models = FilePaths.join(FilePaths.split(#filePath).parent, "Models/models.py")

    @Test("a revision is written that makes SQLAlchemy's tables, and nothing is left to write")
    func sqlAlchemy() async throws {
        guard let python = await PythonWithSQLAlchemy.find() else { return }
        let project = try Project("migrations")
        let models = "command:\(python) \(Self.models)"
        let written = await project.run(
            "revision", "--autogenerate", "-m", "sessions and messages", "--rev-id", "a", "--from", "revisions", "--to",
            models)
        #expect(written.status == 0, "\(written.errors)")
        let text = String(decoding: try #require(project.load("migrations").revisions.first).source, as: UTF8.self)
        for piece in [
            "CREATE TYPE public.role AS ENUM ('user', 'assistant')", "CREATE TABLE public.sessions",
            "ON DELETE CASCADE",
        ] {
            #expect(text.contains(piece), "\(piece)")
        }
        let check = await project.run("check", "--autogenerate", "--from", "revisions", "--to", models)
        #expect(check.status == 0, "\(check.output)\(check.errors)")
    }
}

/// A Python that has SQLAlchemy: the machine's, or one of the tests' own.
private enum PythonWithSQLAlchemy {
    /// Says on standard output why there is none.
    static func find() async -> String? {
        let runner = ToolRunner()
        let test = ["-c", "import sqlalchemy; assert sqlalchemy.__version__ >= '2'"]
        if let path = try? await runner.run(
            ToolRunner.Command("python3", ["-c", "import sqlalchemy, sys; print(sys.executable)"]))
        {
            return path.outputText
        }
        let place = FilePaths.join(FilePaths.workingDirectory(), ".build/sqlalchemy")
        let python = FilePaths.join(place, "bin/python")
        if (try? await runner.run(ToolRunner.Command(python, test))) != nil { return python }
        do {
            try await runner.run(ToolRunner.Command("python3", ["-m", "venv", place]))
            try await runner.run(
                ToolRunner.Command(
                    python,
                    [
                        "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--timeout", "15",
                        "sqlalchemy>=2",
                    ],
                    environment: CommandContext.process.environment))
            return python
        } catch {
            print(
                "not tested with SQLAlchemy, which cannot be installed here: \(error.standardError.last ?? error.reason)"
            )
            return nil
        }
    }
}
