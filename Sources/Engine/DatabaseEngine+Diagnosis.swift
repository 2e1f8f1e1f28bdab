import Host
public import Planning
import PostgresClient
import Revisions

/// What `migratectl doctor` asks of one database: is everything there that the work will need.
extension DatabaseEngine {
    /// Everything that is looked at, good or bad.
    public func diagnose() async -> [Check] {
        var checks: [Check?] = [checkDirectories(), await checkConnection()]
        if let sessions = try? await sessions() {
            checks.append(await checkPrivileges(sessions))
            checks.append(checkServerVersion(sessions))
            checks.append(await checkBackup(sessions))
            checks.append(await checkTools(sessions))
            checks.append(await checkVersionTable())
        }
        return checks.compactMap { $0 }
    }

    private func check(_ what: String, _ outcome: Check.Outcome, _ message: String, hint: String? = nil) -> Check {
        Check(subject: "\(configuration.name): \(what)", outcome: outcome, message: message, hint: hint)
    }

    private func check(_ what: String, _ error: any Error) -> Check {
        let failure = error as? Failure
        return check(what, .bad, failure?.message ?? "\(error)", hint: failure?.hint)
    }

    private func checkDirectories() -> Check {
        let snapshot = library.snapshot
        guard let problem = snapshot.problems.first else {
            return check(
                "revisions", .good, "\(snapshot.graph.count) in \(configuration.directories.joined(separator: ", "))")
        }
        let place = problem.location.map { "\($0): " } ?? ""
        return check(
            "revisions", .bad,
            "\(Plural.count(snapshot.problems.count, "problem")), the first: \(place)\(problem.message)",
            hint: problem.hint ?? "see all of them: migratectl status")
    }

    private func checkConnection() async -> Check {
        do {
            let sessions = try await sessions()
            return check(
                "connection", .good,
                "\(configuration.connection.redacted), database \(sessions.identity.databaseName)")
        } catch {
            return check("connection", error)
        }
    }

    private func checkPrivileges(_ sessions: SessionPair) async -> Check {
        do {
            let row = try await sessions.observer.query(
                """
                SELECT current_user::text AS me,
                    pg_catalog.has_database_privilege(current_database(), 'CREATE') AS may_create,
                    (SELECT count(*) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                        WHERE c.relkind IN ('r', 'p', 'm', 'S') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
                            AND NOT (CASE WHEN c.relkind = 'S' THEN pg_catalog.has_sequence_privilege(c.oid, 'SELECT')
                                ELSE pg_catalog.has_table_privilege(c.oid, 'SELECT') END)) AS unreadable
                """
            ).first
            let me = try row?.decode("me", as: String.self) ?? ""
            if let unreadable = try row?.decode("unreadable", as: Int.self), unreadable > 0 {
                return check(
                    "privileges", .bad,
                    "\(me) may not read \(Plural.count(unreadable, "table or sequence", "tables or sequences")): a backup would fail",
                    hint: "GRANT pg_read_all_data TO \(me)")
            }
            if let role = configuration.role, let refusal = try await roleRefusal(role, me, sessions) { return refusal }
            guard try row?.decode("may_create", as: Bool.self) == true else {
                return check(
                    "privileges", .warning, "\(me) may not create schemas in the database",
                    hint: "GRANT CREATE ON DATABASE \(sessions.identity.databaseName) TO \(me)")
            }
            return check("privileges", .good, "\(me) may do what is needed")
        } catch {
            return check("privileges", error)
        }
    }

    private func roleRefusal(_ role: String, _ me: String, _ sessions: SessionPair) async throws -> Check? {
        let row = try await sessions.observer.query(
            "SELECT pg_catalog.pg_has_role(oid, 'MEMBER') AS member FROM pg_catalog.pg_roles WHERE rolname = \(role)"
        ).first
        guard let row else {
            return check(
                "privileges", .bad, "the role \"\(role)\" does not exist",
                hint: "create it, or mend role in [database.\(configuration.name)]")
        }
        if try row.decode("member") { return nil }
        return check("privileges", .bad, "\(me) may not become \(role)", hint: "GRANT \(role) TO \(me)")
    }

    private func checkServerVersion(_ sessions: SessionPair) -> Check {
        let version = ToolVersion(serverVersion: sessions.worker.serverVersion)
        if sessions.worker.serverVersion < 140_000 {
            return check(
                "server", .warning,
                "PostgreSQL \(version) does not notice a killed client (client_connection_check_interval) and shows no progress of dumps",
                hint: "upgrade to PostgreSQL 14 or later")
        }
        return check("server", .good, "PostgreSQL \(version)")
    }

    private func checkBackup(_ sessions: SessionPair) async -> Check {
        if case .none(let reason) = configuration.backup.policy {
            return check("backup", .warning, "none is taken: \(reason)", hint: "set policy = \"dump\"")
        }
        do {
            try await backups(sessions).examine()
            return check(
                "backup", .good, "kept in \(configuration.backup.directory), \(configuration.backup.keep) at the most")
        } catch {
            return check("backup", error)
        }
    }

    private func checkTools(_ sessions: SessionPair) async -> Check? {
        guard
            let tools = try? await PostgresTools.discover(
                serverVersion: sessions.worker.serverVersion, preferred: configuration.backup.tools)
        else { return nil }  // Told by the backup's check.
        if tools.version.isBehind(serverVersion: sessions.worker.serverVersion) {
            return check(
                "tools", .warning, "pg_dump \(tools.version) in \(tools.directory) is older than the server",
                hint: "upgrade postgresql-client: client programs have had security fixes")
        }
        return check("tools", .good, "pg_dump \(tools.version) in \(tools.directory)")
    }

    private func checkVersionTable() async -> Check {
        do {
            let standing = try await standing()
            if let problem = standing.problems.first {
                return check("version table", .bad, problem.message, hint: problem.hint)
            }
            if let expected = standing.expectedRows {
                return check(
                    "version table", .warning,
                    "was changed outside: the history ends at \"\(expected.map(\.rawValue).joined(separator: ", "))\"",
                    hint: "see who else migrates this database")
            }
            let rows = standing.current.map(\.rawValue).joined(separator: ", ")
            return check("version table", .good, rows.isEmpty ? "at base" : "at \(rows)")
        } catch {
            return check("version table", error)
        }
    }
}
