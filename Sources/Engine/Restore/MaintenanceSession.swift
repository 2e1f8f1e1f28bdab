import Planning
import PostgresClient
import SQLText

/// A session on another database of the same server, from which databases are made, closed and renamed.
struct MaintenanceSession: Sendable {
    let session: Connection
    /// The database as it is configured, for what is told.
    let name: String

    /// What these sessions are called on the server.
    private static let application = "migrated restore"

    /// Connects to `postgres`, else to `template1`.
    static func open(_ configuration: DatabaseConfiguration) async throws -> MaintenanceSession {
        let own = configuration.connection["dbname"]
        var refusal: (any Error)?
        for database in ["postgres", "template1"] where database != own {
            do {
                return MaintenanceSession(
                    session: try await connect(configuration, to: database), name: configuration.name)
            } catch {
                refusal = refusal ?? error
            }
        }
        switch refusal {
        case let error as ConnectionError: throw Failure(error, database: configuration.name)
        case let error?: throw error
        case nil: throw Failure(.internalError, "cannot find a database to work from")
        }
    }

    static func connect(_ configuration: DatabaseConfiguration, to database: String) async throws -> Connection {
        var parameters = configuration.connection
        parameters["dbname"] = database
        let settings = SessionSettings.everywhere + [("search_path", "pg_catalog")]
        let options = settings.map { "-c \($0)=\(SessionSettings.escaped($1))" }
        parameters["options"] = ([parameters["options"]].compactMap { $0 } + options).joined(separator: " ")
        let session = try await Connection.open(parameters, applicationName: application, timeout: .seconds(10))
        do {
            try await SessionSettings.liftLaterLimits(of: session)
        } catch {
            await session.close()
            throw error
        }
        return session
    }

    func close() async { await session.close() }

    // MARK: Looking

    func number(of database: String) async throws -> Int64? {
        try await session.query("SELECT oid::bigint AS oid FROM pg_catalog.pg_database WHERE datname = \(database)")
            .first?.decode("oid")
    }

    func name(of number: Int64) async throws -> String? {
        try await session.query(
            "SELECT datname::text AS name FROM pg_catalog.pg_database WHERE oid = \(number)::bigint::oid"
        ).first?.decode("name")
    }

    /// A name like this one that no database has, of no more bytes than PostgreSQL keeps.
    func unusedName(_ wanted: String) async throws -> String {
        var (name, count) = (Self.fitting(wanted, ""), 1)
        while try await number(of: name) != nil {
            count += 1
            name = Self.fitting(wanted, "_\(count)")
        }
        return name
    }

    static func fitting(_ name: String, _ suffix: String) -> String {
        var name = name
        while name.utf8.count + suffix.utf8.count > 63 { name.removeLast() }
        return name + suffix
    }

    /// Whether we may do what a restore takes: make databases, and rename and close the one that is replaced.
    func demandRights(replacing old: Int64?) async throws {
        let row = try await session.query(
            """
            SELECT r.rolsuper OR r.rolcreatedb AS may_create, r.rolsuper OR coalesce((
                SELECT pg_catalog.pg_has_role(d.datdba, 'USAGE') FROM pg_catalog.pg_database d
                WHERE d.oid = \(old)::bigint::oid), true) AS may_rename, r.rolname::text AS "user"
            FROM pg_catalog.pg_roles r WHERE r.rolname = current_user
            """
        ).single()
        let user = SQLIdentifier.quote(try row.decode("user", as: String.self))
        let mayRename: Bool = try row.decode("may_rename")
        guard try row.decode("may_create"), mayRename else {
            throw Failure(
                .permissionDenied,
                "cannot restore \"\(name)\": \(user) may not \(mayRename ? "create databases" : "rename the database")",
                hint: mayRename
                    ? "grant it for this once: ALTER ROLE \(user) CREATEDB"
                    : "grant it for this once: GRANT the database's owner TO \(user)")
        }
    }

    // MARK: Doing

    func create(_ database: String, like shape: DatabaseShape, owner: String?) async throws {
        try await session.execute(shape.creation(of: database, owner: owner))
    }

    /// Drops what a restore has begun to make and was not finished. Nothing else is ever dropped. Whoever still makes it for a
    /// daemon that is no more is ended first: what is not committed yet could not be dropped, and would be there afterwards.
    ///
    /// - Throws: `Failure` `restore-failed` where it is still being made after all that patience.
    func dropUnfinished(_ database: String, patience: Duration = .seconds(60)) async throws {
        let end = ContinuousClock.now + patience
        while try await !session.query(
            """
            SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
            WHERE application_name = \(Self.application) AND pid <> pg_catalog.pg_backend_pid()
                AND strpos(query, \(database)) > 0 AND state <> 'idle'
            """
        ).isEmpty {
            guard ContinuousClock.now < end else {
                throw Failure(
                    .restoreFailed, "cannot drop \"\(database)\": a session that makes it does not end",
                    hint: "look for \"\(Self.application)\" in pg_stat_activity")
            }
            try await Task.sleep(for: .milliseconds(30))
        }
        try await session.query("DROP DATABASE IF EXISTS \(identifier: database) WITH (FORCE)")
    }

    func rename(_ database: String, to name: String) async throws {
        try await session.query("ALTER DATABASE \(identifier: database) RENAME TO \(identifier: name)")
    }

    func setOpen(_ isOpen: Bool, _ database: String) async throws {
        try await session.query("ALTER DATABASE \(identifier: database) ALLOW_CONNECTIONS \(raw: "\(isOpen)")")
    }

    /// Ends all sessions of a database but those named, and waits until they are gone.
    ///
    /// - Throws: `Failure` `restore-failed` with those that cannot be ended.
    func endSessions(of database: Int64, sparing own: [Int32], patience: Duration = .seconds(10)) async throws {
        let end = ContinuousClock.now + patience
        while true {
            let left = try await session.query(
                """
                SELECT a.pid, coalesce(a.usename, '')::text AS "user", coalesce(a.application_name, '') AS application,
                    CASE WHEN r.may THEN pg_catalog.pg_terminate_backend(a.pid) ELSE false END AS told
                FROM pg_catalog.pg_stat_activity a, LATERAL (
                    SELECT pg_catalog.pg_has_role(current_user, 'pg_signal_backend', 'USAGE')
                        OR pg_catalog.pg_has_role(current_user, a.usesysid, 'USAGE') AS may) r
                WHERE a.datid = \(database)::bigint::oid AND a.backend_type <> 'autovacuum worker'
                    AND a.pid <> ALL (\(own.map { String($0) })::int[])
                """)
            guard !left.isEmpty else { return }
            guard ContinuousClock.now < end else {
                let names = try left.map { row in
                    let user: String = try row.decode("user")
                    return "pid \(try row.decode("pid", as: Int.self)) (\(user))"
                }
                throw Failure(
                    .restoreFailed,
                    "cannot restore \"\(name)\": sessions stay connected: \(names.joined(separator: ", "))",
                    hint: "end them, or grant pg_signal_backend to the user that migrated connects as")
            }
            try await Task.sleep(for: .milliseconds(30))
        }
    }
}
