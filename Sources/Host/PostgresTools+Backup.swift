import Glibc

extension PostgresTools {
    /// What is to be dumped, and where to.
    public struct DumpRequest: Sendable {
        /// The connection, as libpq's keywords; a password among them stays a secret.
        public var connection: [String: String]
        /// The directory that is made (or is there, and empty).
        public var directory: String
        /// How many tables are read at once; each needs a connection, and one more.
        public var jobs = 2
        /// Schemas that are left out, by their exact names.
        public var excludedSchemas: [String] = []
        /// A snapshot that another session has exported and holds; without it, the dump takes one of its own.
        public var snapshot: String?
        /// A role that the programs act as.
        public var role: String?
        /// How long it may wait for a table's lock; where nothing is said, for ever.
        public var lockTimeout: Duration?
        /// Whether each object is named on standard error.
        public var isVerbose = false

        /// Makes a request with defaults.
        public init(connection: [String: String], directory: String) {
            self.connection = connection
            self.directory = directory
        }
    }

    /// What is to be restored, and where to.
    public struct RestoreRequest: Sendable {
        /// The archive: the directory that a dump made.
        public var archive: String
        /// The connection to the database, which exists and is empty, as libpq's keywords.
        public var connection: [String: String]
        /// How many objects are restored at once.
        public var jobs = 2
        /// Whether objects belong to whom they belonged; else to whoever restores.
        public var keepsOwners = true
        /// Whether grants are restored.
        public var keepsPrivileges = true
        /// Whether objects go to the tablespaces that they were in.
        public var keepsTablespaces = true
        /// Whether publications and subscriptions are restored.
        public var keepsReplication = true
        /// Whether definitions are restored only, and no data.
        public var isSchemaOnly = false
        /// Schemas that are left out, by their exact names.
        public var excludedSchemas: [String] = []
        /// A file with the lines of ``PostgresTools/contents(of:)`` that are restored; all of them without it.
        public var listFile: String?
        /// A role that the programs act as.
        public var role: String?
        /// Whether each object is named on standard error.
        public var isVerbose = false

        /// Makes a request with defaults.
        public init(archive: String, connection: [String: String]) {
            self.archive = archive
            self.connection = connection
        }
    }

    /// Dumps a database into a directory that only we can read, unpacked: whoever reads it back packs it meanwhile, and makes it
    /// survive a crash of the machine.
    ///
    /// What a failed or cancelled dump has written is left for the caller, who owns the directory.
    public func dump(_ request: DumpRequest, onLine: (@Sendable (String) -> Void)? = nil) async throws(ToolError) {
        let secrets = try secrets(of: request.connection, for: "pg_dump")
        defer { secrets.remove() }
        let arguments = dumpArguments(request) + ["--dbname=\(secrets.conninfo)"]
        try await run("pg_dump", arguments, environment: secrets.environment, onLine: onLine)
        try tighten(request.directory, for: "pg_dump")
    }

    /// The schema of a database as SQL statements, without what differs from one dump of it to the next.
    ///
    /// - Parameter excludedTables: Qualified names as SQL writes them.
    public func dumpSchema(
        _ connection: [String: String], excludedSchemas: [String], excludedTables: [String]
    ) async throws(ToolError) -> String {
        let secrets = try secrets(of: connection, for: "pg_dump")
        defer { secrets.remove() }
        var tools = self
        tools.runner.limits.standardOutput = 12 << 20
        let arguments =
            ["--schema-only", "--no-password"] + excludedSchemas.map { "--exclude-schema=\(Self.pattern($0))" }
            + excludedTables.map { "--exclude-table=\($0)" } + ["--dbname=\(secrets.conninfo)"]
        let text = try await tools.run("pg_dump", arguments, environment: secrets.environment).outputText
        // Comments name versions, and since the minor releases of 2025 a script begins with a random key.
        return text.split(separator: "\n").filter { line in
            !line.hasPrefix("--") && !line.hasPrefix("\\restrict") && !line.hasPrefix("\\unrestrict")
        }.joined(separator: "\n")
    }

    /// What is in an archive, an object a line, in the form that a restore takes as its list.
    public func contents(of archive: String) async throws(ToolError) -> [String] {
        var tools = self
        tools.runner.limits.standardOutput = 256 << 20
        return try await tools.run("pg_restore", ["--list", "--", archive]).outputText
            .split(separator: "\n").map(String.init)
    }

    /// Restores an archive into a database; stops at the first error.
    public func restore(
        _ request: RestoreRequest, onLine: (@Sendable (String) -> Void)? = nil
    ) async throws(ToolError) {
        let secrets = try secrets(of: request.connection, for: "pg_restore")
        defer { secrets.remove() }
        var arguments = ["--exit-on-error", "--no-password", "--jobs=\(max(1, request.jobs))"]
        if !request.keepsOwners { arguments.append("--no-owner") }
        if !request.keepsPrivileges { arguments.append("--no-privileges") }
        if !request.keepsTablespaces { arguments.append("--no-tablespaces") }
        if request.isSchemaOnly { arguments.append("--schema-only") }
        if !request.keepsReplication { arguments += ["--no-publications", "--no-subscriptions"] }
        arguments += request.excludedSchemas.map { "--exclude-schema=\($0)" }
        if let list = request.listFile { arguments.append("--use-list=\(list)") }
        if let role = request.role { arguments.append("--role=\(role)") }
        if request.isVerbose { arguments.append("--verbose") }
        arguments += ["--dbname=\(secrets.conninfo)", "--", request.archive]
        try await run("pg_restore", arguments, environment: secrets.environment, onLine: onLine)
    }

    /// Writes an archive as one SQL script, which appears whole or not at all and is readable by us alone.
    public func writeScript(of archive: String, to path: String) async throws(ToolError) {
        let (parent, name) = FilePaths.split(path)
        let temporary = FilePaths.join(parent, ".\(name).\(FilePaths.uniqueSuffix())")
        do throws(FileError) {
            // The program writes into the file that is there, and leaves its mode alone.
            try AtomicFile.write(temporary, [], mode: 0o600)
        } catch {
            throw ToolError(program: "pg_restore", error)
        }
        defer { unlink(temporary) }
        try await run("pg_restore", ["--file=\(temporary)", "--", archive])
        do throws(FileError) {
            let file = try Descriptor(open: temporary, O_RDONLY, for: "synchronise")
            try file.synchronise(temporary)
            try AtomicFile.publish(temporary, as: path)
        } catch {
            throw ToolError(program: "pg_restore", error)
        }
    }

    private func dumpArguments(_ request: DumpRequest) -> [String] {
        var arguments = [
            "--format=directory", "--jobs=\(max(1, request.jobs))", "--compress=0",
            "--no-password", "--no-sync", "--file=\(request.directory)",
        ]
        arguments += request.excludedSchemas.map { "--exclude-schema=\(Self.pattern($0))" }
        if let snapshot = request.snapshot { arguments.append("--snapshot=\(snapshot)") }
        if let role = request.role { arguments.append("--role=\(role)") }
        if let timeout = request.lockTimeout {
            arguments.append(
                "--lock-wait-timeout=\(timeout.components.seconds * 1000 + timeout.components.attoseconds / 1_000_000_000_000_000)"
            )
        }
        if request.isVerbose { arguments.append("--verbose") }
        return arguments
    }

    /// A pattern, as the programs' options take them, that matches one name only.
    static func pattern(_ name: String) -> String {
        "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }

    private func secrets(of connection: [String: String], for program: String) throws(ToolError) -> ConnectionSecrets {
        do throws(FileError) {
            return try ConnectionSecrets(connection)
        } catch {
            throw ToolError(program: program, error)
        }
    }

    private func tighten(_ directory: String, for program: String) throws(ToolError) {
        do throws(FileError) {
            try DirectoryTree.makePrivate(directory)
        } catch {
            throw ToolError(program: program, error)
        }
    }
}
