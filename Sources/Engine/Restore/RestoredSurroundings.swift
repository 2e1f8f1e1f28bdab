import Planning
import PostgresClient
import SQLText

/// What belongs to a database and is not in a dump, given to a new one: the roles that it needs first; privileges, settings
/// and the comment when everything is in it.
struct RestoredSurroundings: Sendable {
    let properties: DatabaseProperties
    let maintenance: MaintenanceSession

    private var session: Connection { maintenance.session }

    /// Makes the roles that the database needs and the server does not have; returns their names. They are as they were,
    /// but for passwords, which no backup has, for being superusers, and for what only a superuser may give where we are none.
    ///
    /// - Throws: `Failure` `permission-denied` with the names, where we may not.
    func makeRoles() async throws -> [String] {
        let present = Set(
            try await session.query("SELECT rolname::text AS name FROM pg_catalog.pg_roles")
                .map { try $0.decode("name", as: String.self) })
        let missing = properties.roles.filter { properties.neededRoles.contains($0.name) && !present.contains($0.name) }
        do {
            let isSuperuser: Bool = try await session.query(
                "SELECT rolsuper AS is_superuser FROM pg_catalog.pg_roles WHERE rolname = current_user"
            ).single().decode("is_superuser")
            for role in missing {
                try await session.execute(role.creation(by: isSuperuser ? .us : .usUnprivileged))
                guard isSuperuser else { continue }
                for statement in role.alterations { try await session.execute(statement) }
            }
            let there = present.union(missing.map(\.name))
            for role in missing {
                for membership in role.memberships where there.contains(membership.role) {
                    try await session.query(
                        "GRANT \(identifier: membership.role) TO \(identifier: role.name)")
                }
            }
        } catch let error as ServerError where error.sqlState == "42501" {
            throw Failure(
                .permissionDenied,
                "cannot restore \"\(maintenance.name)\": its roles \(missing.map(\.name).joined(separator: ", ")) are missing, and \(error.message)",
                hint: "make them as a superuser first; the backup's globals.sql says how")
        }
        return missing.map(\.name)
    }

    /// Gives the database what the other one had. Returns what could not be carried over, a sentence each.
    func apply(to database: String) async throws -> [String] {
        let name = SQLIdentifier.quote(database)
        var statements: [String] = []
        if let comment = properties.comment {
            statements.append("COMMENT ON DATABASE \(name) IS \(SQLIdentifier.quoteLiteral(comment))")
        }
        if properties.connectionLimit >= 0 {
            statements.append("ALTER DATABASE \(name) CONNECTION LIMIT \(properties.connectionLimit)")
        }
        if let grants = properties.grants {
            statements.append("REVOKE ALL ON DATABASE \(name) FROM PUBLIC")
            statements += grants.map { grant in
                "GRANT \(grant.privilege) ON DATABASE \(name) TO \(grant.grantee.map(SQLIdentifier.quote) ?? "PUBLIC")"
                    + (grant.isGrantable ? " WITH GRANT OPTION" : "")
            }
        }
        var refused: [String] = []
        for statement in statements { try await attempt(statement, &refused) }
        for setting in properties.settings { try await set(setting, database: name, &refused) }
        return refused
    }

    private func attempt(_ statement: String, _ refused: inout [String]) async throws {
        do {
            try await session.execute(statement)
        } catch let error as ServerError where !error.endsSession {
            refused.append("\(statement): \(error.message)")
        }
    }

    /// `FROM CURRENT` takes a value as the server has it: lists such as a search path need no quoting of ours.
    private func set(_ setting: DatabaseProperties.Setting, database: String, _ refused: inout [String]) async throws {
        let name = setting.name.split(separator: ".").map { SQLIdentifier.quote(String($0)) }.joined(separator: ".")
        let whose =
            setting.role.map { "ALTER ROLE \(SQLIdentifier.quote($0)) IN DATABASE \(database)" }
            ?? "ALTER DATABASE \(database)"
        do {
            try await session.script(
                """
                BEGIN; SELECT pg_catalog.set_config(\(SQLIdentifier.quoteLiteral(setting.name)), \
                \(SQLIdentifier.quoteLiteral(setting.value)), true);
                \(whose) SET \(name) FROM CURRENT;
                COMMIT
                """)
        } catch let error as ServerError where !error.endsSession {
            try await session.script("ROLLBACK")
            refused.append("\(whose) SET \(name): \(error.message)")
        }
    }
}
