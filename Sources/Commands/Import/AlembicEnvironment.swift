import Control
import Host
import Planning

/// A project's own Python, in which its Alembic is asked what each revision does.
struct AlembicEnvironment {
    /// The absolute path of alembic.ini or pyproject.toml, or of their directory.
    var configuration: String
    /// The interpreter that was named, if one was.
    var python: String?
    /// The caller's environment variables.
    var variables: [String: String]

    private var directory: String {
        DirectoryTree.exists(configuration) ? configuration : FilePaths.split(configuration).parent
    }

    /// Asks the project. No database is touched.
    func read() async throws -> AlembicProject {
        guard TextFiles.exists(configuration) else {
            throw Failure(
                .usage, "cannot read \"\(configuration)\": no such file or directory",
                hint: "name the project's alembic.ini, pyproject.toml, or their directory")
        }
        let interpreter = try interpreter()
        var command = ToolRunner.Command(
            interpreter,
            [
                "-c", String(decoding: PackageResources.read_alembic_py, as: UTF8.self), configuration,
                FilePaths.workingDirectory(),
            ], environment: try environment())
        command.workingDirectory = directory
        var limits = ToolRunner.Limits()
        limits.standardOutput = 256 << 20
        let answer: AlembicProject.Answer
        do {
            let outcome = try await ToolRunner(limits: limits).run(command)
            answer = try JSONText.decode(AlembicProject.Answer.self, from: outcome.outputText)
        } catch let error as ToolError {
            throw Failure(
                error.cause == .missing ? .toolMissing : .revisionsInvalid,
                "cannot read \"\(configuration)\": \(error)",
                hint: error.hint ?? "name the project's Python: --python PATH",
                notes: error.standardError.suffix(10))
        }
        guard let project = answer.project else { throw refusal(answer.failure, interpreter) }
        return project
    }

    private func refusal(_ refusal: AlembicProject.Refusal?, _ interpreter: String) -> Failure {
        let reason = refusal?.message ?? "its Alembic gave no answer"
        if refusal?.lacksAlembic == true {
            return Failure(
                .toolMissing, "cannot read \"\(configuration)\": \"\(interpreter)\" has no Alembic: \(reason)",
                hint: "name the Python that has the project's packages: --python PATH")
        }
        return Failure(
            .revisionsInvalid, "cannot read \"\(configuration)\": \(reason)", hint: refusal?.hint,
            notes: refusal?.notes ?? [])
    }

    /// The caller's variables, and beneath them those of .env files: beside the configuration, or where we are.
    private func environment() throws -> [String: String] {
        do throws(FileError) {
            let here = try EnvironmentFile.load(".env") ?? [:]
            let beside = try EnvironmentFile.load(FilePaths.join(directory, ".env")) ?? [:]
            return here.merging(beside) { $1 }.merging(variables) { $1 }
        } catch {
            throw Failure(.usage, "\(error)", hint: error.hint ?? "mend the file")
        }
    }

    /// The interpreter that was named, that of the virtual environment in force or beside the configuration, or python3.
    private func interpreter() throws -> String {
        if let python {
            return python.contains("/") ? FilePaths.absolute(python) : try found(python)
        }
        var places = ["\(directory)/.venv/bin/python", "\(directory)/venv/bin/python"]
        if let active = variables["VIRTUAL_ENV"], !active.isEmpty { places.insert("\(active)/bin/python", at: 0) }
        return try places.first(where: TextFiles.exists) ?? found("python3")
    }

    /// A program of the caller's search path.
    private func found(_ name: String) throws -> String {
        let path = variables["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        let places = path.split(separator: ":").map { "\($0)/\(name)" }
        guard let program = places.first(where: TextFiles.exists) else {
            throw Failure(
                .toolMissing, "cannot find \"\(name)\": it is in no directory of $PATH",
                hint: "name the Python that has the project's packages: --python PATH")
        }
        return FilePaths.absolute(program)
    }
}
