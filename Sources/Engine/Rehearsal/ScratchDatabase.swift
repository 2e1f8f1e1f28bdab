import Host
import Planning
import PostgresClient
import SQLText

/// Why there is no copy to carry a plan out in.
struct NoCopy: Error {
    var reason: String
}

/// A copy of a database in a server of its own on this host: reached by a Unix socket only, cut off from the network where
/// the kernel allows it, and gone when it has served.
///
/// What is restored can run code: constraints, defaults, indexes call functions. It runs as roles that are no superusers,
/// and when it does, nobody can connect as one any more; the one session that is one ends before the plan begins.
struct ScratchDatabase: Sendable {
    let shape: DatabaseShape
    let server: any ScratchServer
    /// Of ours, for what tells the restore what to do.
    let directory: String
    let tools: PostgresTools
    let isCutOffFromNetwork: Bool
    /// The only session of a superuser.
    let owner: Connection

    private static let superuser = "migrated_rehearsal"
    /// Who restores: a member of every role that owns something.
    private static let restorer = "migrated_restorer"
    /// What lets roles be given objects in schemas in which they may not create any; gone after the restore.
    private static let creators = "migrated_creators"

    /// A second database that stays as it was restored.
    private static let original = "migrated_original"

    /// How to connect as the one who restores, who may read everything, and means PostgreSQL's own by any name.
    var readerConnection: ConnectionParameters {
        var parameters = connection(as: Self.restorer)
        parameters["options"] = "-c search_path=pg_catalog"
        return parameters
    }
    /// How to connect as who carries out the plan.
    var connection: ConnectionParameters { connection(as: shape.user) }

    private func connection(as user: String) -> ConnectionParameters {
        Self.connection(server, user, database: shape.name)
    }

    private static func connection(
        _ server: any ScratchServer, _ user: String, database: String
    ) -> ConnectionParameters {
        var parameters = ConnectionParameters(server.connection(database: database))
        parameters["user"] = user
        return parameters
    }

    /// Starts a server, in `directory` or in the unit that listens on `unit`, and makes an empty database like the one of
    /// that shape. The files of new clusters are kept in `templates`.
    ///
    /// - Throws: `NoCopy`, `CancellationError`; nothing is left then.
    static func make(
        _ shape: DatabaseShape, in directory: String, unit: String?, templates: String, with tools: PostgresTools
    ) async throws -> ScratchDatabase {
        var options = EmbeddedCluster.Options.scratch
        options.templates = templates
        options.shape.superuser = superuser
        if unit == nil { options.isCutOffFromNetwork = await tools.runner.canCutOffFromNetwork() }
        // As much log as the real server writes: it is measured.
        options.settings["wal_level"] = "replica"
        options.settings["max_wal_size"] = "16GB"
        options.settings["checkpoint_timeout"] = "1h"
        options.settings["maintenance_work_mem"] = "128MB"
        options.settings["max_connections"] = "40"
        options.settings["max_locks_per_transaction"] = "512"
        // Told to who measures; and counters are read as they are at that moment.
        options.settings["log_temp_files"] = "0"
        if tools.version.major >= 15 { options.settings["stats_fetch_consistency"] = "none" }
        let server = try await start(shape, in: directory, unit: unit, tools, options)
        do {
            try await makeDatabase(shape, in: server)
            var parameters = connection(server, superuser, database: shape.name)
            // Nothing that is restored can come before PostgreSQL's own names.
            parameters["options"] = "-c search_path=pg_catalog"
            let owner = try await Connection.open(parameters, applicationName: "migrated rehearsal")
            let scratch = ScratchDatabase(
                shape: shape, server: server, directory: directory, tools: tools,
                isCutOffFromNetwork: unit != nil || options.isCutOffFromNetwork, owner: owner)
            try await scratch.prepare()
            return scratch
        } catch {
            await Task {
                await server.remove()
                try? DirectoryTree.remove(directory)
            }.value
            throw error
        }
    }

    private static func start(
        _ shape: DatabaseShape, in directory: String, unit: String?, _ tools: PostgresTools,
        _ options: EmbeddedCluster.Options
    ) async throws -> any ScratchServer {
        guard let unit else {
            return try await EmbeddedCluster.start(directory: directory, tools: tools, options: options)
        }
        do {
            return try await ScratchUnit.start(
                unit, tools: tools, roles: [superuser, restorer, shape.user], settings: options.settings,
                templates: options.templates ?? "")
        } catch {
            try? DirectoryTree.remove(directory)
            throw error
        }
    }

    /// Ends the server and removes all of it.
    func remove() async {
        await Task {
            await owner.close()
            await server.remove()
            try? DirectoryTree.remove(directory)
        }.value
    }

    // MARK: Making

    private static func makeDatabase(_ shape: DatabaseShape, in server: any ScratchServer) async throws {
        let session = try await Connection.open(
            connection(server, superuser, database: "template1"), applicationName: "migrated rehearsal")
        do {
            // What is restored is checked as a whole, whatever row security will show to whom: until all is settled.
            var statements = ["CREATE ROLE \(restorer) LOGIN BYPASSRLS", "CREATE ROLE \(creators)"]
            // What they own is given to them by who is a member.
            statements += try await session.query(
                "SELECT rolname::text AS name FROM pg_catalog.pg_roles WHERE rolname = ANY (\(DatabaseShape.harmlessRoles))"
            ).map {
                let name = SQLIdentifier.quote(try $0.decode("name", as: String.self))
                return "GRANT \(name) TO \(restorer); GRANT \(creators) TO \(name)"
            }
            for role in shape.roles {
                let name = SQLIdentifier.quote(role.name)
                statements += [
                    "CREATE ROLE \(name) BYPASSRLS", "GRANT \(name) TO \(restorer)", "GRANT \(creators) TO \(name)",
                ]
            }
            try await session.script(statements.joined(separator: "; "))
            if shape.name == "postgres" { try await session.execute("DROP DATABASE postgres") }
            try await session.execute(shape.creation(of: shape.name, owner: restorer))
        } catch {
            await session.close()
            throw error
        }
        await session.close()
    }

    /// Makes what only a superuser can, and then sees to it that nobody can become one.
    private func prepare() async throws {
        try await owner.script(
            """
            ALTER SCHEMA public OWNER TO \(Self.restorer);
            GRANT USAGE, CREATE ON SCHEMA public TO \(Self.creators);
            ALTER DEFAULT PRIVILEGES FOR ROLE \(Self.restorer) GRANT USAGE, CREATE ON SCHEMAS TO \(Self.creators)
            """)
        for item in shape.extensions { try await make(item) }
        try await letUseExtensionTables(Self.restorer)
        try await owner.script("ALTER ROLE \(Self.superuser) NOLOGIN")
    }

    private func make(_ item: DatabaseShape.Extension) async throws {
        let schema = SQLIdentifier.quote(item.schema)
        if !["public", "pg_catalog"].contains(item.schema) {
            try await owner.script(
                """
                CREATE SCHEMA IF NOT EXISTS \(schema) AUTHORIZATION \(SQLIdentifier.quote(item.schemaOwner));
                GRANT USAGE, CREATE ON SCHEMA \(schema) TO \(Self.creators)
                """)
        }
        do {
            try await owner.execute(
                "CREATE EXTENSION IF NOT EXISTS \(SQLIdentifier.quote(item.name)) SCHEMA \(schema) VERSION \(SQLIdentifier.quoteLiteral(item.version)) CASCADE"
            )
        } catch let error as ServerError {
            throw NoCopy(reason: "the extension \"\(item.name)\" cannot be had on this host: \(error.message)")
        }
    }

    /// An extension's tables may hold data that is in the backup, and they are the superuser's, who made them.
    private func letUseExtensionTables(_ role: String) async throws {
        let names: [String] = try await owner.query(
            """
            SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS name FROM pg_catalog.pg_extension e,
                pg_catalog.unnest(e.extconfig) AS t (oid) JOIN pg_catalog.pg_class c USING (oid)
                JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace ORDER BY 1
            """
        ).map { try $0.decode("name") }
        for name in names { try await owner.execute("GRANT ALL ON \(name) TO \(role)") }
    }

    // MARK: Restoring

    /// Restores an archive, and gives everybody the rights that they have in the database. `tell` hears how far it has come.
    func restore(
        _ archive: String, of manifest: BackupManifest, jobs: Int,
        tell: @escaping @Sendable (JobEvent.Progress) async -> Void = { _ in }
    ) async throws {
        let (objects, grants) = listed(try await tools.contents(of: archive))
        let list = directory + "/list"
        try AtomicFile.write(list, text: objects)
        var request = PostgresTools.RestoreRequest(archive: archive, connection: readerConnection.keywordValues)
        request.jobs = jobs
        request.keepsTablespaces = false
        request.keepsReplication = false
        request.listFile = list
        request.isVerbose = true
        let wanted = request
        let progress = RestoreProgress(
            contents: objects.split(separator: "\n").map(String.init), archive: archive, manifest: manifest)
        try await progress.showing(on: owner, tell) { onLine in try await tools.restore(wanted, onLine: onLine) }
        if let grants {
            // What others than the owner have granted only they can grant: the session takes each one's name for it. No code of
            // anybody's runs by that.
            try AtomicFile.write(list, text: grants)
            try await owner.script(try await tools.script(of: archive, listFile: list))
            try await owner.script("RESET SESSION AUTHORIZATION; RESET ALL")
        }
        try await settle()
    }

    /// The catalogues of what only a superuser can make (PostgreSQL manual, "System Catalogs"; their numbers never change):
    /// languages, foreign-data wrappers, extensions, event triggers. User mappings hold passwords.
    private static let leftOut: Set<UInt32> = [2612, 2328, 1418, 3079, 3466]
    private static let leftOutComments = ["EXTENSION ", "EVENT TRIGGER ", "LANGUAGE ", "FOREIGN DATA WRAPPER "]

    /// The lines of an archive's contents without what is not restored; and those of what is granted, where there are any.
    private func listed(_ contents: [String]) -> (objects: String, grants: String?) {
        let made = Set(shape.extensions.map(\.schema))
        let wanted = contents.filter { line in
            guard let entry = ArchiveEntry(line) else { return true }
            if let schema = entry.rest(after: "SCHEMA -")?.split(separator: " ").first {
                return schema == "public" || !made.contains(String(schema))
            }
            if let object = entry.rest(after: "COMMENT -") {
                return !Self.leftOutComments.contains { object.hasPrefix($0) }
            }
            return !Self.leftOut.contains(entry.catalogue)
        }
        let grants = wanted.filter { ArchiveEntry($0)?.isGrant == true }
        let objects = wanted.filter { ArchiveEntry($0)?.isGrant != true }
        return (
            objects.joined(separator: "\n") + "\n", grants.isEmpty ? nil : grants.joined(separator: "\n") + "\n"
        )
    }

    private func settle() async throws {
        let (user, name) = (SQLIdentifier.quote(shape.user), SQLIdentifier.quote(shape.name))
        var statements = ["DROP OWNED BY \(Self.creators)", "DROP ROLE \(Self.creators)"]
        for role in shape.roles {
            let bypasses = role.bypassesRowSecurity || shape.isSuperuser && role.name == shape.user
            let words = "\(role.inherits ? "INHERIT" : "NOINHERIT") \(bypasses ? "BYPASSRLS" : "NOBYPASSRLS")"
            statements.append("ALTER ROLE \(SQLIdentifier.quote(role.name)) \(words)")
        }
        // A superuser may do all that any owner may; here that is said by membership.
        for role in shape.roles where shape.isSuperuser && role.name != shape.user {
            statements.append("GRANT \(SQLIdentifier.quote(role.name)) TO \(user)")
        }
        for item in shape.memberships where !shape.isSuperuser || item.role != shape.user {
            statements.append("GRANT \(SQLIdentifier.quote(item.role)) TO \(SQLIdentifier.quote(item.member))")
        }
        statements += [
            "ALTER ROLE \(user) LOGIN", "REASSIGN OWNED BY \(Self.restorer) TO \(SQLIdentifier.quote(shape.owner))",
            "ALTER DATABASE \(name) OWNER TO \(SQLIdentifier.quote(shape.owner))",
            "GRANT CONNECT ON DATABASE \(name) TO \(Self.restorer)",
        ]
        for grant in shape.grants {
            statements.append(
                "GRANT \(grant.privilege) ON DATABASE \(name) TO \(grant.grantee.map(SQLIdentifier.quote) ?? "PUBLIC")")
        }
        try await owner.script(statements.joined(separator: "; "))
        if shape.isSuperuser { try await letUseExtensionTables(user) }
        for setting in shape.settings { try await set(setting.name, setting.value) }
    }

    /// Ends the only session of a superuser; from then on the copy may be worked in.
    ///
    /// - Parameter keepingOriginal: Whether a second database shall stay as the copy is now: its files are copied, which is
    ///   far quicker than to read them.
    /// - Returns: How to connect to that as who may read everything; nil where it was not wanted, or cannot be had.
    func handOver(keepingOriginal: Bool) async throws -> ConnectionParameters? {
        var original: ConnectionParameters?
        if keepingOriginal {
            let name = shape.name == Self.original ? Self.original + "_2" : Self.original
            let copied = SQLIdentifier.quote(name)
            do {
                let byFiles = tools.version.major >= 15 ? " STRATEGY FILE_COPY" : ""
                try await owner.execute(
                    "CREATE DATABASE \(copied) OWNER \(Self.restorer) TEMPLATE \(SQLIdentifier.quote(shape.name))\(byFiles)"
                )
                try await owner.execute("REVOKE ALL ON DATABASE \(copied) FROM PUBLIC")
                original = readerConnection
                original?["dbname"] = name
            } catch is ServerError {
                // All that it costs is time.
            }
        }
        await owner.close()
        return original
    }

    /// Gives sessions a setting as the server gives it to them: those that any user may change, and no other.
    private func set(_ setting: String, _ value: String) async throws {
        let isHarmless = try await owner.query(
            """
            SELECT \(setting.contains(".")) OR EXISTS (
                SELECT FROM pg_catalog.pg_settings WHERE name = \(setting) AND context = 'user') AS harmless
            """
        ).first?.decode("harmless", as: Bool.self)
        guard isHarmless == true else { return }
        let name = setting.split(separator: ".").map { SQLIdentifier.quote(String($0)) }.joined(separator: ".")
        do {
            // For the time of a transaction only: the path that is set must never be ours.
            try await owner.script(
                """
                BEGIN; SELECT pg_catalog.set_config(\(SQLIdentifier.quoteLiteral(setting)), \(SQLIdentifier.quoteLiteral(value)), true);
                ALTER ROLE \(SQLIdentifier.quote(shape.user)) IN DATABASE \(SQLIdentifier.quote(shape.name))
                    SET \(name) FROM CURRENT;
                COMMIT
                """)
        } catch is ServerError {
            // Of an extension that is not loaded here; what needs it will say so.
            try await owner.script("ROLLBACK")
        }
    }
}
