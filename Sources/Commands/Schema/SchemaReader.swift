import Configuration
import Host
import Introspection
import Planning
import PostgresClient
import Revisions
import SQLText
import SchemaModel

/// A schema that was read, and what came with it.
struct ReadSchema: Sendable {
    /// The schema.
    var schema: DatabaseSchema
    /// Renames that it asks for.
    var renames: [SchemaRename] = []
    /// The roles of its server; what is loaded may speak of them.
    var roles: [String] = []
    /// Who read it, and so owns what nobody else is said to own.
    var user: String?
    /// The version of its server.
    var serverVersion: Int?
}

/// Reads schemas of any source.
struct SchemaReader: Sendable {
    let caller: Session
    let places: DirectoryOptions
    let context: SchemaContext
    /// Roles that are named on the command line.
    var roles: [String] = []

    /// Reads a database.
    func read(database url: String) async throws -> ReadSchema {
        try await session(url) { connection in
            let schema = try await context.introspector.read(connection)
            let roles = try await connection.query("SELECT rolname::text FROM pg_roles WHERE rolname !~ '^pg_'")
                .map { try $0.decode(0, as: String.self) }
            let user = try await connection.query("SELECT current_user::text").scalar(as: String.self)
            return ReadSchema(
                schema: context.selection.applied(to: schema), roles: roles, user: user,
                serverVersion: connection.serverVersion)
        }
    }

    /// The rows of a database's version table; none where there is no such table.
    func versionRows(database url: String) async throws -> [RevisionID] {
        let name = VersionTableName(
            schema: context.settings?.versionTableSchema,
            table: context.settings?.versionTable ?? VersionTableName.usual
        ).quoted
        return try await session(url) { connection in
            let path = context.settings?.searchPath ?? []
            if !path.isEmpty {
                try await connection.execute(
                    "SET search_path = \(path.map(SQLIdentifier.quote).joined(separator: ", "))")
            }
            let exists = try await connection.query("SELECT to_regclass(\(name)) IS NOT NULL").scalar(as: Bool.self)
            guard exists == true else { return [] }
            return try await connection.query(Query(raw: "SELECT version_num::text FROM \(name)"))
                .map { RevisionID(try $0.decode(0, as: String.self)) }
        }
    }

    private func session<R: Sendable>(_ url: String, _ body: @Sendable (Connection) async throws -> R) async throws -> R
    {
        do {
            let parameters = try ConnectionParameters(url: url)
            let connection = try await Connection.open(parameters, applicationName: "migratectl")
            do {
                let result = try await body(connection)
                await connection.close()
                return result
            } catch {
                await connection.close()
                throw error
            }
        } catch let error as ConnectionStringError {
            throw Failure(
                .usage, "cannot read the database's address: \(error)", hint: "write postgresql://user@host/database")
        } catch let error as ConnectionError {
            throw Failure(.databaseUnavailable, error.message, hint: error.hint)
        } catch let error as ServerError {
            throw Failure(.databaseUnavailable, "cannot read the catalogue: \(error.message)")
        }
    }

    /// Reads any source; what is to be loaded goes into a database of `server`.
    func read(_ source: SchemaSource, on server: ScratchServer, like other: ReadSchema?) async throws -> ReadSchema {
        if case .database(let url) = source { return try await read(database: url) }
        let script = try await script(of: source)
        let revisions = try await revisions(of: source)
        let schema = try await server.withDatabase(
            roles: roles + context.roles + (other?.roles ?? []), user: other?.user
        ) { connection in
            if let path = context.settings?.searchPath, !path.isEmpty {
                try await connection.execute(
                    "SET search_path = \(path.map(SQLIdentifier.quote).joined(separator: ", "))")
            }
            try await script.load(connection)
            for revision in revisions { try await Self.apply(revision, connection) }
            return try await context.introspector.read(connection)
        }
        return ReadSchema(schema: context.selection.applied(to: schema), renames: script.renames)
    }

    // MARK: What is loaded

    private func script(of source: SchemaSource) async throws -> SchemaScript {
        var script = SchemaScript()
        switch source {
        case .files(let paths):
            do {
                for path in paths {
                    guard TextFiles.isDirectory(path) else {
                        try script.add(try TextFiles.readText(path, limit: Self.longestText), file: path)
                        continue
                    }
                    for file in try DirectoryTree.revisionFiles(in: path, recursively: true) {
                        try script.add(try TextFiles.readText(file.path, limit: Self.longestText), file: file.path)
                    }
                }
            } catch let error as FileError {
                throw Failure(
                    .usage, "\(error)", hint: error.hint ?? "name a file of SQL, or a directory of such files")
            }
        case .command(let words):
            try script.add(try await output(of: words), file: words.joined(separator: " "))
        case .database, .revisions, .nothing: break
        }
        return script
    }

    private static let longestText = 256 << 20

    private func output(of words: [String]) async throws -> String {
        guard let program = words.first else { throw Failure(.usage, "cannot run a command: it is empty") }
        var runner = ToolRunner()
        runner.limits.standardOutput = Self.longestText
        var command = ToolRunner.Command(program, Array(words.dropFirst()), environment: caller.context.environment)
        command.workingDirectory = caller.context.workingDirectory
        do {
            let outcome = try await runner.run(command)
            return String(decoding: outcome.standardOutput, as: UTF8.self)
        } catch {
            throw Failure(
                .schemaNotLoaded, "cannot run \"\(words.joined(separator: " "))\": \(error.reason)", hint: error.hint,
                notes: error.standardError)
        }
    }

    private func revisions(of source: SchemaSource) async throws -> [Revision] {
        guard case .revisions(let target) = source else { return [] }
        let directories = try await RevisionDirectories.find(places, session: caller)
        let loaded = RevisionDirectory.load(try directories.read())
        guard let graph = loaded.graph, loaded.problems.isEmpty else { throw Failure(loaded.problems, in: directories) }
        do {
            let steps = try graph.upgrade(to: try RevisionTarget(parsing: target), from: [])
            return steps.compactMap { graph[$0.revision] }
        } catch {
            throw Failure(error)
        }
    }

    private static func apply(_ revision: Revision, _ connection: Connection) async throws {
        if revision.isTransactional { try await connection.execute("BEGIN") }
        for statement in revision.upgrade.statements {
            do {
                if let data = statement.copyData {
                    try await connection.copyIn(statement.text, data: data)
                } else {
                    try await connection.execute(statement.text)
                }
            } catch let error as ServerError {
                let place = statement.position(ofCharacter: error.position ?? 1)
                throw Failure(
                    .schemaNotLoaded, "cannot apply revision \"\(revision.id)\": \(error.message)", hint: error.hint,
                    location: Failure.Location(path: revision.path, line: place.line, column: place.column))
            }
        }
        if revision.isTransactional { try await connection.execute("COMMIT") }
    }
}
