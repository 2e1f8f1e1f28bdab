import Planning
import PostgresClient
import SQLText

/// What belongs to a database and is not in a dump of it: how it was made, who may use it, what is set for it, and the roles
/// of its server. A file beside the dump, so that a database can be made again where nothing else is left.
struct DatabaseProperties: Sendable, Codable {
    /// What is set for whoever connects, or for one role.
    struct Setting: Sendable, Codable {
        var role: String?
        var name: String
        var value: String
    }

    struct Grant: Sendable, Codable {
        var privilege: String
        /// Nobody named means everybody.
        var grantee: String?
        var isGrantable: Bool
    }

    var shape: DatabaseShape
    var comment: String?
    var connectionLimit: Int
    /// Nil where the privileges are those that a new database has.
    var grants: [Grant]?
    var settings: [Setting]
    /// The roles that the database's objects, privileges and settings name.
    var neededRoles: [String]
    var roles: [ServerRole]

    /// Reads it all. Everybody may.
    static func read(on session: any PostgresSession) async throws -> DatabaseProperties {
        let database = try await session.query(
            """
            SELECT pg_catalog.shobj_description(oid, 'pg_database') AS comment, datconnlimit AS connections,
                datacl IS NULL AS is_default
            FROM pg_catalog.pg_database WHERE datname = current_database()
            """
        ).single()
        let isDefault: Bool = try database.decode("is_default")
        return DatabaseProperties(
            shape: try await DatabaseShape.read(on: session), comment: try database.decode("comment"),
            connectionLimit: try database.decode("connections"),
            grants: isDefault ? nil : try await grants(on: session), settings: try await settings(on: session),
            neededRoles: try await neededRoles(on: session), roles: try await ServerRole.all(on: session))
    }

    private static func grants(on session: any PostgresSession) async throws -> [Grant] {
        try await session.query(
            """
            SELECT a.privilege_type AS privilege, r.rolname::text AS grantee, a.is_grantable AS grantable
            FROM pg_catalog.pg_database d, pg_catalog.aclexplode(d.datacl) a
            LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
            WHERE d.datname = current_database() AND (a.grantee = 0 OR r.oid IS NOT NULL)
            """
        ).map {
            Grant(
                privilege: try $0.decode("privilege"), grantee: try $0.decode("grantee"),
                isGrantable: try $0.decode("grantable"))
        }
    }

    private static func settings(on session: any PostgresSession) async throws -> [Setting] {
        try await session.query(
            """
            SELECT r.rolname::text AS role, split_part(item, '=', 1) AS name,
                substr(item, strpos(item, '=') + 1) AS value
            FROM pg_catalog.pg_db_role_setting s LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole,
                unnest(s.setconfig) item
            WHERE s.setdatabase = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
                AND (s.setrole = 0 OR r.oid IS NOT NULL)
            ORDER BY 1 NULLS FIRST, 2
            """
        ).map { Setting(role: try $0.decode("role"), name: try $0.decode("name"), value: try $0.decode("value")) }
    }

    /// See PostgreSQL's manual, `pg_shdepend`: what each database needs of what all share.
    private static func neededRoles(on session: any PostgresSession) async throws -> [String] {
        try await session.query(
            """
            SELECT DISTINCT r.rolname::text AS name FROM pg_catalog.pg_database b
            JOIN pg_catalog.pg_shdepend d ON d.refclassid = 'pg_catalog.pg_authid'::regclass
                AND (d.dbid = b.oid OR d.classid = 'pg_catalog.pg_database'::regclass AND d.objid = b.oid)
            JOIN pg_catalog.pg_roles r ON r.oid = d.refobjid
            WHERE b.datname = current_database() AND r.rolname !~ '^pg_'
            UNION SELECT r.rolname::text FROM pg_catalog.pg_db_role_setting s
            JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
            JOIN pg_catalog.pg_database b ON b.oid = s.setdatabase WHERE b.datname = current_database()
            ORDER BY 1
            """
        ).map { try $0.decode("name") }
    }

    /// The statements that make the roles of the server, for people: `psql -f globals.sql postgres`.
    var globals: String {
        let lines = roles.map { $0.creation(by: .superuser) } + roles.flatMap(\.grants) + roles.flatMap(\.alterations)
        return "-- The roles of the server, without their passwords.\n" + lines.map { $0 + ";\n" }.joined()
    }
}

/// A role of a server, without its password.
struct ServerRole: Sendable, Codable {
    struct Membership: Sendable, Codable {
        var role: String
        var hasAdminOption: Bool
    }

    var name: String
    /// Words of CREATE ROLE that whoever may make roles may give.
    var attributes: [String]
    /// Those that only a superuser may give, but for SUPERUSER.
    var privileges: [String]?
    var isSuperuser: Bool
    var memberships: [Membership]
    /// Its settings in all databases: `name=value`.
    var settings: [String]?

    static func all(on session: any PostgresSession) async throws -> [ServerRole] {
        try await session.query(
            """
            SELECT r.rolname::text AS name, r.rolsuper AS is_superuser, ARRAY[
                CASE WHEN r.rolcanlogin THEN 'LOGIN' ELSE 'NOLOGIN' END,
                CASE WHEN r.rolinherit THEN 'INHERIT' ELSE 'NOINHERIT' END,
                CASE WHEN r.rolcreatedb THEN 'CREATEDB' ELSE 'NOCREATEDB' END,
                CASE WHEN r.rolcreaterole THEN 'CREATEROLE' ELSE 'NOCREATEROLE' END,
                'CONNECTION LIMIT ' || r.rolconnlimit]
                    || CASE WHEN r.rolvaliduntil IS NULL THEN '{}'
                        ELSE ARRAY['VALID UNTIL ' || pg_catalog.quote_literal(r.rolvaliduntil::text)] END AS attributes,
                array_remove(ARRAY[CASE WHEN r.rolreplication THEN 'REPLICATION' END,
                    CASE WHEN r.rolbypassrls THEN 'BYPASSRLS' END], NULL) AS privileges,
                coalesce((SELECT s.setconfig FROM pg_catalog.pg_db_role_setting s
                    WHERE s.setdatabase = 0 AND s.setrole = r.oid), '{}') AS settings,
                coalesce(array_agg(g.rolname::text ORDER BY g.rolname) FILTER (WHERE g.oid IS NOT NULL), '{}') AS roles,
                coalesce(array_agg(m.admin_option::text ORDER BY g.rolname) FILTER (WHERE g.oid IS NOT NULL), '{}') AS admin
            FROM pg_catalog.pg_roles r
            LEFT JOIN pg_catalog.pg_auth_members m ON m.member = r.oid
            LEFT JOIN pg_catalog.pg_roles g ON g.oid = m.roleid
            WHERE r.rolname !~ '^pg_'
            GROUP BY r.oid, r.rolname, r.rolsuper, r.rolcanlogin, r.rolinherit, r.rolcreatedb, r.rolcreaterole,
                r.rolconnlimit, r.rolvaliduntil, r.rolreplication, r.rolbypassrls
            ORDER BY 1
            """
        ).map { row in
            let admin: [String] = try row.decode("admin")
            return ServerRole(
                name: try row.decode("name"), attributes: try row.decode("attributes"),
                privileges: try row.decode("privileges"), isSuperuser: try row.decode("is_superuser"),
                memberships: try row.decode("roles", as: [String].self).enumerated().map {
                    Membership(role: $1, hasAdminOption: admin[$0] == "true")
                }, settings: try row.decode("settings"))
        }
    }

    /// Who makes a role: a person as a superuser makes it as it was, and we make no superusers.
    enum Maker {
        case superuser, us
        /// We, where we are no superuser.
        case usUnprivileged
    }

    /// The statement that makes it.
    func creation(by maker: Maker) -> String {
        var words = attributes
        if maker != .usUnprivileged { words += privileges ?? [] }
        if maker == .superuser, isSuperuser { words.append("SUPERUSER") }
        return "CREATE ROLE \(SQLIdentifier.quote(name)) \(words.joined(separator: " "))"
    }

    /// Settings whose values are lists, which are written down as they are (as `pg_dumpall` does).
    private static let lists: Set<String> = [
        "local_preload_libraries", "search_path", "session_preload_libraries", "temp_tablespaces",
    ]

    /// The statements that give it its settings.
    var alterations: [String] {
        (settings ?? []).map { setting in
            let parts = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let (key, value) = (parts[0], parts.count > 1 ? parts[1] : "")
            let words = Self.lists.contains(key.lowercased()) ? value : SQLIdentifier.quoteLiteral(value)
            let path = key.split(separator: ".").map { SQLIdentifier.quote(String($0)) }.joined(separator: ".")
            return "ALTER ROLE \(SQLIdentifier.quote(name)) SET \(path) TO \(words)"
        }
    }

    /// The statements that make it a member of others.
    var grants: [String] {
        memberships.map { membership in
            "GRANT \(SQLIdentifier.quote(membership.role)) TO \(SQLIdentifier.quote(name))"
                + (membership.hasAdminOption ? " WITH ADMIN OPTION" : "")
        }
    }
}
