import Configuration
import Host
import Introspection
import Planning
import PostgresClient
import SchemaModel

/// What the settings say about schemas: of which database, what is desired, and what is compared.
struct SchemaContext: Sendable {
    /// The database of the settings, where there is one.
    var settings: DatabaseSettings?

    /// What the settings have; a missing file is none, a bad one is an error.
    static func find(_ session: Session) throws -> SchemaContext {
        SchemaContext(settings: try RevisionDirectories.settings(session.context, database: session.database).found)
    }

    /// The reader of catalogues that leaves the version table out.
    var introspector: Introspector {
        Introspector(versionTable: settings?.versionTable ?? VersionTableName.usual)
    }

    /// What is compared.
    var selection: SchemaSelection { settings?.schema.selection ?? SchemaSelection() }

    /// Roles that what is loaded may speak of.
    var roles: [String] { [settings?.role, settings?.registryRole].compactMap { $0 } + (settings?.schema.roles ?? []) }

    /// The database itself.
    func database() throws -> SchemaSource {
        switch settings?.location {
        case .server(let url): return .database(url: url.unredacted)
        case .embedded(let directory):
            return .database(
                url: "host=\(directory)/socket port=5432 user=postgres dbname=\(settings?.name ?? "postgres")")
        case nil:
            throw Failure(
                .noSuchDatabase, "cannot find the database: none is configured",
                hint: "set DATABASE_URL, add [database.main] with a url, or name it: postgresql://…")
        }
    }

    /// The schema that is meant.
    func desired() throws -> SchemaSource {
        switch settings?.schema.desired {
        case .files(let paths): return .files(paths)
        case .command(let words): return .command(words)
        case .database(let url): return .database(url: url.unredacted)
        case nil:
            throw Failure(
                .usage, "cannot find the desired schema: the settings name none",
                hint: "write files or command under [database.NAME.schema], or name it: --to schema.sql")
        }
    }
}
