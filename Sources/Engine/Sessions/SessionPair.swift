import Planning
import PostgresClient
import SQLText

/// The two direct sessions of one database: the worker's, which holds the lock and applies, and the observer's, which
/// reads progress and writes events while the worker is inside a transaction.
struct SessionPair: Sendable {
    let worker: Connection
    let observer: Connection
    let identity: ServerIdentity
    let versions: VersionTable
    let runner: Runner

    /// Connects both and refuses what migrations must not run on.
    ///
    /// - Parameter settings: What the worker's session sets beside what it always does.
    /// - Throws: `Failure` `database-unavailable`, `pooler-refused`, `server-read-only`.
    static func open(
        _ configuration: DatabaseConfiguration, settings others: [(String, String)] = []
    ) async throws -> SessionPair {
        do {
            // The observer first: it learns which settings the server knows.
            let observer = try await connect(configuration, as: "observer", settings: SessionSettings.everywhere)
            do {
                try await SessionSettings.liftLaterLimits(of: observer)
                let settings =
                    SessionSettings.all(serverVersion: observer.serverVersion) + others
                    + (try await searchPathBesideRegistry(configuration, on: observer))
                let worker = try await connect(configuration, as: "worker", settings: settings)
                do {
                    return try await examined(worker, observer, configuration)
                } catch {
                    await worker.close()
                    throw error
                }
            } catch {
                await observer.close()
                throw error
            }
        } catch let error as ConnectionError where error.sqlState == "08P01" {
            // A protocol violation, so early: a proxy that does not know what PostgreSQL takes at the start of a session.
            throw poolerRefusal(configuration)
        } catch let error as ConnectionError {
            throw Failure(error, database: configuration.name)
        } catch let error as ServerError {
            throw Failure(
                .databaseUnavailable, "cannot use database \"\(configuration.name)\": \(error.message)",
                hint: error.hint)
        }
    }

    /// Connects with settings that are given at start, so that RESET ALL after a revision leads back to them.
    private static func connect(
        _ configuration: DatabaseConfiguration, as name: String, settings: [(String, String)]
    ) async throws -> Connection {
        var given = settings
        if let searchPath = configuration.searchPath {
            given.insert(("search_path", searchPath.map(SQLIdentifier.quote).joined(separator: ",")), at: 0)
        }
        var parameters = configuration.connection
        let options = given.map { "-c \($0)=\(SessionSettings.escaped($1))" }
        parameters["options"] = ([parameters["options"]].compactMap { $0 } + options).joined(separator: " ")
        return try await Connection.open(parameters, applicationName: "migrated \(name)", timeout: .seconds(10))
    }

    /// A search path that does not lead into the registry; it is set on this session, and returned for the other one.
    ///
    /// PostgreSQL's own begins with `"$user"`, the schema of the user's name: for a user "migrated", which is the daemon's
    /// under systemd, that is the registry, and neither what a revision creates nor the version table belongs there.
    private static func searchPathBesideRegistry(
        _ configuration: DatabaseConfiguration, on session: Connection
    ) async throws -> [(String, String)] {
        let found = try await session.query(
            """
            SELECT pg_catalog.current_setting('search_path') AS path, session_user::text AS "user"
            """
        ).first
        guard let found, try configuration.role ?? found.decode("user") == "migrated" else { return [] }
        let path = SessionSettings.withoutUsersSchema(try found.decode("path"))
        _ = try await session.query("SELECT pg_catalog.set_config('search_path', \(path), false)")
        return [("search_path", path)]
    }

    private static func examined(
        _ worker: Connection, _ observer: Connection, _ configuration: DatabaseConfiguration
    ) async throws -> SessionPair {
        guard worker.serverVersion >= 130_000 else {
            throw Failure(
                .databaseUnavailable,
                "cannot use database \"\(configuration.name)\": its server is older than PostgreSQL 13",
                hint: "upgrade the server")
        }
        let identity = try await ServerIdentity.read(on: worker)
        guard !identity.isReadOnly else { throw Failure(readOnly: configuration.name) }
        try await refusePooler(worker, configuration)
        try await RunnerSign(session: observer).give(for: worker.backendPID)
        let started = try await worker.query(
            """
            SELECT (extract(epoch FROM backend_start) * 1000000)::bigint AS started
            FROM pg_catalog.pg_stat_activity WHERE pid = pg_catalog.pg_backend_pid()
            """
        ).first?.decode("started", as: Int64.self)
        return SessionPair(
            worker: worker, observer: observer, identity: identity,
            versions: try await VersionTable.find(configuration.versionTable, on: observer),
            runner: Runner(pid: worker.backendPID, startedMicroseconds: started ?? 0))
    }

    /// A transaction-pooling proxy shows itself by a backend that is not the one of the start-up packet, or that changes.
    private static func refusePooler(_ connection: Connection, _ configuration: DatabaseConfiguration) async throws {
        var seen: Set<Int> = [Int(connection.backendPID)]
        for _ in 0..<2 {
            let row = try await connection.query("SELECT pg_catalog.pg_backend_pid() AS pid").first
            if let pid = try row?.decode("pid", as: Int.self) { seen.insert(pid) }
        }
        guard seen.count == 1 else { throw poolerRefusal(configuration) }
    }

    private static func poolerRefusal(_ configuration: DatabaseConfiguration) -> Failure {
        Failure(
            .poolerRefused,
            "cannot use database \"\(configuration.name)\": the connection goes through a pooling proxy",
            hint: "connect to PostgreSQL itself, past the proxy: a lock can only be held on a direct session")
    }

    /// Stops whoever is about to change something where nothing can be changed any more.
    ///
    /// - Throws: `Failure` `server-read-only`.
    func refuseReadOnly(_ database: String) async throws {
        if try await ServerIdentity.isReadOnly(on: observer) { throw Failure(readOnly: database) }
    }

    func close() async {
        await worker.close()
        await observer.close()
    }
}

extension Failure {
    /// A server that takes no changes.
    init(readOnly database: String) {
        self.init(
            .serverReadOnly, "cannot use database \"\(database)\": the server is read-only",
            hint: "connect to the primary, or add target_session_attrs=read-write to the URL")
    }

    /// A connection that could not be made or was lost, as a person sees it.
    init(_ error: ConnectionError, database: String) {
        let reason = error.message
        self.init(
            .databaseUnavailable, "cannot reach database \"\(database)\": \(reason)",
            hint: error.hint ?? "see that the server runs and that the url is right: migratectl -d \(database) doctor")
    }
}
