import Host
import Planning

/// Where a schema comes from. All but a database are loaded into a throw-away database and read back, so that PostgreSQL
/// itself says what they mean.
enum SchemaSource: Sendable, Equatable {
    /// A living database.
    case database(url: String)
    /// Files of SQL, or directories of them.
    case files([String])
    /// What a program prints.
    case command([String])
    /// What the revisions make of an empty database, up to a target.
    case revisions(target: String)
    /// A schema that was kept.
    case nothing

    /// How a source is written, for `--help`.
    static let forms = """
        A source is a database (postgresql://…), a file or directory of SQL, "command:PROGRAM …" for what a program prints, \
        "revisions" or "revisions@TARGET", "database" and "schema" for those of the settings, or "nothing".
        """

    /// Reads an argument. What the settings have is asked for where it is named.
    init(_ text: String, settings: @autoclosure () throws -> SchemaContext, in directory: String) throws {
        if Self.isDatabase(text) {
            self = .database(url: text)
        } else if text == "nothing" {
            self = .nothing
        } else if text == "database" {
            self = try settings().database()
        } else if text == "schema" {
            self = try settings().desired()
        } else if text == "revisions" || text.hasPrefix("revisions@") {
            let target = text.dropFirst("revisions@".count)
            self = .revisions(target: target.isEmpty ? "heads" : String(target))
        } else if text.hasPrefix("command:") {
            self = .command(["/bin/sh", "-c", String(text.dropFirst("command:".count))])
        } else {
            let path = text.hasPrefix("/") ? text : FilePaths.join(directory, text)
            guard TextFiles.exists(path) else {
                throw Failure(
                    .usage, "cannot find \"\(text)\": there is no such file or directory",
                    hint: "name a file, a directory, postgresql://…, command:…, revisions@TARGET, database or schema")
            }
            self = .files([path])
        }
    }

    /// Whether it has to be loaded before it can be read.
    var isLoaded: Bool {
        if case .database = self { false } else { true }
    }

    private static func isDatabase(_ text: String) -> Bool {
        let scheme = text.prefix { $0 != ":" && $0 != "+" }
        return ["postgresql", "postgres"].contains(scheme) && text.contains("://") || text.contains("dbname=")
    }
}
