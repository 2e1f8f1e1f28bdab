import PostgresClient
import SQLText

/// What a copy has to be like that a backup does not tell: the database itself, the server's roles, the extensions.
struct DatabaseShape: Sendable, Codable {
    struct Role: Sendable, Codable {
        var name: String
        var inherits: Bool
        var bypassesRowSecurity: Bool
    }

    struct Extension: Sendable, Codable {
        var name: String
        var schema: String
        var version: String
        /// Who owns the schema.
        var schemaOwner: String
    }

    struct Membership: Sendable, Codable {
        var role: String
        var member: String
    }

    /// What somebody may do with the database itself; nobody named means everybody.
    struct Grant: Sendable, Codable {
        var privilege: String
        var grantee: String?
    }

    struct Setting: Sendable, Codable {
        var name: String
        var value: String
    }

    var name: String
    /// Who we connect as.
    var user: String
    var isSuperuser: Bool
    var owner: String
    var size: Int64
    var encoding: String
    var collation: String
    var characters: String
    /// `c`, `i` or `b`; nil before 15.
    var localeProvider: String?
    var locale: String?
    var roles: [Role]
    /// Which role has which member.
    var memberships: [Membership]
    var extensions: [Extension]
    var grants: [Grant]
    /// What the server sets for our sessions in this database, the strongest last.
    var settings: [Setting]

    /// Predefined roles that may have members in a copy as well: none of them leads to the host's files or programs.
    static let harmlessRoles = [
        "pg_read_all_data", "pg_write_all_data", "pg_monitor", "pg_read_all_settings", "pg_read_all_stats",
        "pg_stat_scan_tables",
    ]

    /// Reads it all. Everybody may.
    static func read(on session: any PostgresSession) async throws -> DatabaseShape {
        // Which columns there are depends on the server's version.
        let database = try await session.query(
            """
            SELECT d.datname::text AS name, session_user::text AS "user", pg_catalog.pg_get_userbyid(d.datdba)::text AS owner,
                (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = session_user) AS is_superuser,
                pg_catalog.pg_database_size(d.oid) AS size, pg_catalog.pg_encoding_to_char(d.encoding)::text AS encoding,
                pg_catalog.to_jsonb(d) ->> 'datcollate' AS collation, pg_catalog.to_jsonb(d) ->> 'datctype' AS characters,
                pg_catalog.to_jsonb(d) ->> 'datlocprovider' AS provider,
                coalesce(pg_catalog.to_jsonb(d) ->> 'datlocale', pg_catalog.to_jsonb(d) ->> 'daticulocale') AS locale
            FROM pg_catalog.pg_database d WHERE d.datname = current_database()
            """
        ).single()
        let roles = try await session.query(
            "SELECT rolname::text AS name, rolinherit, rolbypassrls FROM pg_catalog.pg_roles WHERE rolname !~ '^pg_' ORDER BY 1"
        ).map {
            Role(
                name: try $0.decode("name"), inherits: try $0.decode("rolinherit"),
                bypassesRowSecurity: try $0.decode("rolbypassrls"))
        }
        let memberships = try await session.query(
            """
            SELECT r.rolname::text AS role, m.rolname::text AS member FROM pg_catalog.pg_auth_members a
            JOIN pg_catalog.pg_roles r ON r.oid = a.roleid JOIN pg_catalog.pg_roles m ON m.oid = a.member
            WHERE (r.rolname !~ '^pg_' OR r.rolname = ANY (\(harmlessRoles))) AND m.rolname !~ '^pg_' ORDER BY 1, 2
            """
        ).map { Membership(role: try $0.decode("role"), member: try $0.decode("member")) }
        return DatabaseShape(
            name: try database.decode("name"), user: try database.decode("user"),
            isSuperuser: try database.decode("is_superuser"), owner: try database.decode("owner"),
            size: try database.decode("size"), encoding: try database.decode("encoding"),
            collation: try database.decode("collation"), characters: try database.decode("characters"),
            localeProvider: try database.decode("provider"), locale: try database.decode("locale"), roles: roles,
            memberships: memberships, extensions: try await extensions(on: session),
            grants: try await grants(on: session),
            settings: try await settings(on: session))
    }

    private static func grants(on session: any PostgresSession) async throws -> [Grant] {
        try await session.query(
            """
            SELECT a.privilege_type AS privilege, r.rolname::text AS grantee
            FROM pg_catalog.pg_database d, pg_catalog.aclexplode(d.datacl) a
            LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
            WHERE d.datname = current_database() AND (a.grantee = 0 OR r.rolname !~ '^pg_')
            """
        ).map { Grant(privilege: try $0.decode("privilege"), grantee: try $0.decode("grantee")) }
    }

    private static func extensions(on session: any PostgresSession) async throws -> [Extension] {
        try await session.query(
            """
            SELECT e.extname::text AS name, n.nspname::text AS schema, e.extversion::text AS version,
                pg_catalog.pg_get_userbyid(n.nspowner)::text AS schema_owner
            FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
            WHERE e.extname <> 'plpgsql' ORDER BY e.oid
            """
        ).map {
            Extension(
                name: try $0.decode("name"), schema: try $0.decode("schema"), version: try $0.decode("version"),
                schemaOwner: try $0.decode("schema_owner"))
        }
    }

    private static func settings(on session: any PostgresSession) async throws -> [Setting] {
        try await session.query(
            """
            SELECT split_part(item, '=', 1) AS name, substr(item, strpos(item, '=') + 1) AS value
            FROM pg_catalog.pg_db_role_setting s, unnest(s.setconfig) item
            WHERE s.setdatabase IN (0, (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()))
                AND s.setrole IN (0, (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = session_user))
            ORDER BY s.setrole <> 0, s.setdatabase <> 0
            """
        ).map { Setting(name: try $0.decode("name"), value: try $0.decode("value")) }
    }
}

extension DatabaseShape {
    /// The statement that makes an empty database like this one.
    func creation(of name: String, owner: String?) -> String {
        func literal(_ text: String) -> String { SQLIdentifier.quoteLiteral(text) }
        var words = ["CREATE DATABASE \(SQLIdentifier.quote(name)) TEMPLATE template0"]
        if let owner { words.append("OWNER \(SQLIdentifier.quote(owner))") }
        words.append(
            "ENCODING \(literal(encoding)) LC_COLLATE \(literal(collation)) LC_CTYPE \(literal(characters))")
        switch localeProvider {
        case "i": words.append("LOCALE_PROVIDER icu ICU_LOCALE \(literal(locale ?? "und"))")
        case "b": words.append("LOCALE_PROVIDER builtin BUILTIN_LOCALE \(literal(locale ?? "C.UTF-8"))")
        default: break
        }
        return words.joined(separator: " ")
    }
}
